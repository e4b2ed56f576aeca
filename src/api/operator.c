/* operator.c: accounts, keys and mailer ids, for the operator over the server's socket. A key is shown in the answer that makes
 * it and never again. */
#include "api/account_json.h"
#include "api/body.h"
#include "base/clock.h"

#define TEXT(member)                                                                                                           \
    {                                                                                                                          \
#member, NULL, BODY_TEXT, false, offsetof(struct account, member)                                                      \
    }
static const struct body_field account_fields[] = {
    {"username", NULL, BODY_TEXT, true, offsetof(struct account, username)},
    TEXT(first_name),
    TEXT(last_name),
    TEXT(email_address),
    TEXT(company),
    TEXT(phone),
    {"address_street", "address", BODY_TEXT, false, offsetof(struct account, address_street)},
    {"address_city", "city", BODY_TEXT, false, offsetof(struct account, address_city)},
    {"address_state", "state", BODY_TEXT, false, offsetof(struct account, address_state)},
    {"address_zip", "zip", BODY_TEXT, false, offsetof(struct account, address_zip)},
};
#undef TEXT
void handle_accounts_get(struct http_exchange *x)
{
    struct account *rows;
    struct fault f;
    int n = account_list(api_store(x), http_arena(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) {
        json_object(j, NULL);
        account_json(j, &rows[i]);
        reply_int(j, "parent_id", rows[i].parent_id);
        reply_int(j, "mailer_id", rows[i].mid);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}

static void reply_key(struct http_exchange *x, int64_t account_id, const char *key)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "account_id", account_id);
    json_strz(j, "api_key", key);
    json_time(j, "created_date", clock_now_ms());
    json_end(j);
    reply_end(&r, 200);
}

void handle_accounts_post(struct http_exchange *x)
{
    struct account in = {.parent_id = DB_NULL, .mid = DB_NULL};
    struct json_value root;
    struct fault f;
    char key[37];
    int64_t id;
    bool ok = body_parse(x, false, &root, &f) &&
              body_read(root, http_arena(x), account_fields, sizeof account_fields / sizeof *account_fields, &in, &f) &&
              account_create(api_accounts(x), &in, &id, key, &f);
    if (!request_failed(x, ok, &f)) reply_key(x, id, key);
}

void handle_keys_post(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"label", NULL, BODY_TEXT, false, 0}};
    struct str label = STR_NULL;
    struct json_value root;
    struct fault f;
    char key[37];
    int64_t id;
    if (!request_id(x, "id", "account", &id)) return;
    bool ok = body_parse(x, true, &root, &f) && body_read(root, http_arena(x), fields, 1, &label, &f);
    ok = ok && account_key_create(api_accounts(x), id, label.ptr ? label : STR(""), key, &f);
    if (!request_failed(x, ok, &f)) reply_key(x, id, key);
}

void handle_key_delete(struct http_exchange *x)
{
    struct str hint = http_param(x, "hint");
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "account", &id)) return;
    if (request_failed(x, account_key_revoke(api_accounts(x), id, hint, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "account_id", id);
    json_str(j, "hint", hint);
    json_time(j, "deleted_date", clock_now_ms());
    json_end(j);
    reply_end(&r, 200);
}

void handle_mailer_id_put(struct http_exchange *x)
{
    struct str text = http_param(x, "mid");
    struct fault f;
    int64_t id, mid;
    if (!request_id(x, "id", "account", &id)) return;
    bool ok = ((text.len == 6 || text.len == 9) && str_to_int64(text, &mid)) ||
              fault_user(&f, 400, "\"%.*s\" is not a mailer id: it has six or nine digits.", STR_ARG(text));
    if (request_failed(x, ok && account_mailer_id_add(api_accounts(x), id, mid, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "account_id", id);
    json_int(j, "mailer_id", mid);
    json_time(j, "updated_date", clock_now_ms());
    json_end(j);
    reply_end(&r, 200);
}
