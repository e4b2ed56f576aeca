/* outbox.c: deliveries on their way and where they go: to see, to try again, to take back. The rules are the outbox's. */
#include "api/body.h"
#include "api/connection_body.h"
#include "api/page.h"
#include "base/clock.h"
#include "base/ids.h"

/* ---- destinations ---- */

static const char *const state_words[] = {
    [DESTINATION_OPEN] = "open", [DESTINATION_PAUSED] = "paused", [DESTINATION_DISABLED] = "disabled"};

void destination_members_json(struct json_out *j, const struct destination *d)
{
    json_int(j, "destination_id", d->destination_id);
    json_str(j, "link", d->link);
    json_str(j, "url", d->connection_id == DB_NULL ? d->address : STR_NULL);
    json_strz(j, "state", state_words[d->state]);
    reply_time(j, "paused_until", d->paused_until ? d->paused_until : DB_NULL);
    reply_time(j, "failing_since", d->failing_since);
    json_int(j, "waiting", d->n_waiting);
    json_int(j, "given_up", d->n_given_up);
    json_str(j, "last_error", d->last_error);
    json_time(j, "created_date", d->created_at);
    reply_int(j, "connection_id", d->connection_id);
}

static void destination_json(struct json_out *j, const struct destination *d)
{
    json_object(j, NULL);
    destination_members_json(j, d);
    json_end(j);
}

void handle_destinations_get(struct http_exchange *x)
{
    struct destination *rows;
    struct page_range page;
    struct fault f;
    int shown;
    if (!page_request_open(x, &page)) return;
    int n = destination_all(api_outbox(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--) destination_json(j, &rows[i++]);
    json_end(j);
    reply_end(&r, 200);
}

static bool read_state(struct str word, enum destination_state *out, struct fault *f)
{
    for (size_t i = 0; i < sizeof state_words / sizeof *state_words; i++)
        if (str_eq_nocase(word, str_of(state_words[i]))) {
            *out = (enum destination_state)i;
            return true;
        }
    return fault_user(f, 400, "state must be \"open\", \"paused\" or \"disabled\".");
}

void handle_destination_patch(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"state", NULL, BODY_TEXT, true, 0}};
    enum destination_state to = DESTINATION_OPEN;
    struct json_value root;
    struct str word;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "destination", &id)) return;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), fields, 1, &word, &f) &&
              read_state(word, &to, &f) && destination_set_state(api_outbox(x), api_account(x), id, to, &f);
    if (!request_failed(x, ok, &f)) reply_done(x, "updated_date", "destination_id", id);
}

/* ---- deliveries ---- */

static void delivery_json(struct json_out *j, const struct delivery_row *d)
{
    bool is_given_up = d->due_at == INT64_MAX;
    json_object(j, NULL);
    json_int(j, "delivery_id", d->delivery_id);
    json_int(j, "destination_id", d->destination_id);
    json_int(j, "subscription_id", d->subscription_id);
    json_int(j, "event_id", d->event_id);
    json_strz(j, "state", is_given_up ? "given up" : "waiting");
    reply_time(j, "due_date", is_given_up ? DB_NULL : d->due_at);
    json_int(j, "attempts", d->attempt);
    json_time(j, "first_due_date", d->first_due_at);
    json_strz(j, "last_result", d->attempt ? link_result_word(d->last_result) : NULL);
    json_str(j, "last_error", d->last_error);
    json_end(j);
}

/* The page's part of one destination's deliveries; what it did not need is left in *page. */
static bool write_deliveries(struct http_exchange *x, struct json_out *j, const struct destination *d, bool given_up,
                             struct page_range *page, struct fault *f)
{
    struct delivery_row *rows;
    int64_t has = given_up ? d->n_given_up : d->n_waiting;
    if (page->skip >= has || page->n <= 0) {
        page->skip -= has < page->skip ? has : page->skip;
        return true;
    }
    int n = delivery_waiting(api_store(x), http_arena(x), api_account(x), d->destination_id, given_up, page->skip, page->n,
                             &rows, f);
    for (int i = 0; i < n; i++) delivery_json(j, &rows[i]);
    page->skip = 0;
    page->n -= n;
    return n >= 0;
}

static bool read_which(struct http_exchange *x, int64_t *destination_id, bool *given_up)
{
    struct str state = http_query(x, "state");
    if (!request_number(x, "destination_id", 0, 1, INT64_MAX, destination_id)) return false;
    *given_up = str_eq_nocase(state, STR("given_up")) || str_eq_nocase(state, STR("given up"));
    if (*given_up || !state.ptr || str_is_empty(state) || str_eq_nocase(state, STR("waiting"))) return true;
    http_fail(x, 400, "state must be \"waiting\" or \"given_up\".");
    return false;
}

