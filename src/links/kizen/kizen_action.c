/* kizen_action.c: Send Campaign Mail, from the contact to what came of it. One thread does one action from its begin to its end: somebody
 * waits for it, for action.patience from the moment when he asked, and then believes that nothing is sent any more. A try reads the contact when
 * it must, and sends; what is transient is tried again, after what the other side asked for or 2, 4, 8 s (action.retry_first, doubled), give or
 * take a half. The tries of an action carry one Idempotency-Key. */
#include "links/kizen/kizen_private.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "base/log.h"
#include "queries.h"
#include <stdatomic.h>
#include <unistd.h>

#define STOPPING "The server is stopping. Nothing was sent; try again in a minute."
enum { LONGEST_WISH_MS = 60000, DOUBLINGS_MAX = 10, REFUSED_EVERY_MS = 1000 };

struct doing {
    struct kizen *kizen;
    struct kizen_action *x;
    struct json_parser *parser;
    struct connection connection;
    struct kizen_fields fields;
    struct sender_piece piece;
    bool is_read;
    struct kizen_try try;
};

/* ---- the connection ---- */

static bool read_settings(struct doing *d, struct fault *f)
{
    struct json_value values;
    struct arena *a = d->x->arena;
    if (!json_parse(d->parser, json_padded(a, d->connection.settings), &values, f)) return false;
    struct json_value through = json_get(values, "send_through");
    d->piece.connection_id = through.type == JSON_INT ? through.integer : 0;
    if (through.type == JSON_STRING) str_to_int64(through.string, &d->piece.connection_id);
    return kizen_fields_read(json_get(values, "fields"), a, &d->fields, f);
}

static bool read_connection(struct doing *d)
{
    const struct link_house *h = d->kizen->house;
    struct kizen_action *x = d->x;
    if (!x->connection_id) return true;
    if (!connection_get(h->store, h->seal, x->arena, x->account, x->connection_id, &d->connection, &x->why)) return false;
    if (d->connection.kind != KIZEN_NUMBER)
        return fault_user(&x->why, 409, "Connection %lld is not one to Kizen.", (long long)x->connection_id);
    return read_settings(d, &x->why);
}

/* ---- one try ---- */

/* False: nobody would hear of it, or not any more. */
static bool is_time(struct doing *d)
{
    struct kizen_action *x = d->x;
    if (d->kizen->stops) return fault_remote(&x->why, STOPPING);
    if (x->until_mono - clock_mono_ms() >= limit_get(LIMIT_CONNECTOR_LEAST_MS)) return true;
    return fault_remote(&x->why,
                        "The time for it (action.patience) was over before its turn came. Nothing was sent; try again in a "
                        "minute.");
}

static enum action_outcome map(struct doing *d, struct json_value contact)
{
    struct kizen_action *x = d->x;
    d->is_read = true;
    if (!kizen_map(contact, &d->fields, x->arena, d->piece.values, &x->missing)) return ACTION_SENT;
    fault_user(&x->why, 400, "The contact has no %.300s. Fill that in at Kizen and send again; nothing was sent.",
               x->missing.ptr);
    return ACTION_MISSING;
}

/* ACTION_SENT: it can be sent. */
static enum action_outcome prepare(struct doing *d)
{
    struct kizen_action *x = d->x;
    struct json_value contact;
    if (d->is_read) return ACTION_SENT;
    if (x->contact.ptr)
        return json_parse(d->parser, json_padded(x->arena, x->contact), &contact, &x->why) ? map(d, contact)
                                                                                           : ACTION_UNREADABLE;
    switch (kizen_contact_read(d->kizen, &d->connection, x->contact_id, d->parser, x->arena, &contact, &d->try, &x->why)) {
    case KIZEN_READ: return map(d, contact);
    case KIZEN_READ_LATER: return ACTION_NO_ANSWER;
    default: return ACTION_UNREADABLE;
    }
}

