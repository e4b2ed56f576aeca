/* link.h: what a connector does for the outbox. One static table entry per connector, in its folder below src/links; `app` hands the list to
 * outbox_create().
 *
 * A delivery runs so: `load` reads what the link needs in a snapshot, `step` is called without an answer and says what to ask the other
 * side, the outbox asks (net/fetch.h), `step` gets the answer, and so on until it returns a result. `step` never waits, never touches the
 * database, and may run on any thread, one delivery at a time (`load` is called by one thread only); everything it keeps lies in the delivery's arena. So a connector is a pure
 * state machine that rows of {answer, want} can test. */
#pragma once
#include "net/fetch.h"
#include "outbox/event.h"

enum link_result {
    LINK_ASK,       /* not a result: `ask` is filled, send it */
    LINK_OK,        /* delivered: the row goes, the log keeps it */
    LINK_PERMANENT, /* this delivery can never succeed: given up, with its sentence */
    LINK_AUTH,      /* the credentials are refused: the destination is paused until its connection is saved again */
    LINK_HOLD,      /* a person must decide (several records match): kept, not repeated */
    LINK_PAUSE_DESTINATION, /* nothing for this destination before `pause_until` (daily limit, Retry-After); the attempt does not count */
    LINK_DISABLE,           /* the other side wants no more (410): destination disabled, deliveries parked */
    LINK_RETRY_LATER, /* the ladder's next step */
    LINK_RETRY_NOW,   /* once more at once, `state` kept (a token was renewed); twice in a row it counts as RETRY_LATER */
    LINK_CANCELLED,   /* not a link's word: a person took it back, or its subscription is gone */
    LINK_WAIT, /* not yet (a token is being renewed, something is being made there): read and begun again at `pause_until`, at once when that is
                * past. Says nothing of the destination, uses up no attempt but the first, and ends with the ladder's last step */
    LINK_REST, /* as LINK_PAUSE_DESTINATION, but nothing was asked (our own bound of requests is full, a limit is known): it has not failed */
    LINK_RESULTS
};
const char *link_result_word(enum link_result r); /* "delivered", "given up" … as shown to people */

/* When a failed delivery is tried again: milliseconds since the start of its first attempt, ascending from 0; then given up. An attempt
 * that ran late is followed no sooner than the ladder's first step. `jitter`: thousandths of a step's length that chance may add. */
struct retry_ladder {
    const char *name;
    const int64_t *at_ms;
    int n_at, jitter;
};

struct link_delivery {
    /* the outbox's; a link reads them */
    struct arena *arena; /* until the attempt is over */
    int64_t delivery_id, subscription_id, destination_id, connection_id /* DB_NULL: none */, first_due_at;
    int attempt; /* 0: the first */
    struct event event;
    /* An attempt may have been made of which nothing is written, not even a mark: by a process that was killed, by a node whose destination this
     * one took over. Stays so until the destination has been empty once. */
    bool may_be_known;
    struct str address, settings /* JSON of the subscription */, secret /* unsealed; STR_NULL: none */;
    struct str sent_mark; /* what an earlier attempt left here; STR_NULL */
    int64_t now;          /* of this step */
    /* the link's */
    void *state; /* from load, lives in the arena */
    struct str
        secrets; /* from load: what it proves who it is with, as JSON; taken out of all that is kept of an answer. STR_NULL: only `secret` */
    struct fetch_ask ask; /* filled for LINK_ASK */
    int64_t pause_until;  /* LINK_PAUSE_DESTINATION, LINK_REST, LINK_WAIT; LINK_RETRY_LATER: not before (0: the ladder alone) */
    struct str leave_mark; /* kept as sent_mark for the next attempt */
    char sentence[300];    /* for people: what came of it; set with every result but LINK_ASK and LINK_OK */
    bool says_it_all;      /* what the answer said is in the sentence, so its body is not put behind it */
};

#define LINK_GATHER_MOST 200
struct link_def {
    const char *name; /* "webhook": also its word in the API and on pages */
    int number;       /* destination.link in the store; never changed */
    const struct retry_ladder *ladder;
    bool is_ordered; /* deliveries of one order key one at a time; a retrying head holds its key for at most outbox.hold_s */
    int window;      /* attempts at once to one destination */
    /* In a reader; NULL: nothing to load. False: it can never be delivered (what it is about is gone), `sentence` says why. A failed
     * query is not that: then tx_ok is false and it is loaded again. */
    bool (*load)(void *ctx, struct tx *tx, struct link_delivery *d);
    enum link_result (*step)(void *ctx, struct link_delivery *d, const struct fetch_answer *answer /* NULL: begin */);
    /* Several deliveries in one request: with `step_all`, which then takes the place of `step`. Those that were read in one snapshot are put into
     * groups of at most `gather_most`, each into the first group that it joins; while any of them is under way the destination begins nothing
     * else, so that what comes meanwhile gathers. step_all says for each what comes of it. Those with LINK_ASK stay together: the request is
     * the `ask` of the first of them, and its answer is all of theirs. Whoever has a result leaves; what a delivery keeps lies in its own arena. */
    int gather_most; /* 2 … LINK_GATHER_MOST */
    bool (*joins)(void *ctx, struct link_delivery *const *group, int n, const struct link_delivery *d);
    void (*step_all)(void *ctx, struct link_delivery *const *group, int n, const struct fetch_answer *answer,
                     enum link_result *results);
    /* NULL, or: asked in the unit that writes down LINK_OK, before anything of it is written. False: what `load` saw is not so any more (`sentence`
     * says what), so the delivery is read and begun again. With tx_ok false the database failed. May run again. */
    bool (*still_holds)(void *ctx, struct tx *tx, struct link_delivery *d);
    /* NULL, or: called inside the unit that writes down what came of a delivery, when its row was still
     * there: what it writes is durable with the result or not at all (a piece that an event sends, the contact that was found). May run again. False: the unit failed; a refusal (tx_refuse)
     * is not for here: `load` and `step` have looked. */
    bool (*settle)(void *ctx, struct tx *tx, struct link_delivery *d, enum link_result result);
    void *ctx; /* what app gives it (the mail house) */
};