void handle_outbox_get(struct http_exchange *x)
{
    struct destination *all;
    struct page_range page;
    struct fault f;
    int64_t destination_id;
    bool given_up, ok = true;
    if (!page_request(x, LIMIT_API_PAGE_ROWS, LIMIT_API_PAGE_ROWS, &page) || !read_which(x, &destination_id, &given_up)) return;
    int n = destination_all(api_outbox(x), http_arena(x), api_account(x), &all, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n && ok; i++)
        if (!destination_id || all[i].destination_id == destination_id)
            ok = write_deliveries(x, j, &all[i], given_up, &page, &f);
    json_end(j);
    if (ok)
        reply_end(&r, 200);
    else
        buf_finish(&r.buf), http_fail_fault(x, &f);
}

struct redrive {
    int64_t destination_id, connection_id, delivery_id; /* DB_NULL: not said */
};

/* A connection's destination has a number of its own, which its owner need not know. */
static bool find_destination(struct http_exchange *x, struct redrive *b, struct fault *f)
{
    struct destination *all;
    if ((b->destination_id == DB_NULL) == (b->connection_id == DB_NULL))
        return fault_user(f, 400, "Say either destination_id or connection_id.");
    if (b->destination_id != DB_NULL) return true;
    int n = destination_all(api_outbox(x), http_arena(x), api_account(x), &all, f);
    for (int i = 0; i < n; i++)
        if (all[i].connection_id == b->connection_id) b->destination_id = all[i].destination_id;
    if (n < 0 || b->destination_id != DB_NULL) return n >= 0;
    return fault_user(f, 404, "There is no connection %lld that is told of events.", (long long)b->connection_id);
}

void handle_outbox_redrive(struct http_exchange *x)
{
    static const struct body_field fields[] = {
        {"destination_id", NULL, BODY_INT, false, offsetof(struct redrive, destination_id)},
        {"connection_id", NULL, BODY_INT, false, offsetof(struct redrive, connection_id)},
        {"delivery_id", NULL, BODY_INT, false, offsetof(struct redrive, delivery_id)}};
    struct redrive b;
    struct json_value root;
    struct fault f;
    int64_t n = 0;
    bool ok =
        body_parse(x, false, &root, &f) && body_read(root, http_arena(x), fields, 3, &b, &f) && find_destination(x, &b, &f) &&
        delivery_redrive(api_outbox(x), api_account(x), b.destination_id, b.delivery_id == DB_NULL ? 0 : b.delivery_id, &n, &f);
    if (!request_failed(x, ok, &f)) reply_done(x, "updated_date", "deliveries", n);
}

void handle_outbox_cancel(struct http_exchange *x)
{
    struct fault f;
    int64_t destination, delivery;
    if (!request_id(x, "destination", "destination", &destination) || !request_id(x, "delivery", "delivery", &delivery)) return;
    if (request_failed(x, delivery_cancel(api_outbox(x), api_account(x), destination, delivery, &f), &f)) return;
    reply_done(x, "deleted_date", "delivery_id", delivery);
}

/* ---- the log ---- */

void attempt_json(struct json_out *j, const struct attempt_row *a)
{
    json_object(j, NULL);
    json_int(j, "log_id", a->log_id);
    json_time(j, "created_date", tid_time_ms(a->log_id));
    json_int(j, "delivery_id", a->delivery_id);
    json_int(j, "event_id", a->event_id);
    json_int(j, "attempt", a->attempt);
    json_strz(j, "result", link_result_word(a->result));
    reply_int(j, "http_status", a->http_status ? a->http_status : DB_NULL);
    json_int(j, "took_ms", a->took_ms);
    json_str(j, "answer", a->answer);
    json_end(j);
}

void handle_outbox_log(struct http_exchange *x)
{
    struct attempt_row *rows;
    struct fault f;
    int64_t destination, before, limit;
    if (!request_number(x, "destination_id", 0, 1, INT64_MAX, &destination) ||
        !request_number(x, "before", 0, 1, INT64_MAX, &before) ||
        !request_rows(x, LIMIT_API_PAGE_ROWS, LIMIT_API_PAGE_ROWS, &limit))
        return;
    int n = attempt_page(api_store(x), http_arena(x), api_account(x), destination, before, (int)limit, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) attempt_json(j, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}
