/* contacts.c: contacts of a list (specs: postalytics-api §3). The same path takes a list's number for GET and a contact's for PUT
 * and DELETE. A PUT replaces the whole contact: what it does not name becomes null. */
#include "api/body.h"
#include "api/contact_json.h"
#include "api/page.h"
#include "api/person.h"
#include "base/clock.h"
#include "base/settings.h"
#include "base/text.h"
#include "mail/contact_key.h"

/* ---- reading ---- */

void handle_contacts_get(struct http_exchange *x)
{
    struct contact_list list;
    struct contact *rows;
    struct fault f;
    struct page_range page;
    int64_t id;
    if (!request_id(x, "list", "list", &id) || !page_request(x, LIMIT_API_PAGE_ROWS, LIMIT_API_PAGE_ROWS, &page)) return;
    if (request_failed(x, list_get(api_store(x), http_arena(x), api_account(x), id, &list, &f), &f)) return;
    int n = contact_page(api_store(x), http_arena(x), api_account(x), id, page.skip, page.n, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    if (n == 0 && strcmp(setting_get(SETTING_PAGE_PAST_END), "text") == 0) {
        http_answer_static(x, 404, "application/json", STR("\"No contacts received\""));
        return;
    }
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) contact_json(j, &list, &rows[i], page.skip + i + 1);
    json_end(j);
    reply_end(&r, 200);
}

void handle_contact_details(struct http_exchange *x)
{
    struct contact c;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "contact", &id)) return;
    if (request_failed(x, contact_get(api_store(x), http_arena(x), api_account(x), 0, id, &c, &f), &f)) return;
    struct reply r;
    contact_details_json(reply_begin(&r, x), &c);
    reply_end(&r, 200);
}

/* ---- writing ---- */

struct ids {
    int64_t contact, list; /* DB_NULL: not named */
};

static bool read_ids(struct json_value root, struct arena *a, struct ids *out, struct fault *f)
{
    static const struct body_field fields[] = {
        {"contact_list_id", NULL, BODY_INT, false, offsetof(struct ids, list)},
        {"contact_id", NULL, BODY_INT, false, offsetof(struct ids, contact)},
    };
    return body_read(root, a, fields, 2, out, f);
}

/* Values of the list's own columns: they stand beside the known fields, or in "columns" as an answer writes them. */
static void take_columns(struct arena *a, const struct contact_list *list, const struct person *p, struct contact *c)
{
    c->n_values = FIELD_KNOWN + list->n_columns;
    for (int i = 0; i < list->n_columns; i++) {
        struct str want = text_title_key(a, list->columns[i]);
        for (int k = 0; k < p->n_extra; k++)
            if (str_eq(text_title_key(a, p->extra_names[k]), want)) c->values[FIELD_KNOWN + i] = p->extra_values[k];
    }
}

static bool read_contact(struct http_exchange *x, struct json_value root, const struct contact_list *list, struct contact *c,
                         struct fault *f)
{
    struct arena *a = http_arena(x);
    struct person *p = ARENA_NEW(a, struct person), *columns = ARENA_NEW(a, struct person);
    struct json_value nested = json_get(root, "columns");
    if (!person_read(root, a, p, f)) return false;
    if (nested.type == JSON_OBJECT && !person_read(nested, a, columns, f)) return false;
    memset(c->values, 0, sizeof c->values);
    memcpy(c->values, p->values, sizeof p->values);
    take_columns(a, list, columns, c);
    take_columns(a, list, p, c);
    c->key_place = list_key_place(a, list);
    return true;
}

static void contact_changed_json(struct json_out *j, const struct contact *c, const char *date_name)
{
    json_object(j, NULL);
    json_time(j, date_name, c->updated_at);
    json_int(j, "contact_id", c->contact_id);
    json_int(j, "contact_list_id", c->contact_list_id);
    json_end(j);
}

static void reply_contact(struct http_exchange *x, const struct contact *c, const char *date_name)
{
    struct reply r;
    contact_changed_json(reply_begin(&r, x), c, date_name);
    reply_end(&r, 200);
}

static void contact_made_json(void *made, struct buf *out, bool is_kept)
{
    struct json_out j = json_out_begin(out);
    (void)is_kept;
    contact_changed_json(&j, made, "created_date");
    json_out_end(&j);
}

