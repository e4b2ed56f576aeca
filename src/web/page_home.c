/* page_home.c: is anything wrong, and what is on its way? Called on pool threads. What needs a person comes first, most urgent
 * first: paper of unknown fate, batches that failed, connections that do not work, batches without a scan, templates that cannot be printed, pieces and rows that were refused. */
#include "web/campaign_rows.h"
#include "base/clock.h"
#include "base/limits.h"
#include "mail/track.h"
#include "web/destination_rows.h"
#include "web/import_rows.h"
#include "web/show.h"
#include "queries.h"

struct home {
    struct page p;
    int n_attention;
    int max_batches;
    struct r_web_batches_in_trouble *troubled; /* max_batches of each */
    int n_troubled;
    struct r_web_batches_moving *moving;
    int n_moving;
    struct drop *drops;
    int n_drops;
    struct drop_stats *stats;
};

static bool read_batches(struct tx *tx, void *arg)
{
    struct home *h = arg;
    struct arena *a = h->p.arena;
    h->n_troubled = h->n_moving = 0;
    struct rows r = tx_rows(tx, Q_WEB_BATCHES_IN_TROUBLE, &(struct q_web_batches_in_trouble){h->p.account, h->max_batches});
    while (h->n_troubled < h->max_batches && rows_next(&r, &h->troubled[h->n_troubled])) {
        struct r_web_batches_in_trouble *b = &h->troubled[h->n_troubled++];
        b->last_error = arena_str(a, b->last_error);
        b->drop_name = arena_str(a, b->drop_name);
    }
    rows_end(&r);
    r = tx_rows(tx, Q_WEB_BATCHES_MOVING, &(struct q_web_batches_moving){h->p.account, h->max_batches});
    while (h->n_moving < h->max_batches && rows_next(&r, &h->moving[h->n_moving])) {
        struct r_web_batches_moving *b = &h->moving[h->n_moving++];
        b->last_error = arena_str(a, b->last_error);
        b->drop_name = arena_str(a, b->drop_name);
    }
    rows_end(&r);
    return tx_ok(tx);
}

/* One thing that needs a person; the caller adds `what`, `meaning`, `href` and `button`. */
static struct view *attention(struct home *h, const char *glyph, const char *tint)
{
    struct view *v = view_item(h->p.view, "attention");
    view_strz(v, "glyph", glyph);
    view_strz(v, "tint", tint);
    h->n_attention++;
    return v;
}

static void attend_batches(struct home *h, enum batch_state state)
{
    for (int i = 0; i < h->n_troubled; i++) {
        const struct r_web_batches_in_trouble *b = &h->troubled[i];
        if ((enum batch_state)b->state != state) continue;
        bool failed = state == BATCH_FAILED;
        struct view *v = attention(h, failed ? "cross" : "question", "red");
        view_fmt(v, "what", failed ? "Batch %lld could not be printed" : "Whether batch %lld was printed is not known",
                 (long long)b->batch_id);
        view_fmt(v, "meaning", "%.*s: %lld pieces. %.*s", STR_ARG(b->drop_name), (long long)b->n_pieces,
                 STR_ARG(b->last_error));
        view_fmt(v, "href", "/batches/%lld", (long long)b->batch_id);
        view_strz(v, "button", "See the batch");
    }
}

static bool attend_templates(struct home *h, struct fault *f)
{
    struct template_row *rows;
    int n = template_all(h->p.store, h->p.arena, h->p.account, &rows, f);
    for (int i = 0; i < n; i++) {
        if (rows[i].state != TEMPLATE_REFUSED) continue;
        struct view *v = attention(h, "triangle", "ochre");
        view_fmt(v, "what", "Template “%.*s” cannot be printed", STR_ARG(rows[i].name));
        view_strz(v, "meaning", "No campaign can use it until it is stored anew.");
        view_strz(v, "href", "/templates");
        view_strz(v, "button", "See why");
    }
    return n >= 0;
}

