/* page_connections.c: does it work; if not, what is to be done? Connections with their states in words, addresses that webhooks go to, campaigns
 * that events send, and what was told last. Called on pool threads. */
#include "account/connection.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "links/connector.h"
#include "mail/recipient.h"
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

/* ---- states in words ---- */

struct word {
    const char *glyph, *tint, *word;
};

struct so_far {
    const struct page *page;
    const struct destination *destination;
    bool was_told, was_tried;
};

static bool read_so_far(struct tx *tx, void *arg)
{
    struct so_far *g = arg;
    struct q_web_told_so_far told = {g->page->account, g->destination->destination_id, LINK_OK}, tried = told;
    struct r_web_told_so_far row;
    tried.result = 0;
    g->was_told = tx_first(tx, Q_WEB_TOLD_SO_FAR, &told, &row);
    g->was_tried = tx_ok(tx) && tx_first(tx, Q_WEB_TOLD_SO_FAR, &tried, &row);
    return tx_ok(tx);
}

/* Nothing stands in its way; but has it ever worked? What is older than the log is not known. */
static struct word open_word(const struct page *p, const struct destination *d)
{
    struct so_far g = {.page = p, .destination = d};
    int64_t log_ms = limit_get(LIMIT_OUTBOX_LOG_DAYS) * 86400000;
    if (!store_read(p->store, read_so_far, &g, NULL) || g.was_told || (!g.was_tried && d->created_at < clock_now_ms() - log_ms))
        return (struct word){"check", "green", "Open"};
    if (g.was_tried) return (struct word){"ring", "", "Nothing told yet"};
    bool is_awaited = d->n_waiting || d->connection_id != DB_NULL; /* saving a connection has tried it, without an event */
    return (struct word){"ring", "", is_awaited ? "Waiting for the first" : "Not tried yet"};
}

static struct word state_word(struct page *p, const struct destination *d)
{
    if (d->state == DESTINATION_DISABLED) return (struct word){"square", "red need", "Switched off"};
    if (is_refused(p, d)) return (struct word){"key", "red need", "Sign in again"};
    if (d->state == DESTINATION_PAUSED) return (struct word){"bars", "ochre", "Paused"};
    if (d->paused_until > clock_now_ms()) return (struct word){"clock", "ochre", "Waits"};
    if (d->failing_since != DB_NULL) return (struct word){"loop", "ochre", "Fails, is tried again"};
    return open_word(p, d);
}

static void add_word(struct view *row, struct word w)
{
    struct view *s = view_item(row, "state");
    view_strz(s, "glyph", w.glyph);
    view_strz(s, "tint", w.tint);
    view_strz(s, "state_word", w.word);
}

