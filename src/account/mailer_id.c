/* mailer_id.c: gives a mailer id to an account and makes its pools of serial numbers.
 *
 * The last hundredth of a mailer id's serials is kept for test batches, in a pool of its own under the negative number. A test
 * pool's `size` is the end of the range and it begins at 99 hundredths of it, so both pools together are the whole range. */
#include "account/account_private.h"
#include "postal/imb.h"
#include "queries.h"

struct add {
    int64_t account_id, mid, space;
};

static bool add(struct tx *tx, void *arg)
{
    const struct add *a = arg;
    struct r_mailer_id_find owner;
    if (tx_first(tx, Q_MAILER_ID_FIND, &(struct q_mailer_id_find){a->mid}, &owner))
        return tx_refuse(tx, FAULT_USER, 409,
                         owner.account_id == a->account_id ? "The account has mailer id %lld already."
                                                           : "Mailer id %lld belongs to another account.",
                         (long long)a->mid);
    int64_t live = imb_test_serials(a->space);
    return tx_run(tx, Q_MAILER_ID_INSERT, &(struct q_mailer_id_insert){a->mid, a->account_id}, NULL) &&
           tx_run(tx, Q_SERIAL_POOL_INSERT, &(struct q_serial_pool_insert){a->account_id, a->mid, live, 0}, NULL) &&
           tx_run(tx, Q_SERIAL_POOL_INSERT, &(struct q_serial_pool_insert){a->account_id, -a->mid, a->space, live}, NULL);
}

bool account_mailer_id_add(struct accounts *a, int64_t account_id, int64_t mid, struct fault *f)
{
    struct add in = {account_id, mid, mid == ACCOUNT_DEMONSTRATION_MID ? 0 : imb_serial_space(mid)};
    if (!in.space)
        return fault_user(
            f, 400,
            "%lld is not a mailer id: it has six digits, or nine that begin with 9 (999999999 is kept for demonstrations).",
            (long long)mid);
    if (!accounts_exists(a, account_id)) return fault_user(f, 404, "There is no account %lld.", (long long)account_id);
    return store_write(a->store, add, &in, f);
}
