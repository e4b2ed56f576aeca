/* template_compile.c: the due source that compiles template versions: Publishing to Published or Refused, with a report. A
 * press that fails by itself is tried again by the ladder; a creative that cannot be printed is refused with the reason. */
#include "mail/asset_import.h"
#include "mail/compile_wait.h"
#include "mail/lease_keeper.h"
#include "base/clock.h"
#include "base/log.h"
#include "queries.h"

/* The moves of a version; a campaign needs Published. */
static const unsigned moves[] = {
    [TEMPLATE_DRAFT] = 1u << TEMPLATE_PUBLISHING,
    [TEMPLATE_PUBLISHING] = 1u << TEMPLATE_PUBLISHING | 1u << TEMPLATE_PUBLISHED | 1u << TEMPLATE_REFUSED,
    [TEMPLATE_PUBLISHED] = 0,
    [TEMPLATE_REFUSED] = 0,
};

static int find(void *ctx, struct tx *tx, int64_t now, struct due_item *items, int n, int64_t *next_due)
{
    (void)ctx;
    struct r_compile_due row;
    int found = 0;
    struct rows r = tx_rows(tx, Q_COMPILE_DUE, &(struct q_compile_due){n});
    while (found < n && rows_next(&r, &row)) {
        if (row.due_at > now) {
            *next_due = row.due_at;
            break;
        }
        items[found++] = (struct due_item){row.account_id, row.template_id, row.version};
    }
    rows_end(&r);
    return found;
}

struct work {
    struct due_item item;
    int64_t attempt; /* 0: somebody was faster */
    enum template_state to;
    int64_t due_at;
    enum creative_path path;
    struct str report;
};

static bool claim(struct tx *tx, void *arg)
{
    struct work *w = arg;
    struct r_compile_claim r;
    int64_t now = tx_now(tx);
    struct q_compile_claim in = {w->item.account_id,       w->item.id,       w->item.sub_id,
                                 store_node(tx_store(tx)), now + lease_ms(), now};
    w->attempt = tx_first(tx, Q_COMPILE_CLAIM, &in, &r) ? r.attempt : 0;
    return tx_ok(tx);
}

static bool renew(struct tx *tx, void *arg)
{
    const struct work *w = arg;
    struct q_compile_renew in = {w->item.account_id, w->item.id, w->item.sub_id, store_node(tx_store(tx)),
                                 tx_now(tx) + lease_ms()};
    return tx_run(tx, Q_COMPILE_RENEW, &in, NULL);
}

static bool finish(struct tx *tx, void *arg)
{
    const struct work *w = arg;
    int64_t changed = 0;
    ASSERT(moves[TEMPLATE_PUBLISHING] & 1u << w->to);
    struct q_compile_finish in = {w->item.account_id, w->item.id, w->item.sub_id,          w->to, w->path,
                                  w->report,          w->due_at,  store_node(tx_store(tx))};
    if (!tx_run(tx, Q_COMPILE_FINISH, &in, &changed)) return false;
    return changed ? true
                   : tx_refuse(tx, FAULT_REMOTE, 0, "The template %lld was compiled by another node.", (long long)w->item.id);
}

static struct str report_text(struct arena *a, const struct creative_report *r)
{
    struct buf b = BUF_INIT;
    creative_report_json(r, &b);
    struct str s = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return s;
}

/* True: there is a verdict in *r. False: the press, or the database, failed for now. */
static bool compile(struct mail *m, struct arena *a, struct due_item item, struct creative_report *r, struct fault *f)
{
    struct creative c;
    *r = (struct creative_report){0};
    if (!assets_import(m, item, f) || !template_creative(m, a, item.account_id, item.id, item.sub_id, &c, f)) {
        r->reason = *f;
        return f->whose == FAULT_USER;
    }
    return press_compile(m->press, &c, NULL, 0, r, f);
}

static void run(void *ctx, struct due_item item)
{
    struct mail *m = ctx;
    struct work w = {.item = item, .due_at = DB_NULL};
    struct creative_report r;
    struct fault f = {0};
    if (!store_write(m->store, claim, &w, &f) || !w.attempt) return;
    struct arena *a = arena_create(64 << 10);
    struct lease_keeper keeper;
    lease_keeper_init(&keeper, m->store, renew, &w, "template", item.id);
    bool has_verdict = compile(m, a, item, &r, &f);
    lease_keeper_finish(&keeper);
    if (has_verdict) {
        w.to = r.is_ok ? TEMPLATE_PUBLISHED : TEMPLATE_REFUSED;
        w.path = r.path;
    } else {
        log_warning("mail", "Template %lld could not be compiled (attempt %lld): %s", (long long)item.id, (long long)w.attempt,
                    f.text);
        bool is_over = retry_is_over((int)w.attempt);
        w.to = is_over ? TEMPLATE_REFUSED : TEMPLATE_PUBLISHING;
        w.due_at = is_over ? DB_NULL : retry_due(clock_now_ms(), (int)w.attempt);
        r = (struct creative_report){.reason = f};
    }
    w.report = report_text(a, &r);
    bool is_stored = store_write(m->store, finish, &w, &f);
    if (!is_stored) log_error("mail", "The compile of template %lld was not stored: %s", (long long)item.id, f.text);
    arena_destroy(&a);
    if (is_stored && w.to != TEMPLATE_PUBLISHING) compile_waiters_call(m->waiters, item.account_id, item.id);
}

void compile_source_add(struct mail *m)
{
    /* Several, because one may wait for other machines; the press bounds by its workers what runs there at once. */
    jobs_add(m->jobs, &(struct due_source){.name = SOURCE_COMPILE, .n_threads = 4, .find = find, .run = run, .ctx = m});
}
