/* scans.c: the feed of the USPS and files of scans and ACS records, kept at once and answered for; how far they are read; the story of a
 * piece; and what went quiet. The push is never refused for what it holds: the USPS does not come again after a 4xx (specs: postal §2.1). */
#include "api/api_private.h"
#include "mail/scan_intake.h"
#include "mail/track.h"
#include "mail/why.h"

static int64_t feed_account(struct http_exchange *x) { return api_caller(x)->account_id; } /* 0: the house */

static void intake_json(struct json_out *j, const struct scan_intake *in)
{
    json_object(j, NULL);
    json_int(j, "scan_file_id", in->intake_id);
    json_strz(j, "kind", scan_intake_word(in->kind));
    json_strz(j, "state", intake_word(in->state));
    json_int(j, "bytes", in->bytes);
    json_int(j, "at_byte", in->at_byte);
    json_int(j, "rows", in->n_rows);
    json_int(j, "used", in->n_used);
    json_int(j, "repeats", in->n_repeat);
    json_int(j, "orphans", in->n_orphan);
    json_int(j, "refused", in->n_refused);
    json_str(j, "last_error", in->last_error);
    json_time(j, "received_date", in->received_at);
    json_end(j);
}

static void reply_intake(struct http_exchange *x, int64_t id, int status)
{
    struct scan_intake row;
    struct fault f;
    if (request_failed(x, scan_intake_get(api_store(x), http_arena(x), feed_account(x), id, &row, &f), &f)) return;
    struct reply r;
    intake_json(reply_begin(&r, x), &row);
    reply_end(&r, status);
}

/* ---- taking ---- */

static void keep(struct http_exchange *x, enum scan_intake_kind kind, const char *path, int status)
{
    struct fault f;
    int64_t id;
    bool ok = scan_intake_keep(api_mail(x), feed_account(x), kind, path, &id, &f);
    if (!request_upload_failed(x, ok, path, &f)) reply_intake(x, id, status);
}

void handle_usps_iv(struct http_exchange *x)
{
    int64_t bytes = 0;
    const char *path = http_body_file(x, &bytes);
    if (path) {
        keep(x, SCAN_INTAKE_PUSH, path, 200);
        return;
    }
    struct reply r; /* no body at all: there is nothing to keep */
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "bytes", 0);
    json_end(j);
    reply_end(&r, 200);
}

void handle_scans_post(struct http_exchange *x)
{
    const char *path;
    struct str kind = http_query(x, "kind");
    bool is_acs = kind.ptr && str_eq(kind, STR("acs"));
    if (!request_upload(x, "a file of scans is expected", &path)) return;
    if (kind.ptr && !is_acs && !str_eq(kind, STR("scans"))) {
        struct fault f;
        request_upload_failed(x, fault_user(&f, 400, "kind must be scans or acs."), path, &f);
        return;
    }
    keep(x, is_acs ? SCAN_INTAKE_ACS : SCAN_INTAKE_FILE, path, 202);
}

/* ---- showing ---- */

void handle_scans_get(struct http_exchange *x)
{
    int64_t limit, before;
    struct scan_intake *rows;
    struct fault f;
    if (!request_rows(x, LIMIT_API_BATCH_ROWS, LIMIT_API_PAGE_ROWS, &limit) ||
        !request_number(x, "before", 0, 0, INT64_MAX, &before))
        return;
    int n = scan_intake_page(api_store(x), http_arena(x), feed_account(x), before, (int)limit, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) intake_json(j, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}

void handle_scans_one(struct http_exchange *x)
{
    int64_t id;
    if (request_id(x, "id", "file of scans", &id)) reply_intake(x, id, 200);
}

void handle_scans_refused(struct http_exchange *x)
{
    struct refused_row *rows;
    struct fault f;
    int64_t id, after, limit;
    if (!request_id(x, "id", "file of scans", &id) || !request_number(x, "after", 0, 0, INT64_MAX, &after) ||
        !request_rows(x, LIMIT_API_PAGE_ROWS, LIMIT_API_REFUSED_ROWS, &limit))
        return;
    int n = scan_intake_refused(api_store(x), http_arena(x), feed_account(x), id, after, (int)limit, &rows, &f);
    if (!request_failed(x, n >= 0, &f)) reply_refused(x, rows, n);
}

void handle_piece_story(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    struct buf out = BUF_INIT;
    if (!request_id(x, "id", "piece", &id)) return;
    struct json_out j = json_out_begin(&out);
    bool ok = why_piece(api_mail(x), http_arena(x), api_account(x), id, &j, &f);
    if (!request_failed(x, ok, &f)) {
        json_out_end(&j);
        http_answer(x, 200, "application/json", buf_str(&out));
    }
    buf_finish(&out);
}

void handle_alerts_get(struct http_exchange *x)
{
    struct quiet_batch *rows;
    struct fault f;
    int n = track_quiet(api_store(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) {
        json_object(j, NULL);
        json_strz(j, "kind", "no scans");
        json_int(j, "batch_id", rows[i].batch_id);
        json_int(j, "drop_id", rows[i].drop_id);
        json_int(j, "pieces", rows[i].n_pieces);
        json_time(j, "handed_over_date", rows[i].handed_over_at);
        json_str(j, "printer_job", rows[i].printer_job);
        json_str(j, "message",
                 str_of(arena_printf(http_arena(x),
                                     "Batch %lld was handed over and the USPS has not scanned a piece of it in %lld days.",
                                     (long long)rows[i].batch_id, (long long)limit_get(LIMIT_TRACK_QUIET_DAYS))));
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}