void handle_contact_post(struct http_exchange *x)
{
    struct contact *c = ARENA_NEW(http_arena(x), struct contact);
    struct contact_list list;
    struct json_value root;
    struct fault f;
    struct ids ids;
    struct once once;
    if (request_failed(x, api_takes_mail(x, &f), &f)) return;
    if (!once_begin(&once, x, contact_made_json, c)) return;
    bool ok = body_parse(x, false, &root, &f) && read_ids(root, http_arena(x), &ids, &f);
    if (ok && ids.list == DB_NULL) ok = fault_user(&f, 400, "contact_list_id is required.");
    c->contact_list_id = ids.list;
    ok = ok && list_get(api_store(x), http_arena(x), api_account(x), ids.list, &list, &f) &&
         read_contact(x, root, &list, c, &f) && contact_create(api_mail(x), api_account(x), c, &f);
    once_reply(&once, ok, &f);
}

/* The list a PUT is about: the one it names, or the one the contact is in. */
static bool list_of(struct http_exchange *x, const struct ids *ids, struct contact_list *list, struct fault *f)
{
    struct contact *old = ARENA_NEW(http_arena(x), struct contact);
    int64_t named = ids->list == DB_NULL ? 0 : ids->list;
    return contact_get(api_store(x), http_arena(x), api_account(x), named, ids->contact, old, f) &&
           list_get(api_store(x), http_arena(x), api_account(x), old->contact_list_id, list, f);
}

void handle_contact_put(struct http_exchange *x)
{
    struct contact *c = ARENA_NEW(http_arena(x), struct contact);
    struct contact_list list;
    struct json_value root;
    struct fault f;
    struct ids ids;
    int64_t id;
    if (!request_id(x, "id", "contact", &id)) return;
    bool ok = body_parse(x, false, &root, &f) && read_ids(root, http_arena(x), &ids, &f);
    if (ok && ids.contact != DB_NULL && ids.contact != id)
        ok = fault_user(&f, 400, "contact_id is not the contact of the address (%lld).", (long long)id);
    ids.contact = id;
    ok = ok && list_of(x, &ids, &list, &f) && read_contact(x, root, &list, c, &f);
    c->contact_id = id;
    c->contact_list_id = ok ? list.contact_list_id : 0;
    ok = ok && contact_replace(api_mail(x), api_account(x), c, &f);
    if (!request_failed(x, ok, &f)) reply_contact(x, c, "updated_date");
}

/* Which values an object names, null among them: known fields, and the list's columns beside them; in "columns" (is_nested) those alone. */
static bool values_named(struct http_exchange *x, struct json_value root, const struct contact_list *list, bool is_nested,
                         bool *named)
{
    struct json_iter it = {0};
    struct json_value v;
    struct str name;
    bool any = false;
    while (json_next(root, &it, &name, &v)) {
        int field = is_nested ? -1 : person_field(name);
        if (field >= 0) any = named[field] = true;
        struct str key = text_title_key(http_arena(x), name);
        for (int i = 0; field < 0 && i < list->n_columns; i++)
            if (str_eq(text_title_key(http_arena(x), list->columns[i]), key)) any = named[FIELD_KNOWN + i] = true;
    }
    return any;
}

void handle_contact_patch(struct http_exchange *x)
{
    struct contact *c = ARENA_NEW(http_arena(x), struct contact);
    bool *named = ARENA_ARRAY(http_arena(x), bool, CONTACT_VALUES_MAX);
    struct contact_list list;
    struct json_value root, columns;
    struct fault f;
    struct ids ids;
    int64_t id;
    if (!request_id(x, "id", "contact", &id)) return;
    memset(named, 0, sizeof *named * CONTACT_VALUES_MAX);
    bool ok = body_parse(x, false, &root, &f) && read_ids(root, http_arena(x), &ids, &f);
    if (ok && ids.contact != DB_NULL && ids.contact != id)
        ok = fault_user(&f, 400, "contact_id is not the contact of the address (%lld).", (long long)id);
    ids.contact = id;
    ok = ok && list_of(x, &ids, &list, &f) && read_contact(x, root, &list, c, &f);
    if (ok) {
        bool any = values_named(x, root, &list, false, named);
        columns = json_get(root, "columns");
        if (columns.type == JSON_OBJECT && values_named(x, columns, &list, true, named)) any = true;
        if (!any) ok = fault_user(&f, 400, "The body names no field of a contact.");
    }
    c->contact_id = id;
    c->contact_list_id = ok ? list.contact_list_id : 0;
    ok = ok && contact_patch(api_mail(x), api_account(x), c, named, &f);
    if (!request_failed(x, ok, &f)) reply_contact(x, c, "updated_date");
}

void handle_contact_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t id, list;
    if (!request_id(x, "id", "contact", &id) || !request_number(x, "contact_list_id", 0, 1, INT64_MAX, &list)) return;
    if (request_failed(x, contact_delete(api_mail(x), api_account(x), list, id, &f), &f)) return;
    reply_done(x, "deleted_date", "contact_id", id);
}