static void attend_drops(struct home *h)
{
    for (int i = 0; i < h->n_drops; i++) {
        const struct drop *d = &h->drops[i];
        if (d->state != DROP_FAILED) continue;
        struct view *v = attention(h, "cross", "red");
        view_fmt(v, "what", "Campaign “%.*s” could not be sent to its whole list", STR_ARG(d->name));
        view_fmt(v, "meaning", "Drop %lld. %.*s", (long long)d->drop_id, STR_ARG(d->last_error));
        view_fmt(v, "href", "/campaigns/%lld", (long long)d->drop_id);
        view_strz(v, "button", "See the campaign");
    }
    for (int i = 0; i < h->n_drops; i++) {
        int64_t refused = h->stats[i].refused;
        if (refused == 0) continue;
        struct view *v = attention(h, "triangle", "ochre");
        view_fmt(v, "what", refused == 1 ? "%lld piece of drop %lld was refused" : "%lld pieces of drop %lld were refused",
                 (long long)refused, (long long)h->drops[i].drop_id);
        view_fmt(v, "meaning", "%.*s. These people get no mail; the others do.", STR_ARG(h->drops[i].name));
        view_fmt(v, "href", "/campaigns/%lld#without", (long long)h->drops[i].drop_id);
        view_strz(v, "button", "See the pieces");
    }
}

static bool attend_imports(struct home *h, struct fault *f)
{
    struct r_web_imports_newest *rows;
    int n = import_rows_read(&h->p, (int)limit_get(LIMIT_WEB_HOME_IMPORTS), &rows, f);
    for (int i = 0; i < n; i++) {
        bool failed = rows[i].state == INTAKE_FAILED;
        if (!failed && rows[i].n_refused == 0) continue;
        struct view *v = attention(h, failed ? "cross" : "triangle", failed ? "red" : "ochre");
        if (failed)
            view_fmt(v, "what", "Import %lld stopped", (long long)rows[i].intake_id);
        else
            view_fmt(v, "what",
                     rows[i].n_refused == 1 ? "%lld row of import %lld was refused" : "%lld rows of import %lld were refused",
                     (long long)rows[i].n_refused, (long long)rows[i].intake_id);
        view_fmt(v, "meaning", "List “%.*s”. %lld of %lld rows are in it. %.*s", STR_ARG(rows[i].list_name),
                 (long long)rows[i].n_used, (long long)rows[i].n_rows, STR_ARG(failed ? rows[i].last_error : STR_NULL));
        view_fmt(v, "href", "/imports/%lld", (long long)rows[i].intake_id);
        view_strz(v, "button", "See the rows");
    }
    return n >= 0;
}

/* Those whose newest trial failed; what is known of one by its destination already is not said twice. */
static void attend_connections(struct home *h, const struct destination_rows *r)
{
    for (int i = 0; i < r->n_connections; i++) {
        const struct connection *c = &r->connections[i];
        const struct destination *d = destination_of(r, c->connection_id);
        if ((d && destination_trouble(&h->p, d)) || !connection_does_not_work(&h->p, c, d)) continue;
        struct view *v = attention(h, "triangle", "ochre");
        view_fmt(v, "what", "%.*s did not work when it was tried", STR_ARG(c->label));
        view_fmt(v, "meaning", "%.*s To try it again: pennypost connection test %lld --account %lld",
                 STR_ARG(show_sentence(h->p.arena, c->tried.sentence)), (long long)c->connection_id, (long long)h->p.account);
        view_fmt(v, "href", "/connections/%lld", (long long)c->connection_id);
        view_strz(v, "button", "See the connection");
    }
}

static bool attend_destinations(struct home *h, struct fault *f)
{
    struct destination_rows r = {0};
    if (!destination_rows_read(&h->p, &r, f)) return false;
    for (int i = 0; i < r.n_destinations; i++) {
        const struct destination *d = &r.destinations[i];
        const char *cure = destination_trouble(&h->p, d);
        if (!cure) continue;
        bool is_shut = d->state != DESTINATION_OPEN;
        struct str name = destination_name(&r, d);
        struct view *v = attention(h, is_shut ? "key" : "triangle", is_shut ? "red" : "ochre");
        if (is_shut)
            view_fmt(v, "what", "Nothing is told to %.*s", STR_ARG(name));
        else
            view_fmt(v, "what", d->n_given_up == 1 ? "%lld event was not told to %.*s" : "%lld events were not told to %.*s",
                     (long long)d->n_given_up, STR_ARG(name));
        const char *waiting = d->n_waiting == 0   ? "Nothing waits."
                              : d->n_waiting == 1 ? "1 event waits."
                                                  : arena_printf(h->p.arena, "%lld events wait.", (long long)d->n_waiting);
        view_fmt(v, "meaning", "%s %.*s%s%s", waiting, STR_ARG(show_sentence(h->p.arena, d->last_error)),
                 d->last_error.len ? " " : "", cure);
        bool is_connection = d->connection_id != DB_NULL;
        if (is_connection)
            view_fmt(v, "href", "/connections/%lld", (long long)d->connection_id);
        else
            view_strz(v, "href", "/connections");
        view_strz(v, "button", is_connection ? "See the connection" : "See connections");
    }
    attend_connections(h, &r);
    return true;
}

