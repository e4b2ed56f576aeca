/* suppression.c: suppression lists, PascalCase as the hosted service has them (specs: postalytics-api §4). */
#include "mail/suppression.h"
#include "api/api_private.h"
#include "api/body.h"
#include "api/person.h"
#include "base/limits.h"
#include <stdio.h>

/* ---- lists ---- */

static void list_json(struct json_out *j, const char *key, const struct suppression_list *l)
{
    json_object(j, key);
    json_int(j, "Id", l->suppression_list_id);
    json_str(j, "Name", l->name);
    json_str(j, "Type", STR("Suppression"));
    json_str(j, "Country", l->country);
    json_int(j, "Total", l->count);
    json_time(j, "CreationDate", l->created_at);
    json_end(j);
}

static void reply_list(struct http_exchange *x, const struct suppression_list *l)
{
    struct reply r;
    list_json(reply_begin(&r, x), NULL, l);
    reply_end(&r, 200);
}

static void reply_message(struct http_exchange *x, const char *message)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_str(j, "message", str_of(message));
    json_end(j);
    reply_end(&r, 200);
}

/* `id` in the query asks for one list, still in an array. */
void handle_suppression_lists_get(struct http_exchange *x)
{
    struct suppression_list *rows;
    struct fault f;
    int64_t id, start, n, most = limit_get(LIMIT_API_PAGE_ROWS);
    if (!request_number(x, "id", 0, 1, INT64_MAX, &id) || !request_number(x, "start", 0, 0, INT64_MAX, &start) ||
        !request_number(x, "limit", most, 1, most, &n))
        return;
    int found = 1;
    if (id) {
        rows = ARENA_NEW(http_arena(x), struct suppression_list);
        if (!suppression_list_get(api_store(x), http_arena(x), api_account(x), id, rows, &f)) found = -1;
    } else
        found = suppression_list_all(api_store(x), http_arena(x), api_account(x), start, (int)n, &rows, &f);
    if (request_failed(x, found >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < found; i++) list_json(j, NULL, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}

static void list_made_json(void *made, struct buf *out, bool is_kept)
{
    struct json_out j = json_out_begin(out);
    (void)is_kept;
    list_json(&j, NULL, made);
    json_out_end(&j);
}

void handle_suppression_list_post(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"Name", NULL, BODY_TEXT, true, offsetof(struct suppression_list, name)},
                                               {"Country", NULL, BODY_TEXT, false, offsetof(struct suppression_list, country)}};
    struct suppression_list l = {0};
    struct json_value root;
    struct fault f;
    struct once once;
    if (!once_begin(&once, x, list_made_json, &l)) return;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), fields, 2, &l, &f) &&
              suppression_list_create(api_store(x), api_account(x), &l, &f);
    once_reply(&once, ok, &f);
}

void handle_suppression_list_get(struct http_exchange *x)
{
    struct suppression_list l;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "suppression list", &id)) return;
    if (!request_failed(x, suppression_list_get(api_store(x), http_arena(x), api_account(x), id, &l, &f), &f))
        reply_list(x, &l);
}

void handle_suppression_list_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "suppression list", &id)) return;
    if (!request_failed(x, suppression_list_delete(api_store(x), api_account(x), id, &f), &f))
        reply_message(x, "The suppression list was deleted.");
}

/* ---- people ---- */

static void person_json(struct json_out *j, const struct suppressed *p)
{
    static const struct {
        const char *name;
        int field;
    } names[] = {{"FirstName", FIELD_FIRST_NAME},     {"LastName", FIELD_LAST_NAME}, {"Address", FIELD_ADDRESS_STREET},
                 {"Address2", FIELD_ADDRESS_STREET2}, {"City", FIELD_ADDRESS_CITY},  {"State", FIELD_ADDRESS_STATE},
                 {"Zip", FIELD_ADDRESS_ZIP},          {"Country", FIELD_COUNTRY},    {"Email", FIELD_EMAIL_ADDRESS}};
    json_object(j, NULL);
    json_int(j, "Id", p->suppressed_id);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) json_str(j, names[i].name, p->values[names[i].field]);
    json_time(j, "CreationDate", p->created_at);
    json_end(j);
}

/* The list as it is now, and people of it. */
static void reply_people(struct http_exchange *x, int64_t list, const struct suppressed *people, int n)
{
    struct suppression_list l;
    struct fault f;
    if (request_failed(x, suppression_list_get(api_store(x), http_arena(x), api_account(x), list, &l, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    list_json(j, "ListDetails", &l);
    json_array(j, "ContactDetails");
    for (int i = 0; i < n; i++) person_json(j, &people[i]);
    json_end(j);
    json_end(j);
    reply_end(&r, 200);
}

/* `offset` is the hosted service's word for `start`. */
void handle_suppressed_page(struct http_exchange *x)
{
    struct suppressed *people;
    struct fault f;
    int64_t list, start, n, most = limit_get(LIMIT_API_PAGE_ROWS);
    const char *from = http_query(x, "offset").ptr ? "offset" : "start";
    if (!request_id(x, "list", "suppression list", &list) || !request_number(x, from, 0, 0, INT64_MAX, &start) ||
        !request_number(x, "limit", most, 1, most, &n))
        return;
    int found = suppressed_page(api_store(x), http_arena(x), api_account(x), list, start, (int)n, &people, &f);
    if (!request_failed(x, found >= 0, &f)) reply_people(x, list, people, found);
}

static bool read_person(struct http_exchange *x, struct suppressed *out, struct fault *f)
{
    struct json_value root;
    struct person *p = ARENA_NEW(http_arena(x), struct person);
    if (!body_parse(x, false, &root, f) || !person_read(root, http_arena(x), p, f)) return false;
    memcpy(out->values, p->values, sizeof out->values);
    return true;
}

void handle_suppressed_post(struct http_exchange *x)
{
    struct suppressed *p = ARENA_NEW(http_arena(x), struct suppressed);
    struct fault f;
    int64_t list;
    if (!request_id(x, "list", "suppression list", &list)) return;
    bool ok = read_person(x, p, &f) && suppressed_add(api_store(x), api_account(x), list, p, &f);
    if (!request_failed(x, ok, &f)) reply_people(x, list, p, 1);
}

static bool both_ids(struct http_exchange *x, int64_t *list, int64_t *id)
{
    return request_id(x, "list", "suppression list", list) && request_id(x, "contact", "contact", id);
}

void handle_suppressed_get(struct http_exchange *x)
{
    struct suppressed *p = ARENA_NEW(http_arena(x), struct suppressed);
    struct fault f;
    int64_t list, id;
    if (!both_ids(x, &list, &id)) return;
    if (!request_failed(x, suppressed_get(api_store(x), http_arena(x), api_account(x), list, id, p, &f), &f))
        reply_people(x, list, p, 1);
}

void handle_suppressed_put(struct http_exchange *x)
{
    struct suppressed *p = ARENA_NEW(http_arena(x), struct suppressed);
    struct fault f;
    int64_t list;
    if (!both_ids(x, &list, &p->suppressed_id)) return;
    bool ok = read_person(x, p, &f) && suppressed_replace(api_store(x), api_account(x), list, p, &f) &&
              suppressed_get(api_store(x), http_arena(x), api_account(x), list, p->suppressed_id, p, &f);
    if (!request_failed(x, ok, &f)) reply_people(x, list, p, 1);
}

void handle_suppressed_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t list, id;
    if (!both_ids(x, &list, &id)) return;
    if (!request_failed(x, suppressed_delete(api_store(x), api_account(x), list, id, &f), &f))
        reply_message(x, "The contact was deleted.");
}
