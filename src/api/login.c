/* login.c: links that open the status pages without a key (specs: postalytics-api §7), and the cookie that such a link leaves. The cookie opens
 * pages and nothing else: the API asks for a key. */
#include "account/session.h"
#include "api/api_private.h"
#include "api/body.h"
#include "base/clock.h"
#include "base/settings.h"

#define COOKIE "pennypost_session"

struct str login_cookie(struct http_exchange *x)
{
    struct str rest = http_header(x, "Cookie");
    while (rest.ptr) {
        struct str value, pair = str_trim(str_cut(rest, ';', &rest));
        if (str_eq(str_cut(pair, '=', &value), STR(COOKIE))) return value;
    }
    return STR_NULL;
}

/* ---- making ---- */

struct wish {
    struct str api_key, url, domain;
    int64_t id;
};

/* The hosted service's names of its screens, and where such a thing is looked at here. */
static bool target_of(struct http_exchange *x, const struct wish *w, struct str *out, struct fault *f)
{
    static const struct {
        const char *name, *path;
        bool takes_id;
    } targets[] = {
        {"dashboard", "/", false},
        {"template-create", "/templates", false},
        {"contact-import", "/lists", false},
        {"template-list", "/templates", false},
        {"campaign-create", "/campaigns", false},
        {"campaign-dashboard", "/campaigns", true},
        {"campaign-edit", "/campaigns", true},
        {"template-edit", "/templates", false},
    };
    struct str name = str_is_empty(str_trim(w->url)) ? STR("dashboard") : str_trim(w->url);
    for (size_t i = 0; i < sizeof targets / sizeof *targets; i++) {
        if (!str_eq_nocase(name, str_of(targets[i].name))) continue;
        bool has_id = targets[i].takes_id && w->id != DB_NULL && w->id > 0;
        *out = has_id ? str_of(arena_printf(http_arena(x), "%s/%lld", targets[i].path, (long long)w->id))
                      : str_of(targets[i].path);
        return true;
    }
    return fault_user(
        f, 400,
        "url \"%.*s\" is none of dashboard, template-create, template-list, template-edit, contact-import, campaign-create, "
        "campaign-dashboard, campaign-edit.",
        (int)(name.len > 60 ? 60 : name.len), name.ptr);
}

/* Letters, digits, dots, hyphens and a port: nothing that would end the host in an address. */
static bool is_host(struct str s)
{
    static const char fine[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-:[]";
    for (size_t i = 0; i < s.len; i++)
        if (!s.ptr[i] || !strchr(fine, s.ptr[i])) return false;
    return s.len > 0 && s.len <= 255;
}

/* Where the caller wants his people to arrive, else where the operator says, else where this request came to. */
static bool base_of(struct http_exchange *x, struct str domain, const char **out, struct fault *f)
{
    struct str base = str_of(setting_get(SETTING_PUBLIC_BASE)), host = http_header(x, "Host");
    domain = str_trim(domain);
    while (base.len && base.ptr[base.len - 1] == '/') base.len--;
    if (domain.len && !is_host(domain)) return fault_user(f, 400, "domain is no host name.");
    if (domain.len)
        *out = arena_printf(http_arena(x), "https://%.*s", STR_ARG(domain));
    else if (base.len)
        *out = arena_strz(http_arena(x), arena_str(http_arena(x), base).ptr);
    else if (is_host(host))
        *out = arena_printf(http_arena(x), "http://%.*s", STR_ARG(host));
    else
        return fault_user(f, 400, "The header Host is no host name.");
    return true;
}

static bool account_of_key(struct http_exchange *x, struct str key, int64_t *account, struct fault *f)
{
    *account = accounts_by_key(api_accounts(x), str_trim(key), NULL);
    if (*account && (*account == api_account(x) || accounts_is_child(api_accounts(x), api_account(x), *account))) return true;
    return fault_user(f, 400, "api_key opens neither this account nor a sub-account of it.");
}

void handle_loginlink_post(struct http_exchange *x)
{
    static const struct body_field fields[] = {{"api_key", NULL, BODY_TEXT, true, offsetof(struct wish, api_key)},
                                               {"url", NULL, BODY_TEXT, false, offsetof(struct wish, url)},
                                               {"id", NULL, BODY_INT, false, offsetof(struct wish, id)},
                                               {"domain", NULL, BODY_TEXT, false, offsetof(struct wish, domain)}};
    struct wish w;
    struct str target;
    struct json_value root;
    struct fault f;
    char token[SESSION_TOKEN_BYTES];
    const char *base = "";
    int64_t account;
    bool ok = body_parse(x, false, &root, &f) && body_read(root, http_arena(x), fields, 4, &w, &f) &&
              target_of(x, &w, &target, &f) && base_of(x, w.domain, &base, &f) && account_of_key(x, w.api_key, &account, &f) &&
              session_link_create(api_accounts(x), account, target, token, &f);
    if (request_failed(x, ok, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_time(j, "CreatedDate", clock_now_ms());
    json_strz(j, "LoginLink", arena_printf(http_arena(x), "%s/login/%s", base, token));
    json_end(j);
    reply_end(&r, 200);
}

/* ---- using ---- */

static void add_headers(struct http_exchange *x)
{
    http_add_header(x, "Cache-Control", "no-store");
    http_add_header(x, "Referrer-Policy", "no-referrer");
}

/* A browser stands here, so a refusal is a line of text. Looking ahead (HEAD) uses nothing up. */
void handle_login(struct http_exchange *x)
{
    struct str target;
    struct fault f;
    char session[SESSION_TOKEN_BYTES];
    add_headers(x);
    if (http_method(x) == HTTP_HEAD) {
        http_answer(x, 200, "text/plain; charset=utf-8", STR(""));
        return;
    }
    if (!session_link_use(api_accounts(x), http_arena(x), http_param(x, "token"), session, &target, &f)) {
        if (f.whose == FAULT_USER)
            http_answer(x, fault_http_status(&f), "text/plain; charset=utf-8", str_of(f.text));
        else
            http_fail_fault(x, &f);
        return;
    }
    bool is_https = str_starts(str_of(setting_get(SETTING_PUBLIC_BASE)), STR("https://"));
    http_add_header(x, "Set-Cookie",
                    arena_printf(http_arena(x), COOKIE "=%s; Path=/; Max-Age=%lld; HttpOnly; SameSite=Lax%s", session,
                                 (long long)limit_get(LIMIT_LOGIN_SESSION_S), is_https ? "; Secure" : ""));
    http_add_header(x, "Location", arena_strz(http_arena(x), arena_str(http_arena(x), target).ptr));
    http_answer(x, 303, "text/plain; charset=utf-8", STR(""));
}