static enum action_outcome hand_on(struct doing *d)
{
    static const enum action_outcome outcomes[] = {[SENDER_SENT] = ACTION_SENT,
                                                   [SENDER_TRANSIENT] = ACTION_NO_ANSWER,
                                                   [SENDER_REFUSED] = ACTION_REFUSED,
                                                   [SENDER_UNKNOWN] = ACTION_UNKNOWN};
    const struct link_house *h = d->kizen->house;
    const struct sender *s = d->piece.connection_id ? h->remote : h->here;
    enum sender_outcome out = s->send(s->ctx, &d->piece, d->x->arena);
    d->x->status = d->piece.status;
    d->x->sent_at = d->piece.sent_at;
    d->try.retry_after_ms = d->piece.retry_after_ms;
    if (out != SENDER_SENT) d->x->why = d->piece.why;
    return outcomes[out];
}

/* ---- again ---- */

static int64_t delay(const struct doing *d)
{
    int doublings = d->x->tries - 1 < DOUBLINGS_MAX ? d->x->tries - 1 : DOUBLINGS_MAX;
    int64_t wait = limit_get(LIMIT_ACTION_RETRY_FIRST_MS) << doublings; /* long past any patience at the end */
    int64_t wish = d->try.retry_after_ms;
    if (wish >= 0) return wish < LONGEST_WISH_MS ? wish : LONGEST_WISH_MS;
    return wait / 2 + (int64_t)random_below((uint64_t)wait + 1);
}

/* False: the server ends. */
static bool rest(const struct kizen *k, int64_t wait_ms)
{
    for (int64_t until = clock_mono_ms() + wait_ms; !k->stops && clock_mono_ms() < until;) usleep(20000);
    return !k->stops;
}

static void go(struct doing *d)
{
    struct kizen_action *x = d->x;
    int64_t last = x->until_mono - limit_get(LIMIT_CONNECTOR_LEAST_MS);
    for (;;) {
        x->tries++;
        d->try.retry_after_ms = -1;
        x->outcome = prepare(d);
        if (x->outcome == ACTION_SENT) x->outcome = is_time(d) ? hand_on(d) : ACTION_UNSENT;
        if (x->outcome != ACTION_NO_ANSWER || x->tries > limit_get(LIMIT_ACTION_RETRIES)) return;
        int64_t wait = delay(d);
        if (clock_mono_ms() + wait > last || !rest(d->kizen, wait) || clock_mono_ms() > last) return;
    }
}

/* ---- written down ---- */

static bool write_log(struct tx *tx, void *arg)
{
    const struct kizen_action *x = arg;
    struct q_action_log_insert in = {.account_id = x->account,
                                     .action_id = x->action_id,
                                     .connection_id = x->connection_id ? x->connection_id : DB_NULL,
                                     .subject = x->contact_id,
                                     .endpoint = x->endpoint,
                                     .outcome = x->outcome,
                                     .http_status = x->status ? x->status : DB_NULL,
                                     .tries = x->tries,
                                     .took_ms = x->took_ms};
    int64_t before = tid_first_of(tx_now(tx) - limit_get(LIMIT_OUTBOX_LOG_DAYS) * 86400000);
    return tx_run(tx, Q_ACTION_LOG_INSERT, &in, NULL) &&
           tx_run(tx, Q_ACTION_LOG_TRIM, &(struct q_action_log_trim){x->account, before}, NULL);
}

static struct sender_piece piece_of(struct kizen_action *x)
{
    struct sender_piece p = {.account = x->account, .endpoint = x->endpoint, .until_mono = x->until_mono};
    memcpy(p.key, x->key, sizeof x->key);
    char guid[37];
    guid_make(guid);
    p.try_key = str_of(arena_strz(x->arena, guid));
    if (x->connection_id && x->contact_id.ptr) p.source_ref = source_ref_write(x->arena, x->connection_id, x->contact_id);
    return p;
}

/* Of those that found no turn one a second: they are most when the server can do least. */
static bool log_turn_take(struct kizen *k)
{
    int64_t now = clock_mono_ms(), last = atomic_load(&k->refused_mono);
    return (!last || now - last >= REFUSED_EVERY_MS) && atomic_compare_exchange_strong(&k->refused_mono, &last, now);
}

