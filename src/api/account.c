/* account.c: the caller's own account (specs: postalytics-api §2). */
#include "api/account_json.h"

void handle_account_me(struct http_exchange *x)
{
    struct account row;
    struct fault f;
    if (request_failed(x, account_get(api_store(x), http_arena(x), api_account(x), &row, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    json_object(j, NULL);
    account_json(j, &row);
    json_end(j);
    json_end(j);
    reply_end(&r, 200);
}

void handle_account_get(struct http_exchange *x)
{
    struct account row;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "account", &id)) return;
    if (id != api_account(x)) {
        http_fail(x, 404, "There is no account %lld.", (long long)id);
        return;
    }
    if (request_failed(x, account_get(api_store(x), http_arena(x), id, &row, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    account_json(j, &row);
    json_null(j, "api_key"); /* only its digest is kept */
    reply_int(j, "parent_id", row.parent_id);
    json_end(j);
    reply_end(&r, 200);
}

void account_json(struct json_out *j, const struct account *a)
{
    json_int(j, "account_id", a->account_id);
    json_str(j, "username", a->username);
    json_str(j, "first_name", a->first_name);
    json_str(j, "last_name", a->last_name);
    json_str(j, "email_address", a->email_address);
    json_str(j, "company", a->company);
    json_str(j, "phone", a->phone);
    json_str(j, "address_street", a->address_street);
    json_str(j, "address_city", a->address_city);
    json_str(j, "address_state", a->address_state);
    json_str(j, "address_zip", a->address_zip);
    json_time(j, "created_date", a->created_at);
}
