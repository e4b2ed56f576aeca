/* salesforce_oauth.c: how a connection proves who it is: three ways to an access token, and where it may be sent. An access token has no end that
 * is told; it is renewed when it is refused (specs: crm-apis §2.1). Pure but for OpenSSL. */
#include "links/salesforce/salesforce_layout.h"
#include "links/salesforce/salesforce_private.h"
#include "links/salesforce/salesforce_xml.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/str.h"
#include "net/url.h"
#include "net/web_address.h"
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdio.h>

enum { JWT_LIFE_S = 170 }; /* three minutes at most */

/* ---- where it may be sent ---- */

static bool is_salesforce_own(struct str host)
{
    if (str_ends(host, STR(".salesforce.com")) || str_ends(host, STR(".force.com"))) return true;
    if (!str_ends(host, STR(".com"))) return false; /* *.salesforce-*.com */
    size_t end = host.len - 4, from = end;
    while (from > 0 && host.ptr[from - 1] != '.') from--;
    return from > 0 && str_starts(str_make(host.ptr + from, end - from), STR("salesforce-")) && end - from > 11;
}

bool sf_instance_is_fine(struct str instance_url, struct str login_url)
{
    struct web_address there, login;
    if (!web_address_read(instance_url, &there, NULL) || (there.rest.len && !str_eq(there.rest, STR("/")))) return false;
    if (web_address_read(login_url, &login, NULL) && strcmp(there.host, login.host) == 0 && there.port == login.port &&
        there.is_https == login.is_https)
        return true;
    return there.is_https && !there.is_ip && there.port == 443 && is_salesforce_own(str_of(there.host));
}

/* ---- the JWT ---- */

static int no_password(char *buf, int size, int rwflag, void *ctx) { return (void)buf, (void)size, (void)rwflag, (void)ctx, 0; }

static EVP_PKEY *key_read(struct str pem)
{
    BIO *bio = BIO_new_mem_buf(pem.ptr, (int)pem.len);
    EVP_PKEY *key = bio ? PEM_read_bio_PrivateKey(bio, NULL, no_password, NULL) : NULL;
    BIO_free(bio);
    if (key && EVP_PKEY_base_id(key) != EVP_PKEY_RSA) {
        EVP_PKEY_free(key);
        key = NULL;
    }
    return key;
}

static struct str sign(struct arena *a, EVP_PKEY *key, struct str text)
{
    size_t n = (size_t)EVP_PKEY_size(key);
    unsigned char *out = arena_alloc(a, n);
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    bool ok = ctx && EVP_DigestSignInit(ctx, NULL, EVP_sha256(), NULL, key) == 1 &&
              EVP_DigestSign(ctx, out, &n, (const unsigned char *)text.ptr, text.len) == 1;
    EVP_MD_CTX_free(ctx);
    return ok ? str_make(out, n) : STR_NULL;
}

static struct str claims(struct arena *a, const struct sf_config *c, int64_t now)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "iss", c->client_id);
    json_str(&j, "sub", c->username);
    json_str(&j, "aud", c->audience);
    json_int(&j, "exp", now / 1000 + JWT_LIFE_S);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

struct str sf_jwt(struct arena *a, const struct sf_config *c, int64_t now, struct fault *f)
{
    EVP_PKEY *key = key_read(c->private_key);
    if (!key) {
        fault_user(f, 400, "private_key must be an RSA key in PEM without a password (-----BEGIN PRIVATE KEY-----).");
        return STR_NULL;
    }
    struct str head = base64_url_encode(a, STR("{\"alg\":\"RS256\"}")), body = base64_url_encode(a, claims(a, c, now));
    struct str text = str_of(arena_printf(a, "%.*s.%.*s", STR_ARG(head), STR_ARG(body)));
    struct str signature = sign(a, key, text);
    EVP_PKEY_free(key);
    if (!signature.ptr) {
        fault_ours(f, "OpenSSL does not sign with this key");
        return STR_NULL;
    }
    return str_of(arena_printf(a, "%.*s.%.*s", STR_ARG(text), STR_ARG(base64_url_encode(a, signature))));
}

