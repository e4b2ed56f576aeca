/* highlevel_terms.c: what a connection is set to: read, checked, put on a request; and its access token renewed. A private integration's token
 * has no end; an OAuth one has, and its refresh token is good for one use: the answer's replaces it (links/tokens.h stores it first). */
#include "links/highlevel/highlevel_private.h"
#include "base/buf.h"
#include "net/url.h"
#include <stdio.h>

enum {
    BURST_LEAST = 10 /* more than one event takes, which is not told in parts */,
    BURST_MOST = 10000,
    SPARE_MS = 60000 /* a token that has less left is renewed before it is used */
};

/* ---- read ---- */

static struct json_value parsed(struct json_parser *p, struct arena *a, struct str json)
{
    struct json_value root;
    if (json.ptr && json_parse(p, json_padded(a, json), &root, NULL)) return root;
    return (struct json_value){.type = JSON_MISSING};
}

static struct str secret(struct json_value secrets, struct arena *a, const char *name)
{
    struct json_value v = json_get(secrets, name);
    return v.type == JSON_STRING ? arena_str(a, v.string) : STR_NULL;
}

/* 0: off; -1: neither that nor a number in bounds. */
static int burst_of(struct str text)
{
    int64_t n;
    if (str_eq(text, STR("off"))) return 0;
    return str_to_int64(text, &n) && n >= 1 && n <= BURST_MOST ? (int)n : -1;
}

void highlevel_terms_read(const struct connector *c, struct json_parser *p, const struct connection *from, struct arena *a,
                          struct highlevel_terms *out)
{
    struct json_value v = parsed(p, a, from->settings);
#define TEXT(name) arena_str(a, connector_setting_get(c, v, name))
#define YES(name)  str_eq(connector_setting_get(c, v, name), STR("yes"))
    *out = (struct highlevel_terms){
        .base_url = TEXT("base_url"),
        .version = TEXT("version"),
        .location_id = TEXT("location_id"),
        .tag = TEXT("tag"),
        .client_id = TEXT("client_id"),
        .redirect_uri = TEXT("redirect_uri"),
        .writes_tag = YES("write_tag"),
        .writes_note = YES("write_note"),
        .refires_visits = YES("refire_visits"),
        .may_create = YES("create_contacts"),
        .burst = burst_of(connector_setting_get(c, v, "burst")),
    };
#undef TEXT
#undef YES
    v = parsed(p, a, from->secrets);
    out->token = secret(v, a, "token");
    out->access_token = secret(v, a, "access_token");
    out->refresh_token = secret(v, a, "refresh_token");
    out->code = secret(v, a, "code");
    out->client_secret = secret(v, a, "client_secret");
    out->expires_at = json_get(v, "expires_at").integer;
    if (out->burst < 0) out->burst = 90;
    while (out->base_url.len && out->base_url.ptr[out->base_url.len - 1] == '/') out->base_url.len--;
}

/* ---- checked ---- */

static bool has(struct json_value object, const char *name)
{
    struct json_value v = json_get(object, name);
    return v.type == JSON_STRING && v.string.len > 0;
}

static bool check_authorization(struct json_value settings, struct json_value secrets, struct fault *f)
{
    bool has_code = has(secrets, "code");
    if (!has_code && has(secrets, "token")) return true;
    if (!has(settings, "client_id") || !has(secrets, "client_secret"))
        return fault_user(f, 400, "Set token, or client_id and client_secret with a code or a refresh_token.");
    if (!has_code && has(secrets, "refresh_token")) return true;
    if (!has_code) return fault_user(f, 400, "With client_id set code, or refresh_token.");
    return has(settings, "redirect_uri") || fault_user(f, 400, "With code set redirect_uri, as the app has it.");
}

static bool check_words(const struct connector *c, struct json_value settings, struct fault *f)
{
    static const char *const switches[] = {"write_tag", "write_note", "refire_visits", "create_contacts"};
    for (size_t i = 0; i < sizeof switches / sizeof *switches; i++) {
        struct str s = connector_setting_get(c, settings, switches[i]);
        if (!str_eq(s, STR("yes")) && !str_eq(s, STR("no"))) return fault_user(f, 400, "%s must be yes or no.", switches[i]);
    }
    struct str tag = connector_setting_get(c, settings, "tag");
    if (!memmem(tag.ptr, tag.len, "{code}", 6))
        return fault_user(f, 400, "tag must hold {code}, in whose place the status code comes.");
    if (tag.len > 200) return fault_user(f, 400, "tag must have at most 200 bytes.");
    int burst = burst_of(connector_setting_get(c, settings, "burst"));
    if (burst && burst < BURST_LEAST)
        return fault_user(f, 400, "burst must be a number from %d to %d, or off.", BURST_LEAST, BURST_MOST);
    return true;
}

static bool check_address(const struct connector *c, struct json_value settings, struct fault *f)
{
    struct str base = connector_setting_get(c, settings, "base_url"), version = connector_setting_get(c, settings, "version");
    if (!url_is_base(base)) return fault_user(f, 400, "base_url must be an address like https://services.leadconnectorhq.com.");
    for (size_t i = 0; i < version.len; i++)
        if ((unsigned char)version.ptr[i] <= ' ') return fault_user(f, 400, "version must be a word like 2021-07-28.");
    return version.len > 0 || fault_user(f, 400, "version must be a word like 2021-07-28.");
}

static bool check_hook(const struct connector *c, struct json_value settings, struct fault *f)
{
    static const char *const keys[] = {[HIGHLEVEL_RSA] = "hook_key_rsa", [HIGHLEVEL_ED25519] = "hook_key_ed25519"};
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        struct str key = connector_setting_get(c, settings, keys[i]);
        if (key.len && !highlevel_key_check(key, (enum highlevel_signing)i))
            return fault_user(f, 400, "%s must be a public key of that kind in PEM form.", keys[i]);
    }
    return highlevel_mapping_check(connector_setting_get(c, settings, "hook_fields"), f);
}

