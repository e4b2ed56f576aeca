/* daily_cap.c: see daily_cap.h. An entry per key and campaign that sends live; it is read from the store when it is first asked for on a
 * day, so a restart forgets nothing. On the committer's thread only: no lock. */
#include "mail/daily_cap.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/map.h"
#include "queries.h"
#include <stdio.h>
#include <stdlib.h>

enum { DAY_MS = 86400000 };

/* Invariant: between groups now equals committed, which is what the database holds for `day`. */
struct count {
    struct participant participant; /* must be first */
    int64_t account, day, committed_day;
    int64_t now, committed;
    char name[48];
};
struct daily_caps {
    struct map *counts; /* by the account's 8 bytes and the name */
};

struct daily_caps *daily_caps_create(void)
{
    struct daily_caps *c = calloc(1, sizeof *c);
    ASSERT(c);
    c->counts = map_create();
    return c;
}

void daily_caps_destroy(struct daily_caps **caps)
{
    struct daily_caps *c = *caps;
    if (!c) return;
    size_t at = 0;
    struct str key;
    void *count;
    while (map_next(c->counts, &at, &key, &count)) free(count);
    map_destroy(&c->counts);
    free(c);
    *caps = NULL;
}

static bool before_commit(struct participant *p, struct tx *tx)
{
    struct count *c = (struct count *)p;
    int64_t n = c->now - (c->day == c->committed_day ? c->committed : 0);
    if (c->day != c->committed_day) { /* the day began in this group: what the store held of it was read then */
        struct r_day_count_find was = {0};
        tx_first(tx, Q_DAY_COUNT_FIND, &(struct q_day_count_find){c->account, str_of(c->name), c->day}, &was);
        n = c->now - was.n;
    }
    if (!tx_ok(tx)) return false;
    return n == 0 || tx_run(tx, Q_DAY_COUNT_ADD, &(struct q_day_count_add){c->account, str_of(c->name), c->day, n}, NULL);
}

static void ended(struct participant *p, bool committed)
{
    struct count *c = (struct count *)p;
    if (committed)
        c->committed = c->now, c->committed_day = c->day;
    else
        c->now = c->committed, c->day = c->committed_day;
}

static struct count *entry(struct daily_caps *c, int64_t account, const char *name)
{
    char key[64];
    memcpy(key, &account, 8);
    size_t len = strlen(name);
    memcpy(key + 8, name, len);
    struct count *found = map_get(c->counts, str_make(key, 8 + len));
    if (found) return found;
    found = calloc(1, sizeof *found);
    ASSERT(found);
    *found = (struct count){.participant = {.before_commit = before_commit, .ended = ended}, .account = account};
    memcpy(found->name, name, len + 1);
    map_put(c->counts, str_make(key, 8 + len), found);
    return found;
}

/* The entry as of today. */
static bool look(struct tx *tx, struct daily_caps *caps, int64_t account, const char *name, struct count **out)
{
    struct count *c = *out = entry(caps, account, name);
    int64_t today = tx_now(tx) / DAY_MS;
    struct r_day_count_find row = {0};
    if (c->day == today) return true;
    tx_first(tx, Q_DAY_COUNT_FIND, &(struct q_day_count_find){account, str_of(name), today}, &row);
    if (!tx_ok(tx)) return false;
    tx_join(tx, &c->participant);
    c->day = today;
    c->now = row.n;
    return true;
}

bool daily_cap_take(struct tx *tx, struct daily_caps *caps, int64_t account, int64_t campaign, const char *key, int64_t n,
                    bool *is_above)
{
    char name[48];
    struct count *of_campaign, *of_key = NULL;
    snprintf(name, sizeof name, "campaign %lld", (long long)campaign);
    if (!look(tx, caps, account, name, &of_campaign)) return false;
    if (*key) {
        snprintf(name, sizeof name, "key %.8s", key);
        if (!look(tx, caps, account, name, &of_key)) return false;
    }
    *is_above = of_campaign->now + n > limit_get(LIMIT_SEND_CAMPAIGN_DAY) ||
                (of_key && of_key->now + n > limit_get(LIMIT_SEND_KEY_DAY));
    if (*is_above) return true;
    tx_join(tx, &of_campaign->participant);
    of_campaign->now += n;
    if (!of_key) return true;
    tx_join(tx, &of_key->participant);
    of_key->now += n;
    return true;
}
