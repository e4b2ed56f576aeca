/* serial.c: takes runs of serials, and keeps the room of each mailer id in memory.
 *
 * A run is taken in the transaction that closes its batch; the pool's row moves and the run's row appears together. Live runs
 * rest serial.rest_days after hand-over; test runs do not rest. The room is a courtesy, so that a send is refused while the
 * client is there to hear it: the hard check is the run itself. */
#include "mail/serial.h"
#include "mail/mail_private.h"
#include "base/clock.h"
#include "base/log.h"
#include "base/limits.h"
#include "base/map.h"
#include "postal/imb.h"
#include "queries.h"
#include <stdlib.h>

enum { READ_AGAIN_MS = 1000 };

/* Whose pool a mailer id's serials come from. */
static bool pool_owner(struct tx *tx, int64_t mid, int64_t *account)
{
    struct r_mailer_id_find owner = {.account_id = HOUSE_ACCOUNT};
    if (mid != ACCOUNT_DEMONSTRATION_MID && !tx_first(tx, Q_MAILER_ID_FIND, &(struct q_mailer_id_find){mid}, &owner))
        return false;
    *account = owner.account_id;
    return true;
}

bool serial_run_take(struct tx *tx, const struct serial_want *w, int64_t *first)
{
    int64_t mid = w->mid == DB_NULL ? ACCOUNT_DEMONSTRATION_MID : w->mid, key = w->is_test ? -mid : mid, owner, taken = 0;
    struct r_serial_pool_find pool;
    ASSERT(w->n > 0 && w->n <= 5000 && (w->is_test || mid != ACCOUNT_DEMONSTRATION_MID));
    *first = DB_NULL;
    if (!pool_owner(tx, mid, &owner) || !tx_first(tx, Q_SERIAL_POOL_FIND, &(struct q_serial_pool_find){owner, key}, &pool))
        return tx_ok(tx);
    int64_t begin = w->is_test ? imb_test_serials(pool.size) : 0, at = pool.next_serial, lap = pool.lap;
    if (at + w->n > pool.size) at = begin, lap++;
    if (at + w->n > pool.size) return true;
    struct q_serial_take take = {owner, key, w->n, at, lap, pool.next_serial, tx_now(tx)};
    if (!tx_run(tx, Q_SERIAL_TAKE, &take, &taken)) return false;
    if (!taken) return true;
    struct q_serial_run_insert run = {
        owner, key, at, lap, w->n, w->account, w->batch_id, tx_now(tx), w->is_test ? tx_now(tx) : DB_NULL};
    if (!tx_run(tx, Q_SERIAL_RUN_INSERT, &run, NULL)) return false;
    *first = at;
    return true;
}

/* ---- room ---- */

/* Invariant, under the lock: `free` is what was free at `read_mono`, less what was promised since. */
struct room {
    int64_t mid, free, read_mono;
    bool is_reading;
};
struct serial_rooms {
    struct store *store;
    pthread_mutex_t lock;
    struct map *rooms; /* by the 8 bytes of the mailer id */
};

struct serial_rooms *serial_rooms_create(struct store *s)
{
    struct serial_rooms *r = calloc(1, sizeof *r);
    ASSERT(r);
    *r = (struct serial_rooms){.store = s, .rooms = map_create()};
    pthread_mutex_init(&r->lock, NULL);
    return r;
}

void serial_rooms_destroy(struct serial_rooms **rooms)
{
    struct serial_rooms *r = *rooms;
    if (!r) return;
    size_t at = 0;
    struct str key;
    void *room;
    while (map_next(r->rooms, &at, &key, &room)) free(room);
    map_destroy(&r->rooms);
    pthread_mutex_destroy(&r->lock);
    free(r);
    *rooms = NULL;
}

struct room_read {
    int64_t mid, free;
};

static bool room_read(struct tx *tx, void *arg)
{
    struct room_read *g = arg;
    int64_t owner;
    struct r_serial_pool_find pool = {0};
    struct r_serial_held held = {0};
    struct r_serial_wanted wanted = {0};
    g->free = 0;
    if (!pool_owner(tx, g->mid, &owner) ||
        !tx_first(tx, Q_SERIAL_POOL_FIND, &(struct q_serial_pool_find){owner, g->mid}, &pool))
        return tx_ok(tx);
    tx_first(tx, Q_SERIAL_HELD, &(struct q_serial_held){owner, g->mid, tx_now(tx)}, &held);
    tx_first(tx, Q_SERIAL_WANTED, &(struct q_serial_wanted){g->mid}, &wanted);
    g->free = pool.size - held.n - wanted.n;
    return tx_ok(tx);
}

static struct room *room_find(struct serial_rooms *r, int64_t mid)
{
    struct str key = str_make(&mid, sizeof mid);
    struct room *room = map_get(r->rooms, key);
    if (room) return room;
    room = calloc(1, sizeof *room);
    ASSERT(room);
    room->mid = mid;
    room->read_mono = -READ_AGAIN_MS;
    map_put(r->rooms, key, room);
    return room;
}

/* Called with the lock held; gives it up while it reads. Others meanwhile go by what is known. */
static bool room_refresh(struct serial_rooms *r, struct room *room, struct fault *f)
{
    struct room_read g = {.mid = room->mid};
    room->is_reading = true;
    pthread_mutex_unlock(&r->lock);
    bool ok = store_read(r->store, room_read, &g, f);
    pthread_mutex_lock(&r->lock);
    room->is_reading = false;
    if (!ok) return false;
    room->free = g.free;
    room->read_mono = clock_mono_ms();
    return true;
}

bool serial_room_check(struct serial_rooms *r, int64_t mid, int64_t n, struct fault *f)
{
    bool ok = true;
    pthread_mutex_lock(&r->lock);
    struct room *room = room_find(r, mid);
    bool is_first = room->read_mono < 0, is_old = clock_mono_ms() - room->read_mono >= READ_AGAIN_MS;
    if (is_first || (is_old && !room->is_reading)) ok = room_refresh(r, room, f);
    if (ok && room->free < n)
        ok = fault_user(
            f, 409,
            "The mailer id %lld has no room for %lld more pieces: %lld serial numbers are free, the others are in the "
            "mail or rest %lld days. Try again later, or add a mailer id.",
            (long long)mid, (long long)n, (long long)(room->free > 0 ? room->free : 0),
            (long long)limit_get(LIMIT_SERIAL_REST_DAYS));
    if (ok) room->free -= n;
    pthread_mutex_unlock(&r->lock);
    return ok;
}
