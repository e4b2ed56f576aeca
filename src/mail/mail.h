/* mail.h: the mail house of one server: what the parts of src/mail share. Owns the open batches' memory (store participants),
 * the cache of drops, the due sources. */
#pragma once
#include "account/account.h"
#include "jobs/due.h"
#include "press/press.h"

struct mail;
struct outbox;
struct printer_def;
struct mail_config {
    struct store *store;
    struct jobs *
        jobs; /* mail adds its sources: intakes, template versions, drops to expand, batches to close, to render, to hand over, printers' returns */
    struct press *press;
    struct accounts *accounts;
    struct fetcher *fetcher;                   /* fetches remote assets, with an address guard; NULL: none are */
    struct outbox *outbox;                     /* outlives it; NULL: nothing that emits an event may happen (no tracking) */
    const char *data_dir;                      /* files/assets, files/intake, batches/ below it */
    const char *purl_base;                     /* "http://…/p/" */
    const struct printer_def *const *printers; /* kinds of printers this program has */
    int n_printers;
};
/* Settings of the mail house that can be wrong: asked before the house is opened. FAULT_USER. */
bool mail_check_settings(struct fault *f);
/* Also closes what a crash left open: batches Rendering whose lease is dead go back to Closed. */
struct mail *mail_create(const struct mail_config *c, struct fault *f);
void mail_destroy(struct mail **m); /* after jobs_stop */
/* The personal URL code of a piece: 12 letters, a keyed permutation of (account, piece) (specs: schema §2). */
void purl_code(struct mail *m, int64_t account, int64_t piece_id, char out[13]);
bool purl_decode(struct mail *m, const char *code, int64_t *account, int64_t *piece_id);
