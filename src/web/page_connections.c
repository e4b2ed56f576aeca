/* page_connections.c: does it work; if not, what is to be done? Connections with their states in words, addresses that webhooks go to, and what was
 * told last. Called on pool threads. */
#include "account/connection.h"
#include "base/clock.h"
#include "base/ids.h"
#include "links/connector.h"
#include "postal/status.h"
#include "web/destination_rows.h"
#include "web/show.h"
#include "queries.h"

enum { LAST_TOLD = 50 };

bool destination_rows_read(struct page *p, struct destination_rows *r, struct fault *f)
{
    r->n_destinations = destination_all(api_outbox(p->x), p->arena, p->account, &r->destinations, f);
    if (r->n_destinations < 0) return false;
    r->n_connections = connection_all(p->store, p->arena, p->account, &r->connections, f);
    return r->n_connections >= 0;
}

struct str destination_name(const struct destination_rows *r, const struct destination *d)
{
    for (int i = 0; i < r->n_connections; i++)
        if (r->connections[i].connection_id == d->connection_id) return r->connections[i].label;
    return d->address;
}

/* A pause by refused credentials looks like one by a person; what was last told says which. */
static bool is_refused(struct page *p, const struct destination *d)
{
    struct attempt_row *log;
    struct fault f;
    return d->state == DESTINATION_PAUSED &&
           attempt_page(p->store, p->arena, p->account, d->destination_id, 0, 1, &log, &f) == 1 && log->result == LINK_AUTH;
}

const char *destination_trouble(struct page *p, const struct destination *d)
{
    if (d->state == DESTINATION_DISABLED) return "It is switched off; nothing is lost. Save it again when it works.";
    if (is_refused(p, d)) return "Its credentials are refused; nothing is lost. Save the connection with new ones.";
    if (d->n_given_up > 0) return "What was given up can be sent again: POST /v1/outbox/redrive.";
    return NULL;
}

static void add_state(struct page *p, struct view *row, const struct destination *d)
{
    bool is_waiting = d->paused_until > clock_now_ms();
    struct view *s = view_item(row, "state");
    struct {
        const char *glyph, *tint, *word;
    } w = {"check", "green", "Open"};
    if (d->state == DESTINATION_DISABLED)
        w.glyph = "square", w.tint = "red need", w.word = "Switched off";
    else if (is_refused(p, d))
        w.glyph = "key", w.tint = "red need", w.word = "Sign in again";
    else if (d->state == DESTINATION_PAUSED)
        w.glyph = "bars", w.tint = "ochre", w.word = "Paused";
    else if (is_waiting)
        w.glyph = "clock", w.tint = "ochre", w.word = "Waits";
    else if (d->failing_since != DB_NULL)
        w.glyph = "loop", w.tint = "ochre", w.word = "Fails, is tried again";
    view_strz(s, "glyph", w.glyph);
    view_strz(s, "tint", w.tint);
    view_strz(s, "state_word", w.word);
    if (is_waiting) show_time(row, "until", d->paused_until);
    if (d->failing_since != DB_NULL) show_time(row, "since", d->failing_since);
}

static void add_destination(struct page *p, struct view *row, const struct destination *d)
{
    add_state(p, row, d);
    show_count(row, "waiting", d->n_waiting);
    show_count(row, "given_up", d->n_given_up);
    bool is_well =
        d->state == DESTINATION_OPEN && d->failing_since == DB_NULL && !d->n_given_up && d->paused_until <= clock_now_ms();
    view_str(row, "trouble", is_well ? STR_NULL : d->last_error);
    view_strz(row, "cure", destination_trouble(p, d));
}

/* How watching it stands, in its connector's sentences (links/postalytics); STR_NULL: it is not watched, or all is well and there is nothing to say. */
static struct str watched_words(struct arena *a, struct str status)
{
    static const char *const names[] = {"watching", "webhooks", "contacts"};
    struct json_value root, v;
    struct json_parser *parser = json_parser_create();
    const char *all = "";
    bool ok = status.ptr && json_parse(parser, json_padded(a, status), &root, NULL);
    for (size_t i = 0; ok && i < sizeof names / sizeof *names; i++)
        if ((v = json_get(root, names[i])).type == JSON_STRING)
            all = arena_printf(a, "%s%s%.*s", all, *all ? " " : "", STR_ARG(v.string));
    json_parser_destroy(&parser);
    return *all ? str_of(all) : STR_NULL;
}

