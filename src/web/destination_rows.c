/* destination_rows.c: see destination_rows.h. Called by pages on pool threads. */
#include "web/destination_rows.h"
#include "account/connection.h"
#include "base/clock.h"
#include "base/ids.h"
#include "base/limits.h"
#include "links/connector.h"
#include "web/show.h"
#include "queries.h"

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

const struct destination *destination_of(const struct destination_rows *r, int64_t connection_id)
{
    for (int i = 0; i < r->n_destinations; i++)
        if (r->destinations[i].connection_id == connection_id) return &r->destinations[i];
    return NULL;
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
    if (is_refused(p, d) && d->connection_id == DB_NULL)
        return "Nothing is lost; what waits goes on when its subscription is saved with another secret.";
    if (is_refused(p, d))
        return arena_printf(p->arena,
                            "Nothing is lost; what waits goes on when new credentials are saved: pennypost connection set %lld "
                            "--secrets FILE --account %lld",
                            (long long)d->connection_id, (long long)p->account);
    if (!d->n_given_up) return NULL;
    if (d->connection_id == DB_NULL)
        return arena_printf(p->arena, "What was given up can be sent again: POST /v1/outbox/redrive {\"destination_id\":%lld}",
                            (long long)d->destination_id);
    return arena_printf(p->arena, "What was given up can be sent again: pennypost connection redrive %lld --account %lld",
                        (long long)d->connection_id, (long long)p->account);
}

/* ---- states in words ---- */

struct word {
    const char *glyph, *tint, *word;
};
static const struct word does_not_work = {"triangle", "ochre need", "Does not work"};

struct so_far {
    const struct page *page;
    const struct destination *destination;
    int64_t tried_at; /* the connection's newest trial; DB_NULL: none, or it is none */
    bool was_told, was_tried, was_told_since;
};

static bool has_row(struct tx *tx, const struct so_far *g, int64_t result, int64_t after)
{
    struct r_web_told_so_far row;
    struct q_web_told_so_far in = {g->page->account, g->destination->destination_id, result, after};
    return tx_ok(tx) && tx_first(tx, Q_WEB_TOLD_SO_FAR, &in, &row);
}

static bool read_so_far(struct tx *tx, void *arg)
{
    struct so_far *g = arg;
    g->was_told = has_row(tx, g, LINK_OK, 0);
    g->was_tried = g->was_told || has_row(tx, g, 0, 0);
    g->was_told_since = g->was_told && g->tried_at != DB_NULL && has_row(tx, g, LINK_OK, tid_first_of(g->tried_at));
    return tx_ok(tx);
}

static bool so_far(const struct page *p, const struct destination *d, const struct connection_tried *tried, struct so_far *g)
{
    *g = (struct so_far){.page = p, .destination = d, .tried_at = tried ? tried->at : DB_NULL};
    return store_read(p->store, read_so_far, g, NULL);
}

/* What was told since its newest trial counts for more than that. */
static bool has_failed(const struct connection_tried *tried, const struct so_far *g)
{
    return tried && tried->at != DB_NULL && !tried->is_working && !g->was_told_since;
}

bool connection_does_not_work(struct page *p, const struct connection *c, const struct destination *d)
{
    struct so_far g = {.was_told_since = false};
    return (!d || so_far(p, d, &c->tried, &g)) && has_failed(&c->tried, &g);
}

/* Nothing stands in its way; but has it ever worked? What is older than the log is not known. */
static struct word open_word(const struct page *p, const struct destination *d, const struct connection_tried *tried)
{
    struct so_far g;
    int64_t log_ms = limit_get(LIMIT_OUTBOX_LOG_DAYS) * 86400000;
    bool is_read = so_far(p, d, tried, &g);
    if (is_read && has_failed(tried, &g)) return does_not_work;
    if (!is_read || g.was_told || (!g.was_tried && d->created_at < clock_now_ms() - log_ms))
        return (struct word){"check", "green", "Open"};
    if (g.was_tried && d->n_given_up) return (struct word){"cross", "red need", "Nothing has arrived yet"};
    if (g.was_tried) return (struct word){"ring", "", "Nothing has arrived yet"};
    bool is_awaited = d->n_waiting || d->connection_id != DB_NULL; /* saving a connection has tried it, without an event */
    return (struct word){"ring", "", is_awaited ? "Waiting for the first" : "Not tried yet"};
}

static struct word word_of(struct page *p, const struct destination *d, const struct connection_tried *tried)
{
    if (d->state == DESTINATION_DISABLED) return (struct word){"square", "red need", "Switched off"};
    if (is_refused(p, d)) return (struct word){"key", "red need", "Refused"};
    if (d->state == DESTINATION_PAUSED) return (struct word){"bars", "ochre", "Paused"};
    if (d->paused_until > clock_now_ms()) return (struct word){"clock", "ochre", "Waits"};
    if (d->failing_since != DB_NULL) return (struct word){"loop", "ochre", "Fails, is tried again"};
    return open_word(p, d, tried);
}

static struct word word_of_untold(const struct connection_tried *tried)
{
    if (tried->at == DB_NULL) return (struct word){"ring", "", "Not tried yet"};
    return tried->is_working ? (struct word){"check", "green", "Works"} : does_not_work;
}

static void add_word(struct view *row, struct word w) { show_state(row, w.glyph, w.tint, w.word); }

/* ---- rows ---- */

static void add_destination(struct page *p, struct view *row, const struct destination *d, const struct connection_tried *tried)
{
    add_word(row, word_of(p, d, tried));
    if (d->paused_until > clock_now_ms()) show_time(row, "until", d->paused_until);
    if (d->failing_since != DB_NULL) show_time(row, "since", d->failing_since);
    show_count(row, "waiting", d->n_waiting);
    show_count(row, "given_up", d->n_given_up);
    bool is_well =
        d->state == DESTINATION_OPEN && d->failing_since == DB_NULL && !d->n_given_up && d->paused_until <= clock_now_ms();
    view_str(row, "trouble", is_well ? STR_NULL : show_sentence(p->arena, d->last_error));
    view_strz(row, "cure", destination_trouble(p, d));
}

void destination_row(struct page *p, struct view *row, const struct destination *d) { add_destination(p, row, d, NULL); }

static void add_trial(struct view *row, const struct connection_tried *t)
{
    if (t->at == DB_NULL) return;
    show_time(row, "tried", t->at);
    view_flag(row, "tried_works", t->is_working);
    if (!t->is_working) view_str(row, "tried_sentence", t->sentence.len ? t->sentence : STR("it does not work."));
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

void connection_row(struct page *p, struct view *row, const struct connection *c, const struct destination *d)
{
    const struct connector *connector = api_connector_of(p->x, c->kind);
    view_number(row, "connection_id", c->connection_id);
    view_str(row, "label", c->label);
    view_strz(row, "system", connector ? connector->title : "of a kind that this server does not know");
    view_str(row, "description", c->description);
    view_str(row, "watched", watched_words(p->arena, c->status));
    show_time(row, "saved", c->updated_at);
    add_trial(row, &c->tried);
    view_flag(row, "is_told", d != NULL);
    if (d)
        add_destination(p, row, d, &c->tried);
    else
        add_word(row, word_of_untold(&c->tried));
}
