/* remote.c: see remote.h. One thread. */
#include "app/remote.h"
#include "app/house.h"
#include "base/json_shown.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>

struct remote {
    struct house *own; /* NULL: a server runs */
    char account[24];
    struct buf answer, shown; /* as it came, as people may see it */
    struct json_parser *parser;
};

struct remote *remote_open(const char *account, bool may_make, struct fault *f)
{
    struct buf nothing = BUF_INIT;
    int status;
    struct fault nobody = {0};
    struct http_call ping = {.unix_path = house_socket(), .method = "GET", .target = "/healthz"};
    bool there = http_call(&ping, &status, &nothing, &nobody);
    buf_finish(&nothing);
    struct remote *r = calloc(1, sizeof *r);
    ASSERT(r);
    if (account) snprintf(r->account, sizeof r->account, "%s", account);
    r->parser = json_parser_create();
    if (there) return r;
    log_set_level(LOG_WARNING);
    if ((may_make || house_is_there(f)) && (r->own = house_open(false, f))) return r;
    remote_close(&r);
    return NULL;
}

void remote_close(struct remote **rp)
{
    struct remote *r = *rp;
    if (!r) return;
    *rp = NULL;
    house_close(&r->own);
    json_parser_destroy(&r->parser);
    buf_finish(&r->answer), buf_finish(&r->shown);
    free(r);
}

void remote_set_account(struct remote *r, int64_t account)
{
    snprintf(r->account, sizeof r->account, "%lld", (long long)account);
}
struct str remote_text(const struct remote *r) { return buf_str(&r->answer); }

/* The answer's JSON, without what a terminal would obey, or the sentence of its error object. */
static bool understand(struct remote *r, int status, struct json_value *root, struct fault *f)
{
    struct json_value value = {0};
    struct fault bad = {0};
    buf_clear(&r->shown);
    json_shown(&r->shown, buf_str(&r->answer));
    buf_reserve(&r->shown, JSON_PADDING);
    bool is_json = json_parse(r->parser, buf_str(&r->shown), &value, &bad);
    if (status >= 200 && status < 300) {
        if (root && !is_json) return fault_remote(f, "the server's answer is not JSON: %s", bad.text);
        if (root) *root = value;
        return true;
    }
    struct json_value message = json_get(json_get(value, "error"), "message");
    if (is_json && message.type == JSON_STRING) return fault_user(f, status, "%.*s", STR_ARG(message.string));
    return fault_remote(f, "the server answered %d", status);
}

static bool call(struct remote *r, struct http_call *c, struct json_value *root, struct fault *f)
{
    int status;
    c->unix_path = house_socket();
    c->account = *r->account ? r->account : NULL;
    buf_clear(&r->answer);
    return http_call(c, &status, &r->answer, f) && understand(r, status, root, f);
}

bool remote_call(struct remote *r, const char *method, const char *target, struct str json_body, struct json_value *root,
                 struct fault *f)
{
    struct http_call c = {
        .method = method, .target = target, .body = json_body, .content_type = json_body.ptr ? "application/json" : NULL};
    return call(r, &c, root, f);
}

bool remote_upload(struct remote *r, const char *method, const char *target, const char *file, const char *content_type,
                   struct json_value *root, struct fault *f)
{
    struct stat st;
    if (stat(file, &st) != 0) return fault_errno(f, "the file %s cannot be read", file);
    if (!S_ISREG(st.st_mode)) return fault_user(f, 0, "%s is no file: say which file to send", file);
    struct http_call c = {.method = method, .target = target, .body_file = file, .content_type = content_type};
    return call(r, &c, root, f);
}
