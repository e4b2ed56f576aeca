/* handover.c: printers and who may print on them (the operator's), what a person says of a batch that is held or Unknown, recalls, and
 * printers' return files. */
#include "api/api_private.h"
#include "api/body.h"
#include "base/clock.h"
#include "mail/intake.h"
#include "mail/printer.h"
#include "mail/recall.h"

/* ---- printers ---- */

static void printer_json(struct json_out *j, const struct printer *p)
{
    json_object(j, NULL);
    json_str(j, "name", p->name);
    json_raw(j, "settings", p->settings);
    json_array(j, "accounts");
    for (int i = 0; i < p->n_accounts; i++) json_int(j, NULL, p->accounts[i]);
    json_end(j);
    json_time(j, "updated_date", p->updated_at);
    json_end(j);
}

void handle_printers_get(struct http_exchange *x)
{
    struct printer *rows;
    struct fault f;
    int n = printer_all(api_mail(x), http_arena(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) printer_json(j, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}

static void reply_printer(struct http_exchange *x, const char *date, int64_t account)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    if (http_param(x, "name").ptr) json_str(j, "printer", http_param(x, "name"));
    if (account) json_int(j, "account_id", account);
    json_time(j, date, clock_now_ms());
    json_end(j);
    reply_end(&r, 200);
}

struct printer_body {
    struct str kind, path;
};
static const struct body_field printer_fields[] = {
    {"kind", NULL, BODY_TEXT, true, offsetof(struct printer_body, kind)},
    {"path", NULL, BODY_TEXT, false, offsetof(struct printer_body, path)},
};

static struct str settings_of(struct arena *a, const struct printer_body *b)
{
    struct buf text = BUF_INIT;
    struct json_out j = json_out_begin(&text);
    json_object(&j, NULL);
    json_str(&j, "kind", b->kind);
    if (b->path.ptr) json_str(&j, "path", b->path);
    json_end(&j);
    json_out_end(&j);
    struct str s = arena_str(a, buf_str(&text));
    buf_finish(&text);
    return s;
}

void handle_printer_put(struct http_exchange *x)
{
    struct printer_body b;
    struct json_value root;
    struct fault f;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), printer_fields, 2, &b, &f) &&
              printer_put(api_mail(x), http_param(x, "name"), settings_of(http_arena(x), &b), &f);
    if (!request_failed(x, ok, &f)) reply_printer(x, "updated_date", 0);
}

void handle_printer_delete(struct http_exchange *x)
{
    struct fault f;
    if (!request_failed(x, printer_remove(api_mail(x), http_param(x, "name"), &f), &f)) reply_printer(x, "deleted_date", 0);
}

void handle_printer_grant(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "account", &id)) return;
    if (!request_failed(x, printer_grant(api_mail(x), id, http_param(x, "name"), &f), &f)) reply_printer(x, "updated_date", id);
}

void handle_printer_revoke(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "account", &id)) return;
    if (!request_failed(x, printer_revoke(api_mail(x), id, &f), &f)) reply_printer(x, "deleted_date", id);
}

/* ---- batches that wait for a person ---- */

void handle_batch_release(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "batch", &id)) return;
    if (!request_failed(x, batch_let_go(api_mail(x), api_account(x), id, &f), &f))
        reply_done(x, "updated_date", "batch_id", id);
}

static bool read_outcome(struct str said, bool *was_printed, struct fault *f)
{
    *was_printed = str_eq(said, STR("printed"));
    return *was_printed || str_eq(said, STR("not_printed")) ||
           fault_user(f, 400, "outcome \"%.*s\" is neither printed nor not_printed.", STR_ARG(said));
}

void handle_batch_resolve(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"outcome", NULL, BODY_TEXT, true, 0}};
    struct str said;
    struct json_value root;
    struct fault f;
    int64_t id;
    bool was_printed;
    if (!request_id(x, "id", "batch", &id)) return;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), fields, 1, &said, &f) &&
              read_outcome(said, &was_printed, &f) && handover_resolve(api_mail(x), api_account(x), id, was_printed, &f);
    if (!request_failed(x, ok, &f)) reply_done(x, "updated_date", "batch_id", id);
}

/* ---- recalls ---- */

void handle_piece_recall(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "piece", &id)) return;
    if (!request_failed(x, recall_piece(api_mail(x), api_account(x), id, &f), &f))
        reply_done(x, "deleted_date", "piece_id", id);
}

void handle_drop_recall(struct http_exchange *x)
{
    struct fault f;
    int64_t id, n;
    if (!request_id(x, "drop", "campaign", &id)) return;
    if (request_failed(x, recall_drop(api_mail(x), api_account(x), id, &n, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_time(j, "deleted_date", clock_now_ms());
    json_int(j, "drop_id", id);
    json_int(j, "recalled", n);
    json_end(j);
    reply_end(&r, 200);
}

/* ---- printers' returns ---- */

void handle_printed_post(struct http_exchange *x)
{
    struct fault f;
    const char *path;
    int64_t id;
    struct str type = http_header(x, "Content-Type");
    if (!request_upload(x, "a printer's return file is expected, CSV with the columns piece_id, status and time", &path))
        return;
    bool ok = !str_starts(type, STR("application/json")) || fault_user(&f, 415, "A printer's return is a CSV file, not JSON.");
    ok = ok && intake_keep_printed(api_mail(x), api_account(x), path, &id, &f);
    if (!request_upload_failed(x, ok, path, &f)) reply_import(x, id, 202);
}
