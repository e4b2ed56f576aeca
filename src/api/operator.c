/* operator.c: accounts, keys and mailer ids, for the operator over the server's socket. A key is shown in the answer that makes
 * it and never again. */
#include "api/account_json.h"
#include "api/body.h"
#include "api/page.h"
#include "base/clock.h"

void handle_accounts_get(struct http_exchange *x)
{
    struct account *rows;
    struct fault f;
    struct page_range page;
    int shown;
    if (!page_request_open(x, &page)) return;
    int n = account_list(api_store(x), http_arena(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) {
        char rate[RATE_TEXT_BYTES];
        json_object(j, NULL);
        account_json(j, &rows[i]);
        reply_int(j, "parent_id", rows[i].parent_id);
        reply_int(j, "mailer_id", rows[i].mid);
        if (rows[i].has_rate) rate_write(rows[i].rate, rate);
        json_str(j, "rate_limit", rows[i].has_rate ? str_of(rate) : STR_NULL);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}

void handle_accounts_post(struct http_exchange *x)
{
    struct account_made *made = ARENA_NEW(http_arena(x), struct account_made);
    struct json_value root;
    struct fault f;
    struct once once;
    if (!once_begin(&once, x, account_made_json, made)) return;
    made->account = (struct account){.parent_id = DB_NULL, .mid = DB_NULL};
    bool ok = body_parse(x, false, &root, &f) &&
              body_read(root, http_arena(x), account_body_fields, ACCOUNT_BODY_FIELDS, &made->account, &f) &&
              account_make(api_accounts(x), &made->account, made->key, &f);
    once_reply(&once, ok, &f);
}

void handle_keys_post(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"label", NULL, BODY_TEXT, false, 0}};
    struct account_made *made = ARENA_NEW(http_arena(x), struct account_made);
    struct str label = STR_NULL;
    struct json_value root;
    struct fault f;
    struct once once;
    if (!request_id(x, "id", "account", &made->account.account_id) || !once_begin(&once, x, account_made_json, made)) return;
    made->account.created_at = clock_now_ms();
    bool ok = body_parse(x, true, &root, &f) && body_read(root, http_arena(x), fields, 1, &label, &f);
    ok = ok && account_key_create(api_accounts(x), made->account.account_id, label.ptr ? label : STR(""), made->key, &f);
    once_reply(&once, ok, &f);
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

void handle_rate_limit_put(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"rate_limit", NULL, BODY_TEXT, false, 0}};
    struct str text = STR_NULL;
    struct json_value root;
    struct fault f;
    struct rate rate;
    int64_t id;
    char written[RATE_TEXT_BYTES];
    if (!request_id(x, "id", "account", &id)) return;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), fields, 1, &text, &f) &&
              (!text.ptr || rate_parse(text, &rate, &f)) && account_set_rate(api_accounts(x), id, text.ptr ? &rate : NULL, &f);
    if (request_failed(x, ok, &f)) return;
    if (text.ptr) rate_write(rate, written);
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "account_id", id);
    json_str(j, "rate_limit", text.ptr ? str_of(written) : STR_NULL);
    json_time(j, "updated_date", clock_now_ms());
    json_end(j);
    reply_end(&r, 200);
}
