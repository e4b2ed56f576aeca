/* online.c: what a drop says of visits to its personal URLs, and the house's tracking domains (mail/visit.h, mail/domain.h). */
#include "api/body.h"
#include "api/api_private.h"
#include "mail/domain.h"
#include "mail/visit.h"

/* ---- a drop ---- */

static void reply_online(struct http_exchange *x, int64_t id)
{
    struct drop_online o;
    struct fault f;
    if (request_failed(x, drop_online_get(api_store(x), http_arena(x), api_account(x), id, &o, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "drop_id", o.drop_id);
    json_str(j, "starting_url", o.starting_url);
    json_str(j, "goal_url", o.goal_url);
    json_raw(j, "landing_fields", o.landing_fields);
    json_strz(j, "online_tracking", online_word(o.tracking));
    json_end(j);
    reply_end(&r, 200);
}

void handle_drop_get(struct http_exchange *x)
{
    int64_t id;
    if (request_id(x, "id", "campaign", &id)) reply_online(x, id);
}

/* Named at all, null included. */
static bool read_url(struct json_value root, const char *name, struct arena *a, bool *has, struct str *out, struct fault *f)
{
    struct json_value v = json_get(root, name);
    *has = v.type != JSON_MISSING;
    return !*has || body_text(v, name, a, out, f);
}

static bool read_fields(struct json_value root, struct arena *a, struct drop_online_change *c, struct fault *f)
{
    struct json_value v = json_get(root, "landing_fields"), name;
    struct json_iter it = {0};
    c->has_landing_fields = v.type != JSON_MISSING;
    if (!c->has_landing_fields || v.type == JSON_NULL) return true;
    if (v.type != JSON_ARRAY) return fault_user(f, 400, "landing_fields must be an array of names.");
    struct str *names = ARENA_ARRAY(a, struct str, json_count(v) + 1);
    while (json_next(v, &it, NULL, &name)) {
        if (name.type != JSON_STRING) return fault_user(f, 400, "landing_fields must be an array of names.");
        names[c->n_fields++] = arena_str(a, str_trim(name.string));
    }
    c->fields = names;
    return true;
}

static bool read_tracking(struct json_value root, struct drop_online_change *c, struct fault *f)
{
    struct json_value v = json_get(root, "online_tracking");
    c->has_tracking = v.type != JSON_MISSING;
    if (!c->has_tracking || (v.type == JSON_STRING && online_of_word(v.string, &c->tracking))) return true;
    return fault_user(f, 400, "online_tracking is off, on or test.");
}

void handle_drop_patch(struct http_exchange *x)
{
    struct drop_online_change c = {.n_fields = 0};
    struct json_value root;
    struct fault f;
    int64_t id;
    struct arena *a = http_arena(x);
    if (!request_id(x, "id", "campaign", &id)) return;
    bool ok = body_parse(x, true, &root, &f) && read_url(root, "starting_url", a, &c.has_starting_url, &c.starting_url, &f) &&
              read_url(root, "goal_url", a, &c.has_goal_url, &c.goal_url, &f) && read_fields(root, a, &c, &f) &&
              read_tracking(root, &c, &f) && drop_online_put(api_mail(x), api_account(x), id, &c, &f);
    if (!request_failed(x, ok, &f)) reply_online(x, id);
}

void handle_visits_delete(struct http_exchange *x)
{
    int64_t id, drop_id, n;
    struct fault f;
    struct str test = http_query(x, "test");
    if (!request_id(x, "id", "campaign", &id)) return;
    if (!test.ptr || !str_eq(test, STR("1"))) {
        http_fail(x, 400, "Only test visits can be wiped: ask for ?test=1.");
        return;
    }
    if (request_failed(x, visit_wipe_test(api_mail(x), api_account(x), id, &drop_id, &n, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_int(j, "drop_id", drop_id);
    json_int(j, "wiped", n);
    json_end(j);
    reply_end(&r, 200);
}

/* ---- tracking domains ---- */

static void domain_json(struct http_exchange *x, struct json_out *j, const struct domain_row *d)
{
    json_object(j, NULL);
    json_str(j, "host", d->host);
    json_int(j, "account_id", d->account);
    json_strz(j, "purl_base", purl_base(api_mail(x), http_arena(x), d->account));
    json_time(j, "created_date", d->created_at);
    json_end(j);
}

void handle_domains_get(struct http_exchange *x)
{
    struct domain_row *rows;
    struct fault f;
    int n = domain_all(api_store(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) domain_json(x, j, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}

/* The account that a body {"account_id":7} or the query names. */
static bool read_account(struct http_exchange *x, int64_t *account, struct fault *f)
{
    static const struct body_field fields[] = {{"account_id", NULL, BODY_INT, false, 0}};
    struct json_value root;
    struct str named = http_query(x, "account_id");
    *account = 0;
    if (named.ptr && str_to_int64(named, account) && *account > 0) return true;
    if (!body_parse(x, true, &root, f) || (root.type == JSON_OBJECT && !body_read(root, http_arena(x), fields, 1, account, f)))
        return false;
    return *account > 0 || fault_user(f, 400, "account_id says whose tracking domain it is.");
}

void handle_domain_put(struct http_exchange *x)
{
    struct fault f;
    int64_t account;
    struct domain_row *rows;
    struct str host = http_param(x, "host");
    bool ok = read_account(x, &account, &f) && domain_put(api_mail(x), account, host, http_header(x, "Host"), &f);
    int n = ok ? domain_all(api_store(x), http_arena(x), account, &rows, &f) : -1;
    if (request_failed(x, n >= 0, &f)) return;
    for (int i = 0; i < n; i++) {
        if (!str_eq_nocase(rows[i].host, host) && i + 1 < n) continue;
        struct reply r;
        domain_json(x, reply_begin(&r, x), &rows[i]);
        reply_end(&r, 200);
        return;
    }
    http_fail(x, 404, "There is no tracking domain %.*s.", STR_ARG(host)); /* taken away meanwhile */
}

void handle_domain_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t account;
    bool ok = read_account(x, &account, &f) && domain_delete(api_mail(x), account, http_param(x, "host"), &f);
    if (!request_failed(x, ok, &f)) reply_done(x, "deleted_date", "account_id", account);
}