/* ---- proving it ---- */

static struct str with_session(struct arena *a, struct str body, struct str token)
{
    struct str mark = STR(SF_SESSION);
    const char *at = memmem(body.ptr, body.len, mark.ptr, mark.len);
    if (!at) return body;
    struct buf b = BUF_INIT;
    buf_add(&b, body.ptr, (size_t)(at - body.ptr));
    sf_xml_escape(&b, token);
    buf_add(&b, at + mark.len, body.len - (size_t)(at - body.ptr) - mark.len);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

enum authorised sf_authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                             struct fault *f)
{
    struct sf_config config;
    (void)ctx, (void)now;
    if (!sf_config_read(a, c->settings, c->secrets, &config, f)) return AUTHORISE_CANNOT;
    if (!config.access_token.ptr || !config.instance_url.ptr) return AUTHORISE_RENEW;
    if (!sf_instance_is_fine(config.instance_url, config.login_url)) {
        fault_user(f, 409, "The address that Salesforce gave for this connection is not one of Salesforce's. Save it again.");
        return AUTHORISE_CANNOT;
    }
    struct str path = ask->url;
    if (!str_starts(path, STR("/services/"))) path = sf_path(a, &config, arena_strz(a, arena_str(a, path).ptr));
    ask->url = str_of(arena_printf(a, "%.*s%.*s", STR_ARG(config.instance_url), STR_ARG(path)));
    if (str_starts(path, STR("/services/Soap/"))) {
        ask->body = with_session(a, ask->body, config.access_token);
        return AUTHORISED;
    }
    ASSERT(ask->n_headers < (int)(sizeof ask->headers / sizeof *ask->headers));
    ask->headers[ask->n_headers++] = str_of(arena_printf(a, "Authorization: Bearer %.*s", STR_ARG(config.access_token)));
    return AUTHORISED;
}

/* ---- renewing ---- */

bool sf_renew_ask(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask, struct fault *f)
{
    struct sf_config config;
    struct buf b = BUF_INIT;
    (void)ctx;
    if (!sf_config_read(a, c->settings, c->secrets, &config, f)) return false;
    if (str_eq(config.flow, STR("jwt"))) {
        struct str jwt = sf_jwt(a, &config, now, f);
        if (!jwt.ptr) return false;
        url_add_pair(&b, "grant_type", STR("urn:ietf:params:oauth:grant-type:jwt-bearer"));
        url_add_pair(&b, "assertion", jwt);
    } else {
        bool is_refresh = str_eq(config.flow, STR("refresh_token"));
        url_add_pair(&b, "grant_type", config.flow);
        if (is_refresh) url_add_pair(&b, "refresh_token", config.refresh_token);
        url_add_pair(&b, "client_id", config.client_id);
        url_add_pair(&b, "client_secret", config.client_secret);
    }
    ask->method = "POST";
    ask->url = str_of(arena_printf(a, "%.*s/services/oauth2/token", STR_ARG(config.login_url)));
    ask->headers[ask->n_headers++] = STR("Content-Type: application/x-www-form-urlencoded");
    ask->headers[ask->n_headers++] = STR("Accept: application/json");
    ask->body = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return true;
}

static bool is_renewed_key(struct str key)
{
    return str_eq(key, STR("access_token")) || str_eq(key, STR("instance_url")) || str_eq(key, STR("user_id")) ||
           str_eq(key, STR("org_id"));
}

/* "https://login.salesforce.com/id/00Dxx…/005xx…": the part that is `back` from its end. */
static struct str id_part(struct str url, int back)
{
    for (struct str s = url; s.len;) {
        size_t n = s.len;
        while (n > 0 && s.ptr[n - 1] != '/') n--;
        struct str part = str_make(s.ptr + n, s.len - n);
        if (back-- == 0) return sf_id_is(part) ? part : STR_NULL;
        s.len = n ? n - 1 : 0;
    }
    return STR_NULL;
}