static void add_connections(struct page *p, const struct destination_rows *r)
{
    for (int i = 0; i < r->n_connections; i++) {
        const struct connection *c = &r->connections[i];
        const struct connector *d = api_connector_of(p->x, c->kind);
        struct view *row = view_item(p->view, "connections");
        view_number(row, "connection_id", c->connection_id);
        view_str(row, "label", c->label);
        view_strz(row, "system", d ? d->title : "of a kind that this server does not know");
        view_str(row, "description", c->description);
        view_str(row, "watched", watched_words(p->arena, c->status));
        show_time(row, "saved", c->updated_at);
        for (int k = 0; k < r->n_destinations; k++)
            if (r->destinations[k].connection_id == c->connection_id) {
                view_flag(row, "is_told", true);
                add_destination(p, row, &r->destinations[k]);
            }
    }
    for (int k = 0; k < r->n_destinations; k++) {
        const struct destination *d = &r->destinations[k];
        if (d->connection_id != DB_NULL) continue;
        struct view *row = view_item(p->view, "addresses");
        view_str(row, "address", d->address);
        add_destination(p, row, d);
    }
}

/* ---- what was told last ---- */

struct told {
    struct page *page;
    const struct destination_rows *rows;
};

static const char *event_word(const struct r_web_told *e)
{
    const struct list_event_def *of_list = e->source == EVENT_LIST ? list_event_find(e->code) : NULL;
    const struct status_def *s = e->source == EVENT_LIST ? NULL : status_find(e->code);
    if (s) return s->crm;
    return of_list ? of_list->title : "An event that is not kept any more";
}

/* A try, as it is shown. What is not here failed and is tried again, or was the last of its ladder. */
static const struct told_word {
    const char *glyph, *tint, *word;
} told_words[LINK_RESULTS] = {
    [LINK_OK] = {"check", "green", "Told"},
    [LINK_PERMANENT] = {"cross", "red need", "Gave up"},
    [LINK_AUTH] = {"key", "red need", "Sign in again"},
    [LINK_HOLD] = {"bars", "red need", "Waits for a person"},
    [LINK_PAUSE_DESTINATION] = {"clock", "ochre", "Waits"},
    [LINK_DISABLE] = {"square", "red need", "Not wanted"},
    [LINK_CANCELLED] = {"square", "ochre", "Taken back"},
    [LINK_WAIT] = {"clock", "ochre", "Waits"},
};

static void add_told(const struct told *t, const struct r_web_told *e)
{
    struct view *row = view_item(t->page->view, "told");
    struct arena *a = t->page->arena;
    struct told_word w = {"loop", "ochre", "This try failed"};
    if (e->result >= 0 && e->result < LINK_RESULTS && told_words[e->result].word) w = told_words[e->result];
    show_time(row, "when", tid_time_ms(e->log_id));
    view_strz(row, "event", event_word(e));
    if (e->source == EVENT_DROP && e->subject_id != DB_NULL) view_number(row, "piece_id", e->subject_id);
    for (int i = 0; i < t->rows->n_destinations; i++)
        if (t->rows->destinations[i].destination_id == e->destination_id)
            view_str(row, "to", destination_name(t->rows, &t->rows->destinations[i]));
    struct view *s = view_item(row, "state");
    view_strz(s, "glyph", w.glyph);
    view_strz(s, "tint", w.tint);
    view_strz(s, "state_word", w.word);
    if (e->result != LINK_OK) view_str(row, "answer", arena_str(a, e->answer));
}

static bool read_told(struct tx *tx, void *arg)
{
    const struct told *t = arg;
    struct r_web_told row;
    struct rows r = tx_rows(tx, Q_WEB_TOLD, &(struct q_web_told){t->page->account, LAST_TOLD});
    while (rows_next(&r, &row)) add_told(t, &row);
    rows_end(&r);
    return tx_ok(tx);
}

void page_connections(struct http_exchange *x)
{
    struct page p;
    struct destination_rows rows = {0};
    struct fault f = {0};
    if (!page_begin(&p, x, NAV_CONNECTIONS)) return;
    struct told told = {&p, &rows};
    if (!destination_rows_read(&p, &rows, &f) || !store_read(p.store, read_told, &told, &f)) {
        page_fault(&p, "page", STR(""), &f);
        return;
    }
    add_connections(&p, &rows);
    page_answer(&p, "connections", "Connections");
}
