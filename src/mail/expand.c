/* expand.c: the due source that expands smart sends: a list's contacts become pieces, a batch a transaction. The list is taken
 * as it stands when the expansion begins. `next_contact_id` moves in the transaction that made the pieces, so a crash repeats
 * nothing and loses nothing. */
#include "mail/batch.h"
#include "mail/contact_row.h"
#include "mail/daily_cap.h"
#include "mail/list.h"
#include "mail/recipient.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/log.h"

/* The moves of a smart send (the wire's Status); a triggered drip stays Pending. */
static bool may_move(enum drop_state from, enum drop_state to)
{
    return (from == DROP_DRAFT && to == DROP_PENDING) || (from == DROP_PENDING && to == DROP_PROCESSING) ||
           (from == DROP_PROCESSING && (to == DROP_PROCESSING || to == DROP_SENT || to == DROP_FAILED));
}

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    struct r_drop_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_DROP_DUE, &(struct q_drop_due){n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.drop_id, 0};
    }
    rows_end(&r);
    return found;
}

struct made { /* a contact as a piece */
    int64_t contact_id;
    struct str country, recipient;
};
struct work {
    struct mail *mail;
    struct due_item item;
    struct arena *arena; /* of one step */
    struct json_parser *parser;
    struct contact_list list;
    struct r_drop_lease drop;
    bool is_claimed;
    struct made *made;
    int n;
    bool is_last;
    int64_t next;
};

/* ---- claiming ---- */

static bool begin(struct tx *tx, struct work *w)
{
    struct r_contact_last last = {.contact_id = 0};
    int64_t changed = 0;
    tx_first(tx, Q_CONTACT_LAST, &(struct q_contact_last){w->item.account_id, w->drop.contact_list_id}, &last);
    ASSERT(may_move(DROP_PENDING, DROP_PROCESSING));
    struct q_expand_start in = {w->item.account_id, w->item.id, DROP_PROCESSING, last.contact_id, store_node(tx_store(tx))};
    if (!tx_run(tx, Q_EXPAND_START, &in, &changed)) return false;
    w->drop.next_contact_id = 0;
    w->drop.last_contact_id = last.contact_id;
    return true;
}

static bool claim(struct tx *tx, void *arg)
{
    struct work *w = arg;
    int64_t now = tx_now(tx);
    struct q_drop_lease in = {w->item.account_id, w->item.id, store_node(tx_store(tx)), now + lease_ms(), now};
    w->is_claimed = tx_first(tx, Q_DROP_LEASE, &in, &w->drop);
    if (!w->is_claimed) return tx_ok(tx);
    return w->drop.next_contact_id != DB_NULL || begin(tx, w);
}

/* ---- one step ---- */

static bool make(struct work *w, struct tx *tx, const struct r_contact_find *row)
{
    struct contact c;
    struct fault f;
    if (!contact_row_read(w->parser, w->arena, row, &c, &f)) return tx_fail(tx, &f);
    int n_columns = c.n_values - FIELD_KNOWN < w->list.n_columns ? c.n_values - FIELD_KNOWN : w->list.n_columns;
    struct str extra = recipient_extra(w->arena, w->list.columns, c.values + FIELD_KNOWN, n_columns);
    w->made[w->n++] =
        (struct made){c.contact_id, c.values[FIELD_COUNTRY], recipient_write(w->arena, c.values, FIELD_KNOWN, extra)};
    return true;
}

static bool read_step(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_contact_find row;
    int max = (int)limit_get(LIMIT_BATCH_MAX_PIECES);
    w->made = ARENA_ARRAY(w->arena, struct made, max);
    w->n = 0;
    struct q_contact_page in = {w->item.account_id, w->drop.contact_list_id, w->drop.next_contact_id + 1,
                                w->drop.last_contact_id, max};
    struct rows r = tx_rows(tx, Q_CONTACT_PAGE, &in);
    while (w->n < max && rows_next(&r, &row))
        if (!make(w, tx, &row)) break;
    rows_end(&r);
    w->is_last = w->n < max;
    w->next = w->n ? w->made[w->n - 1].contact_id : w->drop.next_contact_id;
    return tx_ok(tx);
}

static bool seat_all(struct tx *tx, const struct work *w, int64_t batch_id)
{
    for (int i = 0; i < w->n; i++) {
        const struct made *p = &w->made[i];
        struct q_piece_insert in = {PIECE_ID(batch_id, i), w->item.account_id, p->contact_id, tx_now(tx), p->country, STR_NULL,
                                    p->recipient};
        if (!tx_run(tx, Q_PIECE_INSERT, &in, NULL)) return false;
    }
    return true;
}

