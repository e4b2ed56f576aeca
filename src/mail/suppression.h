/* suppression.h: who is never printed: lists of people, by address and last name or by e-mail. Looked at when a batch goes to the press,
 * the last moment before paper, so what was suppressed after a send still counts. All functions see only the account's rows (404). */
#pragma once
#include "mail/contact.h"

struct suppression_list {
    int64_t suppression_list_id, count, created_at;
    struct str name, country; /* "US", "CA" */
};
bool suppression_list_create(struct store *s, int64_t account, struct suppression_list *l,
                             struct fault *f); /* sets id and created_at */
bool suppression_list_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct suppression_list *out,
                          struct fault *f);
int suppression_list_all(struct store *s, struct arena *a, int64_t account, int64_t start, int n, struct suppression_list **out,
                         struct fault *f); /* -1: fault */
/* Its people first, some thousands a commit, then itself. */
bool suppression_list_delete(struct store *s, int64_t account, int64_t id, struct fault *f);

struct suppressed {
    int64_t suppressed_id, created_at;
    struct str values[FIELD_KNOWN]; /* as contacts have them */
};
/* 400 unless there is an address that could be printed with a last name, or an e-mail address. */
bool suppressed_add(struct store *s, int64_t account, int64_t list, struct suppressed *p, struct fault *f);
bool suppressed_replace(struct store *s, int64_t account, int64_t list, struct suppressed *p, struct fault *f);
bool suppressed_delete(struct store *s, int64_t account, int64_t list, int64_t id, struct fault *f);
bool suppressed_get(struct store *s, struct arena *a, int64_t account, int64_t list, int64_t id, struct suppressed *out,
                    struct fault *f);
int suppressed_page(struct store *s, struct arena *a, int64_t account, int64_t list, int64_t start, int n,
                    struct suppressed **out, struct fault *f);

/* Inside a closure: is this recipient suppressed by anything of the account? match_key: see address.h. *list: by which list. */
struct suppression_key {
    uint8_t match[16], email[16];
    bool has_email;
};
bool suppression_is_empty(struct tx *tx, int64_t account);
bool suppression_find(struct tx *tx, int64_t account, const struct suppression_key *key, int64_t *list);
void suppression_email_key(struct str email, uint8_t out[16]); /* of the lower-cased address */