static void add_destination(struct page *p, struct view *row, const struct destination *d)
{
    add_word(row, state_word(p, d));
    if (d->paused_until > clock_now_ms()) show_time(row, "until", d->paused_until);
    if (d->failing_since != DB_NULL) show_time(row, "since", d->failing_since);
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

static void add_connection(struct page *p, const struct destination_rows *r, const struct connection *c)
{
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

/* ---- campaigns that events send (links/mailing) ---- */

static bool is_campaign(const struct destination *d) { return str_eq(d->link, STR("mailing")); }

struct sending {
    struct page *page;
    const struct destination *destination;
    struct view *row;
};

/* Such a destination shows "campaign ENDPOINT" where an address would stand. */
static bool name_campaign(struct tx *tx, void *arg)
{
    const struct sending *g = arg;
    const struct str before = STR("campaign "), address = g->destination->address;
    struct r_web_drop_at drop;
    struct q_web_drop_at in = {g->page->account, address};
    if (str_starts(address, before)) in.endpoint = str_make(address.ptr + before.len, address.len - before.len);
    view_str(g->row, "endpoint", in.endpoint);
    if (!tx_first(tx, Q_WEB_DROP_AT, &in, &drop)) return tx_ok(tx);
    view_number(g->row, "drop_id", drop.drop_id);
    view_str(g->row, "drop_name", arena_str(g->page->arena, drop.name));
    return true;
}

static void add_campaign(struct page *p, const struct destination *d)
{
    struct view *row = view_item(p->view, "sent");
    view_flag(p->view, "has_sent", true);
    store_read(p->store, name_campaign, &(struct sending){p, d, row}, NULL);
    add_destination(p, row, d);
}

static void add_connections(struct page *p, const struct destination_rows *r)
{
    for (int i = 0; i < r->n_connections; i++) add_connection(p, r, &r->connections[i]);
    for (int k = 0; k < r->n_destinations; k++) {
        const struct destination *d = &r->destinations[k];
        if (d->connection_id != DB_NULL) continue;
        if (is_campaign(d)) {
            add_campaign(p, d);
            continue;
        }
        struct view *row = view_item(p->view, "addresses");
        view_str(row, "address", d->address);
        add_destination(p, row, d);
    }
}

/* ---- what was told last ---- */

struct told {
    struct page *page;
    const struct destination_rows *rows;
    struct json_parser *parser;
};

static const char *event_word(const struct r_web_told *e)
{
    const struct list_event_def *of_list = e->source == EVENT_LIST ? list_event_find(e->code) : NULL;
    const struct status_def *s = e->source == EVENT_LIST ? NULL : status_find(e->code);
    if (s) return s->crm;
    return of_list ? of_list->title : "An event that is not kept any more";
}

/* A try, as it is shown. Without a default, so that a result more does not compile without its word (-Wswitch). */
static struct word told_word(int64_t result)
{
    switch ((enum link_result)result) {
    case LINK_OK: return (struct word){"check", "green", "Told"};
    case LINK_PERMANENT: return (struct word){"cross", "red need", "Gave up"};
    case LINK_AUTH: return (struct word){"key", "red need", "Sign in again"};
    case LINK_HOLD: return (struct word){"bars", "red need", "Waits for a person"};
    case LINK_DISABLE: return (struct word){"square", "red need", "Not wanted"};
    case LINK_CANCELLED: return (struct word){"square", "ochre", "Taken back"};
    case LINK_PAUSE_DESTINATION:
    case LINK_WAIT:
    case LINK_REST: return (struct word){"clock", "ochre", "Waits"};
    case LINK_RETRY_LATER:
    case LINK_RETRY_NOW:
    case LINK_ASK:
    case LINK_RESULTS: break;
    }
    return (struct word){"loop", "ochre", "This try failed"}; /* and is tried again, or was the last of its ladder */
}

/* Of whom it was: a piece and its campaign, or a contact and its list. */
static void add_subject(const struct told *t, struct view *row, const struct r_web_told *e)
{
    struct arena *a = t->page->arena;
    struct recipient *who = ARENA_NEW(a, struct recipient);
    if (e->subject_id == DB_NULL) return;
    if (e->source == EVENT_DROP) {
        bool is_read = e->recipient.ptr && recipient_read(t->parser, a, e->recipient, who, NULL);
        view_number(row, "piece_id", e->subject_id);
        view_str(row, "person",
                 is_read ? show_name(a, who->values, who->n_values)
                         : str_of(arena_printf(a, "piece %lld", (long long)e->subject_id)));
        view_number(row, "of_drop_id", e->source_id);
        view_str(row, "of_drop", arena_str(a, e->drop_name));
    } else if (e->source == EVENT_LIST) {
        struct str values[FIELD_KNOWN] = {[FIELD_FIRST_NAME] = arena_str(a, e->first_name),
                                          [FIELD_LAST_NAME] = arena_str(a, e->last_name),
                                          [FIELD_COMPANY] = arena_str(a, e->company)};
        view_str(row, "person", show_name(a, values, FIELD_KNOWN));
        view_str(row, "list_name", arena_str(a, e->list_name));
    }
}

static void add_receiver(const struct told *t, struct tx *tx, struct view *row, int64_t destination_id)
{
    for (int i = 0; i < t->rows->n_destinations; i++) {
        const struct destination *d = &t->rows->destinations[i];
        if (d->destination_id != destination_id) continue;
        if (is_campaign(d)) name_campaign(tx, &(struct sending){t->page, d, view_item(row, "to_campaign")});
        view_str(row, "to", destination_name(t->rows, d));
    }
}

static void add_told(const struct told *t, struct tx *tx, const struct r_web_told *e)
{
    struct view *row = view_item(t->page->view, "told");
    show_time(row, "when", tid_time_ms(e->log_id));
    view_strz(row, "event", event_word(e));
    add_subject(t, row, e);
    add_receiver(t, tx, row, e->destination_id);
    add_word(row, told_word(e->result));
    if (e->result != LINK_OK) view_str(row, "answer", arena_str(t->page->arena, e->answer));
}

static bool read_told(struct tx *tx, void *arg)
{
    const struct told *t = arg;
    struct r_web_told *e = ARENA_ARRAY(t->page->arena, struct r_web_told, LAST_TOLD);
    int n = 0;
    struct rows r = tx_rows(tx, Q_WEB_TOLD, &(struct q_web_told){t->page->account, LAST_TOLD, EVENT_DROP, EVENT_LIST});
    while (n < LAST_TOLD && rows_next(&r, &e[n])) n++; /* their texts live as long as this closure */
    rows_end(&r);
    for (int i = 0; i < n && tx_ok(tx); i++) add_told(t, tx, &e[i]);
    return tx_ok(tx);
}

void page_connections(struct http_exchange *x)
{
    struct page p;
    struct destination_rows rows = {0};
    struct fault f = {0};
    if (!page_begin(&p, x, NAV_CONNECTIONS)) return;
    struct told told = {&p, &rows, json_parser_create()};
    bool ok = destination_rows_read(&p, &rows, &f) && store_read(p.store, read_told, &told, &f);
    json_parser_destroy(&told.parser);
    if (!ok) {
        page_fault(&p, "page", STR(""), &f);
        return;
    }
    add_connections(&p, &rows);
    page_answer(&p, "connections", "Connections");
}
