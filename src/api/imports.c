/* imports.c: CSV files into lists. The file is kept and answered for at once (202); the import goes on in the background and is
 * looked at by its number. */
#include "api/api_private.h"
#include "mail/intake.h"
#include <unistd.h>

const char *intake_word(int state)
{
    switch ((enum intake_state)state) {
    case INTAKE_KEPT: return "kept";
    case INTAKE_RUNNING: return "running";
    case INTAKE_DONE: return "done";
    case INTAKE_FAILED: return "failed";
    }
    return "unknown";
}

/* What a chunk's first slices added is counted before its rows are (import.c), so for a moment less may be used than was added. */
static int64_t unchanged(const struct intake *in)
{
    int64_t n = in->n_used - in->n_inserted - in->n_updated - in->n_repeat;
    return n > 0 ? n : 0;
}

static void import_json(struct json_out *j, const struct intake *in)
{
    json_object(j, NULL);
    json_int(j, "import_id", in->intake_id);
    reply_int(j, "contact_list_id", in->target_id);
    json_strz(j, "state", intake_word(in->state));
    json_int(j, "bytes", in->bytes);
    json_int(j, "at_byte", in->at_byte);
    json_int(j, "rows", in->n_rows);
    json_int(j, "used", in->n_used);
    if (in->kind == INTAKE_CONTACT_CSV) {
        json_int(j, "inserted", in->n_inserted);
        json_int(j, "updated", in->n_updated);
        json_int(j, "unchanged", unchanged(in));
    }
    json_int(j, "repeated", in->n_repeat);
    json_int(j, "refused", in->n_refused);
    json_str(j, "last_error", in->last_error);
    json_time(j, "received_date", in->received_at);
    json_end(j);
}

static void import_made_json(void *made, struct buf *out, bool is_kept)
{
    struct json_out j = json_out_begin(out);
    (void)is_kept;
    import_json(&j, made);
    json_out_end(&j);
}

/* ?key=email_address: rows whose contact the list has update it. */
void handle_import_post(struct http_exchange *x)
{
    struct fault f;
    struct once once;
    struct intake in = {0};
    int64_t list;
    const char *path;
    if (!request_id(x, "id", "list", &list) || !request_upload(x, "a CSV file is expected", &path)) return;
    if (!once_begin_file(&once, x, path, import_made_json, &in)) {
        unlink(path);
        return;
    }
    once.status = 202;
    bool ok = intake_keep(api_mail(x), api_account(x), list, path, http_query(x, "key"), &in, &f);
    if (!ok) unlink(path); /* it is still here when it was not taken */
    once_reply(&once, ok, &f);
}

void reply_import(struct http_exchange *x, int64_t id, int status)
{
    struct intake row;
    struct fault f;
    if (request_failed(x, intake_get(api_store(x), http_arena(x), api_account(x), id, &row, &f), &f)) return;
    struct reply r;
    import_json(reply_begin(&r, x), &row);
    reply_end(&r, status);
}

void handle_import_get(struct http_exchange *x)
{
    int64_t id;
    if (request_id(x, "id", "import", &id)) reply_import(x, id, 200);
}

void reply_refused(struct http_exchange *x, const struct refused_row *rows, int n)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) {
        json_object(j, NULL);
        json_int(j, "line", rows[i].line);
        json_str(j, "reason", rows[i].reason);
        json_str(j, "detail", rows[i].detail);
        json_str(j, "raw", rows[i].raw);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}

void handle_import_refused(struct http_exchange *x)
{
    struct refused_row *rows;
    struct fault f;
    struct intake in;
    int64_t id, after, limit;
    if (!request_id(x, "id", "import", &id) || !request_number(x, "after", 0, 0, INT64_MAX, &after) ||
        !request_rows(x, LIMIT_API_PAGE_ROWS, LIMIT_API_REFUSED_ROWS, &limit))
        return;
    if (request_failed(x, intake_get(api_store(x), http_arena(x), api_account(x), id, &in, &f), &f)) return;
    int n = intake_refused(api_store(x), http_arena(x), api_account(x), id, after, (int)limit, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    reply_refused(x, rows, n);
}