static bool lease_was_lost(struct tx *tx, const struct work *w)
{
    return tx_refuse(tx, FAULT_REMOTE, 0, "The campaign %lld was deleted or taken while it was sent.", (long long)w->item.id);
}

static bool write_step(struct tx *tx, void *arg)
{
    const struct work *w = arg;
    int64_t now = tx_now(tx), changed = 0;
    enum drop_state to = w->is_last ? DROP_SENT : DROP_PROCESSING;
    ASSERT(may_move(DROP_PROCESSING, to));
    struct q_expand_step step = {w->item.account_id,
                                 w->item.id,
                                 w->next,
                                 w->is_last ? DB_NULL : now,
                                 w->drop.next_contact_id,
                                 store_node(tx_store(tx)),
                                 to,
                                 w->is_last ? 0 : now + lease_ms()};
    if (!tx_run(tx, Q_EXPAND_STEP, &step, &changed)) return false;
    if (!changed) return lease_was_lost(tx, w);
    if (w->n == 0) return true;
    bool is_test = !w->drop.is_live;
    bool is_above = false;
    if (!is_test && !daily_cap_take(tx, w->mail->caps, w->item.account_id, w->drop.campaign_id, "", w->n, &is_above))
        return false;
    struct batch_birth birth = {w->item.account_id,
                                w->item.id,
                                w->drop.template_version,
                                w->drop.mid,
                                w->drop.stid,
                                is_above ? DB_NULL : batch_render_due(is_test, now, now), /* held */
                                is_test};
    int64_t batch_id = batch_make_closed(tx, &birth, w->n);
    return batch_id && seat_all(tx, w, batch_id);
}

/* ---- the whole ---- */

struct stop {
    const struct work *work;
    bool is_failure; /* else the server is stopping: it goes on where it stands */
    struct str why;
};

static bool rest(struct tx *tx, void *arg)
{
    const struct stop *s = arg;
    const struct work *w = s->work;
    int64_t attempt = w->drop.attempt, changed = 0;
    bool is_over = s->is_failure && retry_is_over((int)attempt);
    enum drop_state to = is_over ? DROP_FAILED : DROP_PROCESSING;
    ASSERT(may_move(DROP_PROCESSING, to));
    struct q_drop_rest in = {w->item.account_id,
                             w->item.id,
                             to,
                             is_over         ? DB_NULL
                             : s->is_failure ? retry_due(tx_now(tx), (int)attempt)
                                             : tx_now(tx),
                             s->is_failure ? attempt : attempt - 1,
                             s->why,
                             store_node(tx_store(tx))};
    return tx_run(tx, Q_DROP_REST, &in, &changed) && (changed || lease_was_lost(tx, w));
}

static bool step(struct work *w, struct fault *f)
{
    w->arena = arena_create(4 << 20);
    bool ok = list_get(w->mail->store, w->arena, w->item.account_id, w->drop.contact_list_id, &w->list, f) &&
              store_read(w->mail->store, read_step, w, f) && store_write(w->mail->store, write_step, w, f);
    arena_destroy(&w->arena);
    if (ok) w->drop.next_contact_id = w->next, w->drop.attempt = 1; /* as expand_step has it */
    return ok;
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct work w = {.mail = m, .item = item};
    struct fault f = {0};
    if (!store_write(m->store, claim, &w, &f)) {
        log_error("mail", "The campaign %lld could not be claimed: %s", (long long)item.id, f.text);
        return;
    }
    if (!w.is_claimed) return;
    w.parser = json_parser_create();
    bool ok = true;
    while (ok && !w.is_last && !jobs_stopping(m->jobs)) {
        ok = step(&w, &f);
        jobs_wake(m->jobs, SOURCE_RENDER);
    }
    json_parser_destroy(&w.parser);
    if (ok && w.is_last) return;
    if (!ok)
        log_error("mail", "Sending campaign %lld stopped (attempt %lld): %s", (long long)item.id, (long long)w.drop.attempt,
                  f.text);
    struct fault why = f;
    if (!store_write(m->store, rest, &(struct stop){&w, !ok, ok ? STR_NULL : str_of(why.text)}, &f))
        log_error("mail", "The campaign %lld was not given back: %s", (long long)item.id, f.text);
}

void expand_source_add(struct mail *m)
{
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_EXPAND, .n_threads = 1, .find = find, .run = run, .ctx = m});
}