/* What was there, with what is new in place of what it replaces. */
static bool write_secrets(struct arena *a, const struct connection *c, struct json_value answer, struct str *out,
                          struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value was = {.type = JSON_MISSING}, v, refresh = json_get(answer, "refresh_token");
    struct json_iter it = {0};
    struct str key, id = json_get(answer, "id").string;
    bool ok = !c->secrets.len || json_parse(p, json_padded(a, c->secrets), &was, f);
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    while (ok && json_next(was, &it, &key, &v))
        if (!is_renewed_key(key) && !(str_eq(key, STR("refresh_token")) && refresh.type == JSON_STRING))
            json_value_write(&j, arena_str(a, key).ptr, v);
    json_str(&j, "access_token", json_get(answer, "access_token").string);
    json_str(&j, "instance_url", json_get(answer, "instance_url").string);
    json_str(&j, "user_id", id_part(id, 0));
    json_str(&j, "org_id", id_part(id, 1));
    if (refresh.type == JSON_STRING) json_str(&j, "refresh_token", refresh.string);
    json_end(&j);
    json_out_end(&j);
    *out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    json_parser_destroy(&p);
    return ok;
}

/* A page, or a part of something: it may be a maintenance, so the authorisation is not lost for it. */
static bool not_json(const struct fetch_answer *answer, struct fault *f)
{
    return fault_remote(
        f,
        "The connection's login address answered %d with a page instead of JSON, or its answer broke off; it may be "
        "under maintenance. If this stays so, look at login_url.",
        answer->status);
}

/* In words that say what to do; never with what was sent. */
static bool refused(const struct fetch_answer *answer, struct fault *f)
{
    struct sf_error e;
    struct str body = str_trim(answer->body);
    if (body.len && *body.ptr == '<') return not_json(answer, f);
    sf_error_read(answer->body, &e);
    if (strstr(e.message, "hasn't approved this consumer"))
        return fault_user(
            f, 409,
            "Salesforce says that the user has not approved the app: in Setup, open the app's policies, set Permitted Users to "
            "\"Admin approved users are pre-authorized\" and add the user's profile.");
    if (strcmp(e.code, "invalid_grant") == 0 || strcmp(e.code, "invalid_client_id") == 0 ||
        strcmp(e.code, "invalid_client") == 0)
        return fault_user(f, 409,
                          "Salesforce refuses this connection's authorisation (%s: %s). Authorise it again and save it.",
                          e.code, e.message);
    return fault_user(f, 409, "Salesforce gave no access token (%s%s%s). Look at the connection's login address and app.",
                      *e.code ? e.code : answer->sentence, *e.message ? ": " : "", e.message);
}

static bool take(struct arena *a, const struct connection *c, struct json_value root, struct str *secrets, struct fault *f)
{
    struct sf_config config;
    struct json_value token = json_get(root, "access_token"), instance = json_get(root, "instance_url");
    if (!sf_config_read(a, c->settings, STR_NULL, &config, f)) return false;
    if (token.type != JSON_STRING || !token.string.len || instance.type != JSON_STRING)
        return fault_user(f, 409,
                          "The connection's login address does not answer like Salesforce: no access_token and instance_url.");
    for (size_t i = 0; i < token.string.len; i++)
        if ((unsigned char)token.string.ptr[i] <= ' ') return fault_user(f, 409, "Salesforce's access token holds blanks.");
    if (!sf_instance_is_fine(instance.string, config.login_url))
        return fault_user(f, 409,
                          "The answer to the authorisation names an address outside Salesforce (instance_url). Nothing was "
                          "sent there; look at "
                          "the connection's login address.");
    return write_secrets(a, c, root, secrets, f);
}

bool sf_renew_read(void *ctx, const struct connection *c, struct arena *a, int64_t now, const struct fetch_answer *answer,
                   struct str *secrets, struct fault *f)
{
    (void)ctx, (void)now;
    if (answer->status != 200) return refused(answer, f);
    struct json_parser *p = json_parser_create();
    struct json_value root;
    bool ok = json_parse(p, json_padded(a, answer->body), &root, NULL) && root.type == JSON_OBJECT;
    if (!ok)
        not_json(answer, f);
    else
        ok = take(a, c, root, secrets, f);
    json_parser_destroy(&p);
    return ok;
}
