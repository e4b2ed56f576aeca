/* kizen.h: Kizen: the action "Send Campaign Mail" on a contact (specs: crm-apis §3). A contact comes with the request, or is read from Kizen
 * with a connection's keys; its fields become a recipient by ten fixed pairs, and by the connection's own table for variable fields; the
 * piece is made by a sender (mail/sender.h), at once or not at all. Nothing is queued, nothing is compared with earlier ones, and nothing is
 * told to Kizen later. */
#pragma once
#include "links/connector.h"
#include "mail/sender.h"

#define KIZEN_NUMBER 4
struct kizen;
struct kizen *kizen_create(const struct link_house *h);
/* Begins no action more (those that wait are answered, unsent), tries none again, and waits for what is under way, the reading of a contact or a
 * send: before their requests are cut off. kizen_action_begin may still be called. */
void kizen_stop(struct kizen *k);
void kizen_destroy(struct kizen **k); /* nobody begins an action any more */
const struct connector *kizen_connector(const struct kizen *k);

/* What came of an action: ACTION(ident, number in the store, word, http status of its answer; 0: the fault's own) */
#define ACTION_OUTCOMES                                                                                                        \
    ACTION(SENT, 1, "sent", 200)                                                                                               \
    ACTION(MISSING, 2, "missing_fields", 400) /* nobody was asked */                                                           \
    ACTION(UNREADABLE, 3, "contact_not_read", 502)                                                                             \
    ACTION(REFUSED, 4, "refused", 502)                                                                                         \
    ACTION(NO_ANSWER, 5, "unavailable", 502)       /* after all tries */                                                       \
    ACTION(UNSENT, 7, "not_sent", 503)             /* no turn, or too late, or the server stops */                             \
    ACTION(UNKNOWN, 6, "unexpected_response", 502) /* a piece may have come of it: not repeated */
enum action_outcome {
#define ACTION(ident, number, word, status) ACTION_##ident = (number),
    ACTION_OUTCOMES
#undef ACTION
};
const char *action_outcome_word(int outcome); /* "unknown" for a number that is none */

struct kizen_action {
    /* the caller's; texts live until done */
    struct arena *arena;
    int64_t account, connection_id; /* 0: none, then `contact` is there */
    char key[5];                    /* send.h */
    struct str endpoint, contact_id /* STR_NULL: it came along */, contact /* a JSON object; STR_NULL: read it */;
    void (*done)(struct kizen_action *x);
    void *arg;
    /* out */
    int64_t from_mono, until_mono; /* what its asker waits for: action.patience from its begin */
    enum action_outcome outcome;
    int64_t action_id, took_ms, sent_at;
    int status; /* of the sender's last answer; 0: none */
    int tries;
    struct fault why;
    struct str missing; /* ACTION_MISSING: the fields as Kizen calls them, parted by ", " */
    /* kizen's own */
    struct kizen *kizen;
    struct kizen_action *next; /* that waits, behind it */
};
/* Begins it on a thread of its own kind; `done` is called there when it is over and written down, after action.patience at most (and, in this
 * house, one commit). What has not found a thread by then is not sent. Nor is what finds action.queue waiting already, half of it of
 * its account, or the server stopping: that is `done` before this returns. One such a second is written down before (so the caller's thread must be one that may wait); the others are
 * answered only, and their action_id is 0: a client that asks again at once must not keep the writer busy. */
void kizen_action_begin(struct kizen *k, struct kizen_action *x);
/* The HTTP status that answers it. */
int kizen_action_status(const struct kizen_action *x);

struct action_row {
    int64_t action_id, connection_id /* DB_NULL */, status /* DB_NULL */, tries, took_ms, at;
    int outcome;
    struct str subject, endpoint;
};
/* Newest first, before an id (0: the newest); -1 with a fault. */
int action_page(struct store *s, struct arena *a, int64_t account, int64_t before, int n, struct action_row **out,
                struct fault *f);
