/* connection_end.c: see connection_end.h. A unit that finds a connection gone must make nothing new of it; what a request under way writes
 * after it is a row that nobody reads, and goes with the account. */
#include "links/connection_end.h"
#include "mail/piece.h"
#include "queries.h"

static bool clear(struct tx *tx, int64_t account, int64_t from, int64_t to)
{
    struct q_remote_piece_clear pieces = {account, from, to, SEATS_A_BATCH, BATCH_READY, BATCH_HANDING_OVER, BATCH_UNKNOWN};
#define CLEAR(QUERY, query) tx_run(tx, Q_##QUERY##_CLEAR, &(struct q_##query##_clear){account, from, to}, NULL)
    return CLEAR(HOOK_SEEN, hook_seen) && CLEAR(REMOTE_CONTACT, remote_contact) && CLEAR(REMOTE_FIELD, remote_field) &&
           CLEAR(REMOTE_VALUE, remote_value) && CLEAR(REMOTE_IMPORT, remote_import) && CLEAR(ACTION_LOG, action_log) &&
           CLEAR(MIRROR, mirror) && CLEAR(MIRROR_DROP, mirror_drop) && CLEAR(MIRROR_EVENT, mirror_event) &&
           CLEAR(MIRROR_POST, mirror_post) && CLEAR(MIRROR_LIST, mirror_list) && CLEAR(DROP_PRINTER, drop_printer) &&
           tx_run(tx, Q_REMOTE_PIECE_CLEAR, &pieces, NULL);
#undef CLEAR
}

bool connection_end(struct tx *tx, const struct link_house *h, int64_t account, int64_t id)
{
    return connection_remove(tx, account, id) && destination_remove(h->outbox, tx, account, id) && clear(tx, account, id, id);
}

bool connection_end_of_account(struct tx *tx, int64_t account) { return clear(tx, account, 0, INT64_MAX); }

struct drop_it {
    const struct link_house *house;
    int64_t account, id;
};

static bool drop_it(struct tx *tx, void *arg)
{
    const struct drop_it *d = arg;
    return connection_end(tx, d->house, d->account, d->id);
}

bool connection_drop(const struct link_house *h, const struct connector *d, int64_t account, int64_t id, struct fault *f)
{
    struct drop_it it = {h, account, id};
    if (d && d->leave) d->leave(d->ctx, account, id);
    if (!store_write(h->store, drop_it, &it, f)) return false;
    if (d && d->removed) d->removed(d->ctx, id);
    return true;
}

int connections_leave(const struct link_house *h, const struct connector *const *all, int n, struct arena *a, int64_t account,
                      struct connection **rows)
{
    struct fault f;
    int n_rows = connection_all(h->store, a, account, rows, &f);
    for (int i = 0; i < n_rows; i++) {
        const struct connector *d = connector_of(all, n, (*rows)[i].kind);
        if (d && d->leave) d->leave(d->ctx, account, (*rows)[i].connection_id);
    }
    return n_rows < 0 ? 0 : n_rows;
}

void connections_removed(const struct connector *const *all, int n, const struct connection *rows, int n_rows)
{
    for (int i = 0; i < n_rows; i++) {
        const struct connector *d = connector_of(all, n, rows[i].kind);
        if (d && d->removed) d->removed(d->ctx, rows[i].connection_id);
    }
}
