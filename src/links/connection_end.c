/* connection_end.c: see connection_end.h. A unit that makes mail of a request, or keeps one, has found the connection there itself: nothing of the
 * kind comes after its end. Where the scheduler comes to a row of a connection that is gone, written by what was under way, it removes the row or
 * ends it. What else comes after it (a contact's number, an action) is a row that nobody reads, and goes with the account. */
#include "links/connection_end.h"
#include "links/tokens.h"
#include "queries.h"

bool connection_end(struct tx *tx, const struct link_house *h, int64_t account, int64_t id)
{
    struct q_connection_gone_put gone = {account, id, tx_now(tx) + CONNECTION_OTHERS_MS};
    return connection_remove(tx, account, id) && destination_remove(h->outbox, tx, account, id) &&
           subscription_remove_of(h->outbox, tx, account, EVENT_CONNECTION, id) &&
           tx_run(tx, Q_DROP_PRINTER_CLEAR, &(struct q_drop_printer_clear){account, id}, NULL) &&
           tx_run(tx, Q_MIRROR_CLEAR, &(struct q_mirror_clear){account, id}, NULL) &&
           tx_run(tx, Q_REMOTE_IMPORT_STOP, &(struct q_remote_import_stop){account, id}, NULL) &&
           tx_run(tx, Q_CONNECTION_GONE_PUT, &gone, NULL);
}

bool connection_end_of_account(struct tx *tx, int64_t account)
{
    int64_t due_at = tx_now(tx) + CONNECTION_OTHERS_MS;
    return tx_run(tx, Q_DROP_PRINTER_CLEAR_ALL, &(struct q_drop_printer_clear_all){account}, NULL) &&
           tx_run(tx, Q_MIRROR_CLEAR_ALL, &(struct q_mirror_clear_all){account}, NULL) &&
           tx_run(tx, Q_REMOTE_IMPORT_STOP_ALL, &(struct q_remote_import_stop_all){account}, NULL) &&
           tx_run(tx, Q_CONNECTION_GONE_PUT_ALL, &(struct q_connection_gone_put_all){account, due_at}, NULL) &&
           tx_run(tx, Q_CONNECTION_GONE_PUT, &(struct q_connection_gone_put){account, 0, due_at}, NULL);
}

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
    connection_ended(h, d, account, id);
    return true;
}

static void forget(const struct link_house *h, const struct connector *d, int64_t account, int64_t id)
{
    if (d && d->removed) d->removed(d->ctx, id);
    if (h->tokens) token_end(h->tokens, account, id);
}

void connection_ended(const struct link_house *h, const struct connector *d, int64_t account, int64_t id)
{
    forget(h, d, account, id);
    connection_clear(h, account);
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

void connections_removed(const struct link_house *h, const struct connector *const *all, int n, const struct connection *rows,
                         int n_rows)
{
    for (int i = 0; i < n_rows; i++) forget(h, connector_of(all, n, rows[i].kind), rows[i].account_id, rows[i].connection_id);
}
