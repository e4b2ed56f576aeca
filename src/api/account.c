/* account.c: the caller's own account and its sub-accounts (specs: postalytics-api §2). An agency's key reaches the accounts it made wherever a
 * path or a body names one; anybody else's is not there. */
#include "api/account_json.h"
#include "api/page.h"
#include "base/clock.h"
#include "links/connection_end.h"
#include "mail/account_end.h"

/* ---- which account ---- */

static bool is_ours(struct http_exchange *x, int64_t id)
{
    return id == api_account(x) || accounts_is_child(api_accounts(x), api_account(x), id);
}

static bool find_account(struct http_exchange *x, int64_t *id)
{
    if (!request_id(x, "id", "account", id)) return false;
    if (is_ours(x, *id)) return true;
    http_fail(x, 404, "There is no account %lld.", (long long)*id);
    return false;
}

/* The path's, else the body's account_id, else the caller's own. */
static bool named_account(struct http_exchange *x, struct json_value root, int64_t *id, struct fault *f)
{
    static const struct body_field field[] = {{"account_id", NULL, BODY_INT, false, 0}};
    struct str in_path = http_param(x, "id");
    int64_t in_body = DB_NULL;
    if (!body_read(root, http_arena(x), field, 1, &in_body, f)) return false;
    *id = in_body == DB_NULL ? api_account(x) : in_body;
    if (in_path.len && (!str_to_int64(in_path, id) || *id < 1))
        return fault_user(f, 404, "There is no account %.*s.", STR_ARG(in_path));
    if (in_body != DB_NULL && in_body != *id)
        return fault_user(f, 400, "account_id is not the account of the address (%lld).", (long long)*id);
    return is_ours(x, *id) || fault_user(f, 404, "There is no account %lld.", (long long)*id);
}

/* ---- reading ---- */

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
    if (!find_account(x, &id)) return;
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

void handle_subaccounts_get(struct http_exchange *x)
{
    struct account *rows;
    struct fault f;
    struct page_range page;
    int shown;
    if (!page_request_open(x, &page)) return;
    int n = account_children(api_store(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) account_object(j, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}

void handle_account_integrations(struct http_exchange *x)
{
    struct account_connection *rows;
    struct fault f;
    struct page_range page;
    int shown;
    if (!page_request_open(x, &page)) return;
    int n = account_connections(api_store(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) {
        json_object(j, NULL);
        json_str(j, "name", rows[i].name);
        json_bool(j, "connected", rows[i].is_connected);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}

/* ---- making ---- */

static bool is_there(struct str s, const char *name, struct fault *f)
{
    return !str_is_empty(str_trim(s)) || fault_user(f, 400, "%s is required.", name);
}

/* The parser's texts die with its next document, so they are copied: hashing a password takes its time. */
static void keep(struct arena *a, struct account *row)
{
#define X(name) row->name = arena_str(a, row->name);
    ACCOUNT_TEXTS(X)
#undef X
    row->password = arena_str(a, row->password);
}

static bool read_account(struct http_exchange *x, struct json_value root, struct account *out, struct fault *f)
{
    if (!body_read(root, http_arena(x), account_body_fields, ACCOUNT_BODY_FIELDS, out, f)) return false;
    keep(http_arena(x), out);
    return is_there(out->first_name, "first_name", f) && is_there(out->last_name, "last_name", f);
}

void handle_account_post(struct http_exchange *x)
{
    struct account_made *made = ARENA_NEW(http_arena(x), struct account_made);
    struct account *in = &made->account;
    struct json_value root;
    struct fault f;
    struct once once;
    if (!once_begin(&once, x, account_made_json, made)) return;
    *in = (struct account){.parent_id = api_account(x), .mid = DB_NULL};
    bool ok = body_parse(x, false, &root, &f) && read_account(x, root, in, &f) && is_there(in->password, "password", &f) &&
              account_make(api_accounts(x), in, made->key, &f);
    once_reply(&once, ok, &f);
}

/* ---- changing ---- */

static void reply_changed(struct http_exchange *x, int64_t id, const char *date_name)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "account_id", id);
    json_time(j, date_name, clock_now_ms());
    json_end(j);
    reply_end(&r, 200);
}

/* The whole account; the user name and the password stay when they are not named. */
void handle_account_put(struct http_exchange *x)
{
    struct body_field fields[ACCOUNT_BODY_FIELDS];
    struct account to = {.parent_id = DB_NULL};
    struct json_value root;
    struct fault f;
    int64_t id;
    memcpy(fields, account_body_fields, sizeof fields);
    fields[ACCOUNT_username].is_required = false;
    bool ok = body_parse(x, false, &root, &f) && named_account(x, root, &id, &f) &&
              body_read(root, http_arena(x), fields, ACCOUNT_BODY_FIELDS, &to, &f) &&
              is_there(to.first_name, "first_name", &f) && is_there(to.last_name, "last_name", &f);
    uint32_t named = (1u << ACCOUNT_N_TEXTS) - 1;
    if (!to.username.ptr) named &= ~(1u << ACCOUNT_username);
    if (ok) keep(http_arena(x), &to);
    if (!request_failed(x, ok && account_change(api_accounts(x), id, &to, named, &f), &f)) reply_changed(x, id, "updated_date");
}

static uint32_t fields_named(struct json_value root)
{
    uint32_t named = 0;
    for (int i = 0; i < ACCOUNT_N_TEXTS; i++)
        if (body_has(root, account_body_fields[i].name) ||
            (account_body_fields[i].alias && body_has(root, account_body_fields[i].alias)))
            named |= 1u << i;
    return named;
}

void handle_account_patch(struct http_exchange *x)
{
    struct body_field fields[ACCOUNT_BODY_FIELDS];
    struct account to = {.parent_id = DB_NULL};
    struct json_value root;
    struct fault f;
    int64_t id;
    uint32_t named = 0;
    memcpy(fields, account_body_fields, sizeof fields);
    fields[ACCOUNT_username].is_required = false;
    bool ok = body_parse(x, false, &root, &f) && named_account(x, root, &id, &f) &&
              body_read(root, http_arena(x), fields, ACCOUNT_BODY_FIELDS, &to, &f);
    if (ok) named = fields_named(root), keep(http_arena(x), &to);
    if (ok && named & 1u << ACCOUNT_first_name) ok = is_there(to.first_name, "first_name", &f);
    if (ok && named & 1u << ACCOUNT_last_name) ok = is_there(to.last_name, "last_name", &f);
    if (ok && !named && !to.password.ptr) ok = fault_user(&f, 400, "The body names no field of an account.");
    if (!request_failed(x, ok && account_change(api_accounts(x), id, &to, named, &f), &f)) reply_changed(x, id, "updated_date");
}

/* ---- the end ---- */

void handle_account_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!find_account(x, &id)) return;
    if (id == api_account(x)) {
        http_fail(x, 400, "Account %lld is the caller's own; only a sub-account can be deleted, by the account that made it.",
                  (long long)id);
        return;
    }
    const struct api_config *c = &api_caller(x)->api->config;
    struct connection *left = NULL;
    int n_left = connections_leave(c->links, c->connectors, c->n_connectors, http_arena(x), id, &left);
    if (request_failed(x, mail_account_end(api_mail(x), id, connection_end_of_account, &f), &f)) return;
    connections_removed(api_links(x), c->connectors, c->n_connectors, left, n_left);
    connection_clear(c->links, id);
    reply_changed(x, id, "deleted_date");
}
