/* fake_fetch.h: the fetcher played: answers come from a thread by script, one peer an address, and everything that was asked is written down
 * in its order. An address without a peer is refused. */
#pragma once
#include "net/fetch.h"

enum fake_kind { PEER_STATUS, PEER_HANG, PEER_REFUSE };
struct fake_peer {
    const char *url;
    enum fake_kind kind;
    int status;     /* 0: 200 */
    int fail_first; /* so many asks get 503 before that */
    int delay_ms;
    const char *head; /* of its answers: "Retry-After: 5\r\n" */
    const char *body;
    int n, n_now, most_now; /* asks; at this moment; at most at once */
};
struct fake_ask {
    const struct fake_peer *peer;
    char url[100], body[4000];
    int64_t at;
};
struct fetcher *fake_fetcher(struct fake_peer *peers, int n);
/* Set while asks come: under the fetcher's lock. */
void fake_lock(void);
void fake_unlock(void);
int fake_asks(struct fake_ask **out); /* under the lock; how many so far */
void fake_forget(void);               /* what was asked so far */
/* Called for each ask on the asker's thread, when it is answered well; may end the process. NULL: nobody. */
extern void (*fake_on_ask)(const struct fetch_ask *ask);
