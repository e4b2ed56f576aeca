/* mail_private.h: what the files of src/mail share: the body of struct mail and the small private faces between its files.
 * Nobody else includes it. */
#pragma once
#include "mail/mail.h"
#include "mail/handover.h"
#include "mail/campaign.h"
#include "mail/contact.h"
#include "mail/piece.h"
#include "mail/send.h"
#include "mail/template.h"
#include <pthread.h>

struct drop_cache;
struct serial_rooms;
struct compile_waiters;
struct renderings;
struct stats;
struct runs;
struct track_batches;
struct op_table;
struct acs_layout;
struct daily_caps;
struct purl_places;
struct domains;
struct robots;
struct mail {
    struct store *store;
    struct jobs *jobs;
    struct press *press;
    struct accounts *accounts;
    struct outbox *outbox; /* NULL: no events */
    struct fetcher *fetcher;
    char *data_dir, *purl_base;
    uint8_t purl_key[32];
    struct drop_cache *drops;
    struct serial_rooms *rooms;
    struct compile_waiters *waiters;
    struct renderings *renderings;
    struct stats *stats;
    struct runs *runs;
    struct track_batches *track_batches;
    struct op_table *op_table_own; /* NULL: the built-in one */
    const struct op_table *op_table;
    struct acs_layout *acs_layout; /* NULL: none */
    struct daily_caps *caps;
    const struct printer_def *const *printers;
    int n_printers;
    struct printer_turns *turns;
    int64_t tidy_at; /* its due source's */
    struct purl_places *purl_places;
    struct domains *domains;
    struct robots *robots;
};

/* Names of the due sources: for jobs_wake. */
#define SOURCE_COMPILE  "templates to compile"
#define SOURCE_EXPAND   "drops to expand"
#define SOURCE_CLOSE    "batches to close"
#define SOURCE_RENDER   "batches to render"
#define SOURCE_IMPORT   "files to import"
#define SOURCE_SCANS    "scans to read"
#define SOURCE_HANDOVER "batches to hand over"
#define SOURCE_PRINTED  "printers' returns"
void compile_source_add(struct mail *m);
void expand_source_add(struct mail *m);
void close_source_add(struct mail *m);
void render_source_add(struct mail *m);
void import_source_add(struct mail *m);
void scan_source_add(struct mail *m);
void handover_source_add(struct mail *m);
void printed_source_add(struct mail *m);
void tidy_source_add(struct mail *m);
/* Before anything else is under way. */
bool tidy_leftovers(struct mail *m, struct fault *f);

/* The house's own account number: owner of the demonstration's serials. Accounts begin at 1. */
#define HOUSE_ACCOUNT     0
#define PIECE_ID(b, seat) ((b)*SEATS_A_BATCH + (seat))

/* Moves a file that came to its place below the data folder, durably: its bytes first, then its name. What the disk refuses is the
 * operator's. */
bool keep_file(struct arena *a, const char *path, const char *place, struct fault *f);
/* Moves the file to its digest's place below files/assets, durably, when it is of a type that a creative may use (asset_type; `name` tells style
 * sheets). 400, 413, 415 otherwise. Texts from the arena. */
struct kept_asset {
    struct str media_type, digest /* 64 hexadecimal digits */;
    int64_t bytes;
};
bool asset_keep(struct mail *m, struct arena *a, const char *path, struct str name, struct kept_asset *out, struct fault *f);
/* How long claimed work may go without a renewal, and the time by which to renew. */
int64_t lease_ms(void);
/* The first path below the data folder that `fmt` makes. */
char *mail_path(const struct mail *m, struct arena *a, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* "There is no <what> <id>.", 404; what an account may not see does not exist for it. */
bool not_found(struct fault *f, const char *what, int64_t id);
bool tx_not_found(struct tx *tx, const char *what, int64_t id);
/* A name that people give: 1 to name.max_characters after trimming, no control characters. `field` is how the caller spells it. */
bool name_check(struct str *name, const char *field, struct fault *f);