bool highlevel_check(void *ctx, struct json_value settings, struct json_value secrets, struct fault *f)
{
    const struct connector *c = &((struct highlevel *)ctx)->connector;
    return check_authorization(settings, secrets, f) && check_words(c, settings, f) && check_address(c, settings, f) &&
           check_hook(c, settings, f);
}

/* ---- on a request ----
 * A code goes before a token that was said with it, and is traded in with the first request; of what was there before none is left (is_proof). */

static void add_header(struct fetch_ask *ask, struct arena *a, const char *name, struct str value)
{
    ask->headers[ask->n_headers++] = str_of(arena_printf(a, "%s: %.*s", name, STR_ARG(value)));
}

enum authorised highlevel_terms_sign(const struct highlevel_terms *t, struct arena *a, int64_t now, struct fetch_ask *ask,
                                     struct fault *f)
{
    struct str token = t->code.len ? STR_NULL : t->token;
    if (!token.len) {
        if (!t->refresh_token.len && !t->code.len) {
            fault_user(f, 409, "The connection has no token. Save it with a private integration token, or authorise it again.");
            return AUTHORISE_CANNOT;
        }
        if (t->code.len || !t->access_token.len || t->expires_at - SPARE_MS <= now) return AUTHORISE_RENEW;
        token = t->access_token;
    }
    ask->url = str_of(arena_printf(a, "%.*s%.*s", STR_ARG(t->base_url), STR_ARG(ask->url)));
    ask->headers[ask->n_headers++] = str_of(arena_printf(a, "Authorization: Bearer %.*s", STR_ARG(token)));
    add_header(ask, a, "Version", t->version);
    add_header(ask, a, "Accept", STR("application/json"));
    return AUTHORISED;
}

/* ---- renewed ---- */

static struct highlevel_terms terms_of(void *ctx, const struct connection *c, struct arena *a)
{
    struct highlevel_terms t;
    struct json_parser *p = json_parser_create();
    highlevel_terms_read(&((struct highlevel *)ctx)->connector, p, c, a, &t);
    json_parser_destroy(&p);
    return t;
}

bool highlevel_renew_ask(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                         struct fault *f)
{
    (void)now;
    struct highlevel_terms t = terms_of(ctx, c, a);
    struct buf b = BUF_INIT;
    if (t.token.len && !t.code.len)
        return fault_user(
            f, 409,
            "HighLevel refuses the private integration token. Look at its scopes, or make a new one, under Settings > "
            "Private Integrations, and save the connection with it.");
    if (!t.refresh_token.len && !t.code.len)
        return fault_user(f, 409, "The connection has nothing to renew its token with. Authorise it again.");
    url_add_pair(&b, "client_id", t.client_id);
    url_add_pair(&b, "client_secret", t.client_secret);
    if (t.code.len) {
        url_add_pair(&b, "grant_type", STR("authorization_code"));
        url_add_pair(&b, "code", t.code);
        url_add_pair(&b, "redirect_uri", t.redirect_uri);
    } else {
        url_add_pair(&b, "grant_type", STR("refresh_token"));
        url_add_pair(&b, "refresh_token", t.refresh_token);
    }
    url_add_pair(&b, "user_type", STR("Location"));
    ask->method = "POST";
    ask->url = str_of(arena_printf(a, "%.*s/oauth/token", STR_ARG(t.base_url)));
    ask->body = arena_str(a, buf_str(&b));
    buf_finish(&b);
    ask->headers[ask->n_headers++] = STR("Content-Type: application/x-www-form-urlencoded");
    add_header(ask, a, "Accept", STR("application/json"));
    return true;
}

static struct str secrets_write(struct arena *a, const struct highlevel_terms *t, struct json_value answer, int64_t now)
{
    struct json_value expires = json_get(answer, "expires_in"), next = json_get(answer, "refresh_token");
    int64_t seconds = expires.type == JSON_INT && expires.integer > 0 && expires.integer < 100000000 ? expires.integer : 86399;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "client_secret", t->client_secret);
    json_str(&j, "access_token", json_get(answer, "access_token").string);
    json_str(&j, "refresh_token", next.type == JSON_STRING && next.string.len ? next.string : t->refresh_token);
    json_int(&j, "expires_at", now + seconds * 1000);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

bool highlevel_renew_read(void *ctx, const struct connection *c, struct arena *a, int64_t now,
                          const struct fetch_answer *answer, struct str *secrets, struct fault *f)
{
    struct highlevel_terms t = terms_of(ctx, c, a);
    struct json_value root;
    char sentence[300];
    /* Whatever is not a plain no may pass: the refresh token is kept and tried again. */
    if (answer->status >= 400 && answer->status <= 499 && answer->status != 408 && answer->status != 425) {
        highlevel_judge(answer, sentence, sizeof sentence);
        return fault_user(f, 409, "HighLevel does not renew this connection's token, so it must be authorised again. %s",
                          sentence);
    }
    struct json_parser *p = json_parser_create();
    bool ok = answer->status >= 200 && answer->status <= 299 && json_parse(p, json_padded(a, answer->body), &root, NULL) &&
              has(root, "access_token");
    if (ok) *secrets = secrets_write(a, &t, root, now);
    json_parser_destroy(&p);
    if (ok) return true;
    highlevel_misshapen(answer, "a new token", sentence, sizeof sentence);
    return fault_remote(f, "%s", sentence);
}
