/* account_end.c: see account_end.h. On a pool thread. */
#include "mail/account_end.h"
#include "mail/mail_private.h"
#include "outbox/outbox.h"
#include "queries.h"

enum { ROUNDS = 20 }; /* campaigns that come into being meanwhile are deleted as well, but not for ever */

struct end {
    struct outbox *outbox;
    int64_t account;
    bool (*also)(struct tx *tx, int64_t account);
    bool has_drops;
};

/* An import that runs finds its list gone and stops. */
static bool remove_lists(struct tx *tx, int64_t account)
{
    struct r_list_find list;
    while (tx_first(tx, Q_LIST_EVERY, &(struct q_list_every){account}, &list)) {
        struct q_list_remove gone = {account, list.contact_list_id, tx_now(tx)};
        if (!tx_run(tx, Q_LIST_REMOVE, &gone, NULL)) return false;
    }
    return tx_ok(tx);
}

static bool end(struct tx *tx, void *arg)
{
    struct end *e = arg;
    e->has_drops = tx_first(tx, Q_DROP_EVERY, &(struct q_drop_every){e->account, 0, 0, 1}, NULL);
    if (!tx_ok(tx)) return false;
    if (e->has_drops)
        return tx_refuse(tx, FAULT_USER, 409, "Account %lld makes campaigns while it is being deleted.", (long long)e->account);
    return remove_lists(tx, e->account) && (!e->outbox || subscription_remove_all(e->outbox, tx, e->account)) &&
           account_remove(tx, e->account) && (!e->also || e->also(tx, e->account));
}

static bool delete_campaigns(struct mail *m, int64_t account, struct fault *f)
{
    struct arena *a = arena_create(4096);
    struct drop *drops;
    int n = campaign_all(m->store, a, account, false, &drops, f);
    bool ok = n >= 0;
    for (int i = 0; ok && i < n; i++) ok = campaign_delete(m, account, drops[i].drop_id, f) || f->status == 404;
    arena_destroy(&a);
    return ok;
}

bool mail_account_end(struct mail *m, int64_t account, bool (*also)(struct tx *tx, int64_t account), struct fault *f)
{
    struct end e = {.outbox = m->outbox, .account = account, .also = also, .has_drops = true};
    for (int i = 0; i < ROUNDS && e.has_drops; i++) {
        if (!delete_campaigns(m, account, f)) return false;
        if (store_write(m->store, end, &e, f)) {
            accounts_removed(m->accounts, account);
            return true;
        }
    }
    return false;
}
