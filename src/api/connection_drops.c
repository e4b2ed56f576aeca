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

/* A page of what there is at the other side: `read` gives all rows, at most `max` (-1 with a fault), `write` the i-th of them. */
struct sight {
    union {
        struct postalytics_drop *drops;
        struct postalytics_list *lists;
    };
    int (*read)(struct sight *s, struct http_exchange *x, int64_t id, int max, struct fault *f);
    void (*write)(const struct sight *s, struct json_out *j, int i);
};

static void show(struct http_exchange *x, struct sight s)
{
    struct page_range page;
    struct fault f;
    int64_t id;
    int shown, n = -1;
    if (!request_id(x, "id", "connection", &id) || !page_request_open(x, &page)) return;
    if (is_watchable(x, id, &f)) n = s.read(&s, x, id, (int)limit_get(LIMIT_API_PAGE_ROWS), &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) {
        json_object(j, NULL);
        s.write(&s, j, i);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}

/* ---- drops ---- */

static int read_drops(struct sight *s, struct http_exchange *x, int64_t id, int max, struct fault *f)
{
    return postalytics_drops(api_store(x), http_arena(x), api_account(x), id, max, &s->drops, f);
}

static void write_drop(const struct sight *s, struct json_out *j, int i)
{
    const struct postalytics_drop *d = &s->drops[i];
    json_int(j, "drop_id", d->drop_id);
    json_str(j, "name", d->name);
    json_str(j, "endpoint", d->endpoint);
    json_time(j, "seen_date", d->seen_at);
    json_bool(j, "is_posted", d->is_posted);
}

void handle_connection_drops_get(struct http_exchange *x) { show(x, (struct sight){.read = read_drops, .write = write_drop}); }

/* ---- lists ---- */

static int read_lists(struct sight *s, struct http_exchange *x, int64_t id, int max, struct fault *f)
{
    return postalytics_lists(api_store(x), http_arena(x), api_account(x), id, max, &s->lists, f);
}

static void write_list(const struct sight *s, struct json_out *j, int i)
{
    const struct postalytics_list *l = &s->lists[i];
    json_int(j, "list_id", l->remote_list_id);
    json_str(j, "name", l->name);
    json_int(j, "contacts", l->n_contacts);
    json_int(j, "contact_list_id", l->contact_list_id);
    reply_int(j, "file_import_id", l->intake_id ? l->intake_id : DB_NULL);
    json_time(j, "seen_date", l->seen_at);
}

void handle_connection_lists_get(struct http_exchange *x) { show(x, (struct sight){.read = read_lists, .write = write_list}); }
