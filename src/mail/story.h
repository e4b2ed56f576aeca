/* story.h: what connectors tell of the mail house's things, read inside their own transaction. Deleted drops and lists are read too: what was
 * sent is told of to its end. */
#pragma once
#include "mail/campaign.h"
#include "mail/contact.h"
#include "mail/recipient.h"

struct piece_story {
    int64_t piece_id, contact_id, batch_id, created_at;
    bool is_test;
    char tracking[21]; /* "" while it has none */
    struct recipient who;
    struct drop drop;
};
/* False: there is none (tx_ok stays true), or the database failed. Texts live in the arena. */
bool piece_story_read(struct tx *tx, struct json_parser *p, struct arena *a, int64_t account, int64_t piece_id,
                      struct piece_story *out);
/* The piece's contact at a connection, when its id came with the send or with the import of its list; STR_NULL: unknown there. */
struct str piece_remote_id(struct tx *tx, struct arena *a, int64_t account, int64_t piece_id, int64_t connection_id);
/* Whose contact it is at whichever connection, for a piece that follows from it: source_ref_write's; STR_NULL: nobody's. */
struct str piece_source_ref(struct tx *tx, struct arena *a, int64_t account, int64_t piece_id);
struct str contact_source_ref(struct tx *tx, struct arena *a, int64_t account, int64_t contact_id);
bool contact_story_read(struct tx *tx, struct json_parser *p, struct arena *a, int64_t account, int64_t contact_id,
                        struct contact *out);
