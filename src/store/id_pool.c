/* id_pool.c: numbers that are unique in the house, taken from the table id_pool in blocks. Called inside units, on the
 * committer's thread alone. A block that was taken in a group that is then taken back goes back too: the pools are a
 * participant. Numbers of a block that was not used up when the process ends are skipped. */
#include "store/store_private.h"
#include "base/log.h"
#include "queries.h"

/* How many numbers a kind takes at once: 1 where people make the thing by hand, so that their numbers have no gaps. */
static const int64_t block_sizes[ID_KINDS] = {
    [ID_ACCOUNT] = 1, [ID_LIST] = 1,   [ID_CONTACT] = 4096, [ID_TEMPLATE] = 1, [ID_CAMPAIGN] = 1,
    [ID_BATCH] = 64,  [ID_INTAKE] = 1, [ID_JOB] = 1,        [ID_USER] = 1,     [ID_SUPPRESSION] = 1,
    [ID_SUBSCRIPTION] = 1, [ID_DESTINATION] = 1, [ID_CONNECTION] = 1,
};
/* The first number of a kind where it is not 1. */
static const int64_t first_numbers[ID_KINDS] = {[ID_SUBSCRIPTION] = 1000000000};

static bool pools_before_commit(struct participant *p, struct tx *tx)
{
    (void)p;
    return tx_ok(tx);
}

static void pools_ended(struct participant *participant, bool committed)
{
    struct id_pools *p = (struct id_pools *)participant;
    if (committed)
        memcpy(p->committed, p->now, sizeof p->now);
    else
        memcpy(p->now, p->committed, sizeof p->now);
}

void id_pools_init(struct id_pools *p)
{
    *p = (struct id_pools){.participant = {.before_commit = pools_before_commit, .ended = pools_ended}};
}

static bool take_block(struct tx *tx, enum id_kind kind, int64_t n, struct id_block *out)
{
    int64_t first = first_numbers[kind] ? first_numbers[kind] : 1;
    struct q_id_pool_take in = {.kind = kind, .first_next = first + n, .n = n};
    struct r_id_pool_take row;
    if (!tx_first(tx, Q_ID_POOL_TAKE, &in, &row)) return false;
    ASSERT(row.next_id > n);
    *out = (struct id_block){.next = row.next_id - n, .end = row.next_id};
    return true;
}

int64_t tx_next_ids(struct tx *tx, enum id_kind kind, int64_t n)
{
    ASSERT(kind >= ID_ACCOUNT && kind < ID_KINDS && n > 0);
    if (!tx->may_write) {
        tx_refuse(tx, FAULT_OURS, 0, "A reader asked for a new number.");
        return 0;
    }
    struct id_pools *pools = &tx->store->ids;
    struct id_block *b = &pools->now[kind], taken;
    tx_join(tx, &pools->participant);
    if (!tx_ok(tx)) return 0;
    if (b->end - b->next < n) {
        if (!take_block(tx, kind, n > block_sizes[kind] ? n : block_sizes[kind], &taken)) return 0;
        if (n >= block_sizes[kind]) return taken.next; /* used up at once; what was left of the block stays */
        *b = taken;
    }
    b->next += n;
    return b->next - n;
}

int64_t tx_next_id(struct tx *tx, enum id_kind kind) { return tx_next_ids(tx, kind, 1); }
