/* connection_drops.c: the drops and contact lists at the other side of a connection that is watched (links/postalytics), as they were seen last. */
#include "api/connection_body.h"
#include "api/page.h"
#include "links/postalytics/postalytics.h"

static bool is_watchable(struct http_exchange *x, int64_t id, struct fault *f)
{
    struct connection c;
    const struct link_house *h = api_links(x);
    if (!connection_get(h->store, NULL, http_arena(x), api_account(x), id, &c, f)) return false;
    return c.kind == POSTALYTICS_NUMBER ||
           fault_user(f, 409, "Connection %lld is not one to Postalytics, and is not watched.", (long long)id);
}

void handle_connection_drops_get(struct http_exchange *x)
{
    struct postalytics_drop *rows;
    struct page_range page;
    struct fault f;
    int64_t id;
    int shown, n = -1;
    if (!request_id(x, "id", "connection", &id) || !page_request_open(x, &page)) return;
    if (is_watchable(x, id, &f))
        n = postalytics_drops(api_store(x), http_arena(x), api_account(x), id, (int)limit_get(LIMIT_API_PAGE_ROWS), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) {
        json_object(j, NULL);
        json_int(j, "drop_id", rows[i].drop_id);
        json_str(j, "name", rows[i].name);
        json_str(j, "endpoint", rows[i].endpoint);
        json_time(j, "seen_date", rows[i].seen_at);
        json_bool(j, "is_posted", rows[i].is_posted);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}

void handle_connection_lists_get(struct http_exchange *x)
{
    struct postalytics_list *rows;
    struct page_range page;
    struct fault f;
    int64_t id;
    int shown, n = -1;
    if (!request_id(x, "id", "connection", &id) || !page_request_open(x, &page)) return;
    if (is_watchable(x, id, &f))
        n = postalytics_lists(api_store(x), http_arena(x), api_account(x), id, (int)limit_get(LIMIT_API_PAGE_ROWS), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) {
        json_object(j, NULL);
        json_int(j, "list_id", rows[i].remote_list_id);
        json_str(j, "name", rows[i].name);
        json_int(j, "contacts", rows[i].n_contacts);
        json_int(j, "contact_list_id", rows[i].contact_list_id);
        reply_int(j, "file_import_id", rows[i].intake_id ? rows[i].intake_id : DB_NULL);
        json_time(j, "seen_date", rows[i].seen_at);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}
