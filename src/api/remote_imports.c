/* remote_imports.c: contacts of a connection into a list: to begin, and to look at while it goes on. It is answered for at once (202); what has
 * been read there and what has come into the list stand in one answer. */
#include "api/connection_body.h"
#include "api/page.h"
#include "base/log.h"
#include "links/imports.h"
#include "mail/intake.h"

const char *intake_word(int state); /* imports.c */

static void import_json(struct json_out *j, const struct remote_import *r, const struct intake *in)
{
    bool is_handed = r->state == REMOTE_IMPORT_HANDED;
    json_object(j, NULL);
    json_int(j, "import_id", r->import_id);
    json_int(j, "connection_id", r->connection_id);
    json_int(j, "contact_list_id", r->contact_list_id);
    json_strz(j, "state", is_handed && in ? intake_word((int)in->state) : remote_import_word(r->state));
    if (r->n_all >= 0)
        json_int(j, "records", r->n_all);
    else
        json_null(j, "records");
    json_int(j, "records_read", r->n_rows);
    json_int(j, "used", in ? in->n_used : 0);
    json_int(j, "inserted", in ? in->n_inserted : 0);
    json_int(j, "updated", in ? in->n_updated : 0);
    json_int(j, "refused", in ? in->n_refused : 0);
    if (r->intake_id)
        json_int(j, "file_import_id", r->intake_id);
    else
        json_null(j, "file_import_id");
    json_str(j, "last_error", in && in->last_error.ptr ? in->last_error : r->last_error);
    json_time(j, "started_date", r->started_at);
    json_end(j);
}

/* An old intake may be trimmed away. */
static const struct intake *intake_of(struct http_exchange *x, const struct remote_import *r)
{
    struct intake *in = ARENA_NEW(http_arena(x), struct intake);
    struct fault f;
    return r->intake_id && intake_get(api_store(x), http_arena(x), api_account(x), r->intake_id, in, &f) ? in : NULL;
}

static const struct connector *importer_of(struct http_exchange *x, int64_t *id, struct fault *f)
{
    struct connection c;
    const struct link_house *h = api_links(x);
    if (!connection_get(h->store, NULL, http_arena(x), api_account(x), *id, &c, f)) return NULL;
    const struct connector *d = api_connector(x, c.kind, f);
    if (d && !d->import_begin) return fault_user(f, 409, "%s has no contacts to import.", d->title), NULL;
    return d;
}

void handle_remote_import_post(struct http_exchange *x)
{
    struct json_value root;
    struct fault f;
    struct remote_import row;
    int64_t id, import_id;
    if (!request_id(x, "id", "connection", &id)) return;
    const struct connector *d = importer_of(x, &id, &f);
    bool ok = d && body_parse(x, true, &root, &f) && d->import_begin(d->ctx, api_account(x), id, root, &import_id, &f) &&
              remote_import_get(api_store(x), http_arena(x), api_account(x), import_id, &row, &f);
    if (request_failed(x, ok, &f)) return;
    struct reply r;
    import_json(reply_begin(&r, x), &row, NULL);
    reply_end(&r, 202);
}

void handle_remote_imports_get(struct http_exchange *x)
{
    struct remote_import *rows;
    struct page_range page;
    struct fault f;
    int64_t id;
    int shown;
    if (!request_id(x, "id", "connection", &id) || !page_request_open(x, &page)) return;
    int n = importer_of(x, &id, &f) ? remote_import_all(api_store(x), http_arena(x), api_account(x), id,
                                                        (int)limit_get(LIMIT_API_PAGE_ROWS), &rows, &f)
                                    : -1;
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) import_json(j, &rows[i], intake_of(x, &rows[i]));
    json_end(j);
    reply_end(&r, 200);
}

void handle_remote_import_get(struct http_exchange *x)
{
    struct remote_import row;
    struct fault f;
    int64_t id, import_id;
    if (!request_id(x, "id", "connection", &id) || !request_id(x, "import", "import", &import_id)) return;
    bool ok = remote_import_get(api_store(x), http_arena(x), api_account(x), import_id, &row, &f);
    if (ok && row.connection_id != id) ok = fault_user(&f, 404, "There is no import %lld.", (long long)import_id);
    if (request_failed(x, ok, &f)) return;
    struct reply r;
    import_json(reply_begin(&r, x), &row, intake_of(x, &row));
    reply_end(&r, 200);
}
