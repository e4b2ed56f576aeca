/* lists.c: contact lists, for both /api/v1 and /v1. */
#include "api/api_private.h"
#include "api/body.h"
#include "api/page.h"
#include "base/clock.h"
#include "mail/contact.h"

struct list_made {
    int64_t id, created_at;
};

static void list_made_json(void *made, struct buf *out, bool is_kept)
{
    const struct list_made *m = made;
    struct json_out j = json_out_begin(out);
    (void)is_kept;
    json_object(&j, NULL);
    json_int(&j, "contact_list_id", m->id);
    json_time(&j, "created_date", m->created_at);
    json_end(&j);
    json_out_end(&j);
}

void handle_list_post(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"name", NULL, BODY_TEXT, true, 0}};
    struct list_made made = {.created_at = clock_now_ms()};
    struct str name;
    struct json_value root;
    struct fault f;
    struct once once;
    if (request_failed(x, api_takes_mail(x, &f), &f)) return;
    if (!once_begin(&once, x, list_made_json, &made)) return;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), fields, 1, &name, &f) &&
              list_create(api_store(x), api_account(x), name, &made.id, &f);
    once_reply(&once, ok, &f);
}

static void list_json(struct json_out *j, const struct contact_list *l)
{
    json_object(j, NULL);
    json_int(j, "contact_list_id", l->contact_list_id);
    json_str(j, "name", l->name);
    json_int(j, "count", l->count);
    json_time(j, "created_date", l->created_at);
    json_array(j, "columns");
    for (int i = 0; i < l->n_columns; i++) json_str(j, NULL, l->columns[i]);
    json_end(j);
    json_str(j, "key_field", l->key_field);
    json_end(j);
}

void handle_lists_get(struct http_exchange *x)
{
    struct contact_list *rows;
    struct page_range page;
    struct fault f;
    int shown;
    if (!page_request_open(x, &page)) return;
    int n = list_all(api_store(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--) list_json(j, &rows[i++]);
    json_end(j);
    reply_end(&r, 200);
}

void handle_list_get(struct http_exchange *x)
{
    struct contact_list row;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "list", &id)) return;
    if (request_failed(x, list_get(api_store(x), http_arena(x), api_account(x), id, &row, &f), &f)) return;
    struct reply r;
    list_json(reply_begin(&r, x), &row);
    reply_end(&r, 200);
}

void handle_list_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "list", &id)) return;
    if (request_failed(x, list_delete(api_store(x), api_account(x), id, &f), &f)) return;
    reply_done(x, "deleted_date", "contact_list_id", id);
}
