/* house.h: a whole mail house in a temporary folder, on a real store (fresh_store.h) and a real scheduler, for the tests of this folder. The
 * press alone is played (fake_press.c). Log lines at warning or above that a test did not announce fail it. */
#pragma once
#include "fresh_store.h"
#include "mail/campaign.h"
#include "mail/intake.h"
#include "mail/mail.h"
#include "mail/piece.h"
#include "mail/send.h"
#include "mail/template.h"
#include "outbox/outbox.h"
/* clang-format off */
#include <stdarg.h>
#include <setjmp.h>
#include <cmocka.h>
/* clang-format on */

struct house {
    char dir[64], address[FRESH_STORE_BYTES];
    struct store *store;
    struct accounts *accounts;
    struct jobs *jobs;
    struct press *press;     /* the caller's */
    struct fetcher *fetcher; /* the caller's; put here and reopen. NULL: nothing is fetched */
    struct outbox *outbox;
    struct mail *mail;
    struct arena *arena;
    int64_t account, other; /* two accounts that must not see each other */
};
/* The kinds of printers of the houses that are opened from now on; none before. */
void house_printers(const struct printer_def *const *printers, int n);
/* with_jobs false: nothing runs by itself. Settings: test batches close after 50 ms, live ones after 1 s, recall 0 min. */
void house_open(struct house *h, struct press *press, bool with_jobs);
/* Ends without a word to anybody, and opens the same folder again. */
void house_reopen(struct house *h, bool with_jobs);
void house_suspend(struct house *h); /* the two halves of it: somebody else may have the folder in between */
void house_resume(struct house *h, bool with_jobs);
void house_close(struct house *h);
/* The next log line at warning or above must hold this text. */
void house_expect_log(const char *text);
bool house_heard_log(void); /* since then; waits for it, because a line may come after what it is about */

int64_t house_account(struct house *h, const char *username);
int64_t house_list(struct house *h, int64_t account, const char *name);
int64_t house_template(struct house *h, int64_t account, const char *html); /* compiled */
void house_wait_template(struct house *h, int64_t account, int64_t template_id);
struct drop house_drop(int64_t template_id, enum campaign_kind kind);         /* what a good campaign says */
struct drop house_campaign(struct house *h, int64_t account);                 /* a triggered drip on a template of its own */
void house_recipient(struct str values[FIELD_KNOWN], const char *first_name); /* a good one */
struct contact house_contact(int64_t list, const char *first_name);
extern char house_key[5]; /* the hint of the key that house_send asks with; "": none */
/* Sends and waits for the commit. */
bool house_send(struct house *h, int64_t account, struct str endpoint, const char *first_name, struct send *out,
                struct fault *f);
/* Waits at most ten seconds. */
struct batch house_wait_batch(struct house *h, int64_t account, int64_t batch_id, enum batch_state state);
char *house_write_file(struct house *h, const char *name, const char *content);

#define assert_fault(expected_status, f, words)                                                                                \
    do {                                                                                                                       \
        assert_int_equal((f)->whose, FAULT_USER);                                                                              \
        assert_int_equal((f)->status, expected_status);                                                                        \
        if (!strstr((f)->text, words)) fail_msg("\"%s\" does not say \"%s\"", (f)->text, words);                               \
    } while (0)
#define assert_str(expected, s) assert_true(str_eq(str_of(expected), (s)))