static void finish(struct kizen_action *x)
{
    struct store *store = x->kizen->house->store;
    struct fault f;
    x->action_id = tid_next(store_node(store));
    x->took_ms = clock_mono_ms() - x->from_mono;
    if (!store_write(store, write_log, x, &f))
        log_warning("kizen", "What came of an action could not be written down: %s", f.text);
    x->done(x);
}

void kizen_action_run(struct kizen_action *x)
{
    struct doing d = {.kizen = x->kizen, .x = x, .try = {.until_mono = x->until_mono}};
    d.parser = json_parser_create();
    d.piece = piece_of(x);
    x->outcome = is_time(&d) ? ACTION_REFUSED : ACTION_UNSENT;
    if (x->outcome != ACTION_UNSENT && read_connection(&d)) go(&d);
    json_parser_destroy(&d.parser);
    finish(x);
}

static void say_why(const struct kizen *k, enum turn turn, struct fault *f)
{
    if (turn == TURN_STOPPED || k->stops)
        fault_remote(f, STOPPING);
    else if (turn == TURN_ALL_WAIT)
        fault_remote(f, "Too many actions wait already (action.queue). Nothing was sent; try again in a minute.");
    else
        fault_remote(
            f, "Too many actions of the account wait already (half of action.queue). Nothing was sent; try again in a minute.");
}

void kizen_action_begin(struct kizen *k, struct kizen_action *x)
{
    x->kizen = k;
    x->from_mono = clock_mono_ms();
    x->until_mono = x->from_mono + limit_get(LIMIT_ACTION_PATIENCE_S) * 1000;
    enum turn turn = turns_take(k->turns, x, (int)limit_get(LIMIT_ACTION_QUEUE));
    if (turn == TURN_GIVEN) return;
    say_why(k, turn, &x->why);
    x->outcome = ACTION_UNSENT;
    if (log_turn_take(k))
        finish(x);
    else
        x->done(x);
}

/* ---- what is shown ---- */

static const struct {
    int number, status;
    const char *word;
} outcomes[] = {
#define ACTION(ident, number, word, status) {number, status, word},
    ACTION_OUTCOMES
#undef ACTION
};

const char *action_outcome_word(int outcome)
{
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (outcomes[i].number == outcome) return outcomes[i].word;
    return "unknown";
}

/* What is the asker's own to put right keeps its status: a campaign that is not there, a contact that is gone. */
int kizen_action_status(const struct kizen_action *x)
{
    if (x->outcome != ACTION_SENT && x->why.whose == FAULT_USER) return fault_http_status(&x->why);
    for (size_t i = 0; i < sizeof outcomes / sizeof *outcomes; i++)
        if (outcomes[i].number == (int)x->outcome) return outcomes[i].status;
    return 502;
}

struct page {
    struct arena *arena;
    struct q_action_log_page in;
    struct action_row *rows;
    int n;
};

static bool read_page(struct tx *tx, void *arg)
{
    struct page *p = arg;
    struct r_action_log_page row;
    struct rows r = tx_rows(tx, Q_ACTION_LOG_PAGE, &p->in);
    for (p->n = 0; p->n < p->in.n && rows_next(&r, &row); p->n++)
        p->rows[p->n] = (struct action_row){.action_id = row.action_id,
                                            .connection_id = row.connection_id,
                                            .status = row.http_status,
                                            .tries = row.tries,
                                            .took_ms = row.took_ms,
                                            .at = tid_time_ms(row.action_id),
                                            .outcome = (int)row.outcome,
                                            .subject = arena_str(p->arena, row.subject),
                                            .endpoint = arena_str(p->arena, row.endpoint)};
    rows_end(&r);
    return tx_ok(tx);
}

int action_page(struct store *s, struct arena *a, int64_t account, int64_t before, int n, struct action_row **out,
                struct fault *f)
{
    ASSERT(n > 0);
    struct page p = {.arena = a, .in = {account, before ? before : INT64_MAX, n}, .rows = ARENA_ARRAY(a, struct action_row, n)};
    if (!store_read(s, read_page, &p, f)) return -1;
    *out = p.rows;
    return p.n;
}
