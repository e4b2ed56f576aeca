/* told_rows.c: see told_rows.h. Called by pages on pool threads. */
#include "web/told_rows.h"
#include "base/ids.h"
#include "mail/recipient.h"
#include "postal/status.h"
#include "web/show.h"
#include "queries.h"

enum { LAST_TOLD = 50 };

struct told {
    struct page *page;
    const struct destination_rows *rows;
    int64_t destination_id;
    struct json_parser *parser;
};

/* ---- campaigns that events send ---- */

bool told_is_campaign(const struct destination *d) { return str_eq(d->link, STR("mailing")); }

/* Such a destination shows "campaign ENDPOINT" where an address would stand. */
bool told_campaign_row(struct tx *tx, struct page *p, struct view *row, const struct destination *d)
{
    const struct str before = STR("campaign "), address = d->address;
    struct r_web_drop_at drop;
    struct q_web_drop_at in = {p->account, address};
    if (str_starts(address, before)) in.endpoint = str_make(address.ptr + before.len, address.len - before.len);
    view_str(row, "endpoint", in.endpoint);
    if (!tx_first(tx, Q_WEB_DROP_AT, &in, &drop)) return tx_ok(tx);
    view_number(row, "drop_id", drop.drop_id);
    view_str(row, "drop_name", arena_str(p->arena, drop.name));
    return true;
}

/* ---- one try ---- */

const char *told_event_name(int64_t source, int64_t code)
{
    const struct list_event_def *of_list = source == EVENT_LIST ? list_event_find(code) : NULL;
    const struct status_def *status = source == EVENT_LIST ? NULL : status_find(code);
    return status ? status->crm : of_list ? of_list->title : NULL;
}

/* A try, as it is shown. Without a default, so that a result more does not compile without its word (-Wswitch). */
static void add_result(struct view *row, int64_t result)
{
    switch ((enum link_result)result) {
    case LINK_OK: return show_state(row, "check", "green", "Told");
    case LINK_PERMANENT: return show_state(row, "cross", "red need", "Gave up");
    case LINK_AUTH: return show_state(row, "key", "red need", "Refused");
    case LINK_HOLD: return show_state(row, "bars", "red need", "Waits for a person");
    case LINK_DISABLE: return show_state(row, "square", "red need", "Not wanted");
    case LINK_CANCELLED: return show_state(row, "square", "ochre", "Taken back");
    case LINK_PAUSE_DESTINATION:
    case LINK_WAIT:
    case LINK_REST: return show_state(row, "clock", "ochre", "Waits");
    case LINK_RETRY_LATER:
    case LINK_RETRY_NOW:
    case LINK_ASK:
    case LINK_RESULTS: break;
    }
    return show_state(row, "loop", "ochre", "This try failed"); /* and is tried again, or was the last of its ladder */
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
        if (told_is_campaign(d)) told_campaign_row(tx, t->page, view_item(row, "to_campaign"), d);
        if (d->connection_id != DB_NULL) view_number(row, "to_connection_id", d->connection_id);
        view_str(row, "to", destination_name(t->rows, d));
    }
}

static void add_told(const struct told *t, struct tx *tx, const struct r_web_told *e)
{
    struct view *row = view_item(t->page->view, "told");
    show_time(row, "when", tid_time_ms(e->log_id));
    const char *event = told_event_name(e->source, e->code);
    view_strz(row, "event", event ? event : "An event that is not kept any more");
    add_subject(t, row, e);
    if (!t->destination_id) add_receiver(t, tx, row, e->destination_id);
    add_result(row, e->result);
    if (e->result != LINK_OK) view_str(row, "answer", arena_str(t->page->arena, e->answer));
}

/* ---- all of them ---- */

static struct rows begin(struct tx *tx, const struct told *t)
{
    int64_t account = t->page->account;
    if (!t->destination_id) return tx_rows(tx, Q_WEB_TOLD, &(struct q_web_told){account, LAST_TOLD, EVENT_DROP, EVENT_LIST});
    return tx_rows(tx, Q_WEB_TOLD_TO, &(struct q_web_told_to){account, LAST_TOLD, EVENT_DROP, EVENT_LIST, t->destination_id});
}

static bool read_told(struct tx *tx, void *arg)
{
    const struct told *t = arg;
    struct r_web_told *e = ARENA_ARRAY(t->page->arena, struct r_web_told, LAST_TOLD);
    int n = 0;
    struct rows r = begin(tx, t);
    while (n < LAST_TOLD && rows_next(&r, &e[n])) n++; /* their texts live as long as this closure */
    rows_end(&r);
    for (int i = 0; i < n && tx_ok(tx); i++) add_told(t, tx, &e[i]);
    return tx_ok(tx);
}

bool told_rows(struct page *p, const struct destination_rows *r, int64_t destination_id, struct fault *f)
{
    struct told t = {p, r, destination_id, json_parser_create()};
    view_flag(p->view, "is_told_to_any", destination_id == 0);
    bool ok = store_read(p->store, read_told, &t, f);
    json_parser_destroy(&t.parser);
    return ok;
}