/* The alerts of GET /v1/alerts. */
static bool attend_quiet(struct home *h, struct fault *f)
{
    struct quiet_batch *rows;
    int n = track_quiet(h->p.store, h->p.arena, h->p.account, &rows, f);
    for (int i = 0; i < n; i++) {
        struct view *v = attention(h, "triangle", "ochre");
        view_fmt(v, "what", "No piece of batch %lld was scanned", (long long)rows[i].batch_id);
        view_fmt(v, "meaning",
                 "%lld pieces were handed over more than %lld days ago. Ask the printer whether they were mailed.",
                 (long long)rows[i].n_pieces, (long long)limit_get(LIMIT_TRACK_QUIET_DAYS));
        view_fmt(v, "href", "/batches/%lld", (long long)rows[i].batch_id);
        view_strz(v, "button", "See the batch");
    }
    return n >= 0;
}

static void add_moving(struct home *h)
{
    int64_t soon = clock_now_ms() + 60000;
    bool is_soon = false;
    for (int i = 0; i < h->n_moving; i++) {
        const struct r_web_batches_moving *b = &h->moving[i];
        struct view *v = view_item(h->p.view, "moving");
        view_number(v, "batch_id", b->batch_id);
        view_number(v, "drop_id", b->drop_id);
        view_str(v, "drop_name", b->drop_name);
        view_flag(v, "batch_is_test", b->is_test);
        view_str(v, "batch_error", str_is_empty(b->last_error) ? STR_NULL : b->last_error);
        show_batch_state(v, (enum batch_state)b->state);
        int64_t done = b->state == BATCH_RENDERING ? batch_progress(h->p.mail, b->batch_id) : 0;
        view_number(v, "done_value", done > 0 ? done : 0);
        view_number(v, "of_value", b->n_pieces > 0 ? b->n_pieces : 1);
        show_count(v, "done", done > 0 ? done : 0);
        show_count(v, "of", b->n_pieces);
        if (b->state == BATCH_OPEN || b->state == BATCH_CLOSED) show_time(v, "due", b->due_at);
        is_soon |= b->state == BATCH_RENDERING || b->state == BATCH_HANDING_OVER || (b->due_at != DB_NULL && b->due_at <= soon);
    }
    if (is_soon) page_again(&h->p);
}

static bool fill_home(struct home *h, struct fault *f)
{
    struct page *p = &h->p;
    int max_drops = (int)limit_get(LIMIT_WEB_HOME_CAMPAIGNS);
    h->max_batches = (int)limit_get(LIMIT_WEB_HOME_BATCHES);
    h->troubled = ARENA_ARRAY(p->arena, struct r_web_batches_in_trouble, h->max_batches);
    h->moving = ARENA_ARRAY(p->arena, struct r_web_batches_moving, h->max_batches);
    h->stats = ARENA_ARRAY(p->arena, struct drop_stats, max_drops);
    h->n_drops = campaign_all(p->store, p->arena, p->account, false, &h->drops, f);
    if (h->n_drops < 0 || !store_read(p->store, read_batches, h, f)) return false;
    view_flag(p->view, "has_more", h->n_drops > max_drops);
    if (h->n_drops > max_drops) h->n_drops = max_drops;
    if (!campaign_rows(p, h->drops, h->n_drops, h->stats, f)) return false;
    attend_batches(h, BATCH_UNKNOWN);
    attend_batches(h, BATCH_FAILED);
    if (!attend_destinations(h, f) || !attend_quiet(h, f) || !attend_templates(h, f)) return false;
    attend_drops(h);
    if (!attend_imports(h, f)) return false;
    if (h->n_attention == 1) view_strz(p->view, "n_attention", "1 thing");
    if (h->n_attention > 1) view_fmt(p->view, "n_attention", "%d things, most urgent first", h->n_attention);
    add_moving(h);
    show_time(p->view, "now", clock_now_ms());
    return true;
}

void page_home(struct http_exchange *x)
{
    struct home h = {0};
    struct fault f = {0};
    if (!page_begin(&h.p, x, NAV_HOME)) return;
    if (fill_home(&h, &f))
        page_answer(&h.p, "home", "Home");
    else
        page_fault(&h.p, "page", STR(""), &f);
}
