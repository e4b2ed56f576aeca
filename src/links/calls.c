/* calls.c: a connector's request on a thread that may wait, and the requests of its table made from one JSON object. */
#include "links/tokens.h"
#include "base/clock.h"
#include "base/limits.h"
#include "base/redact.h"
#include "base/utf8.h"
#include "net/url.h"
#include <stdio.h>
#include <unistd.h>

/* ---- asking ---- */

static bool wait_for_pace(const struct connector *c, int64_t connection_id, struct fault *f)
{
    int64_t until = clock_mono_ms() + limit_get(LIMIT_CONNECTOR_PATIENCE_S) * 1000, at;
    while (c->pace && (at = c->pace(c->ctx, connection_id, clock_now_ms())) != 0) {
        int64_t wait = at - clock_now_ms();
        if (clock_mono_ms() + wait > until)
            return fault_remote(f, "%s takes no more requests of this connection for %lld s.", c->title,
                                (long long)(wait / 1000));
        usleep((useconds_t)(wait > 50 ? 50000 : wait > 1 ? wait * 1000 : 1000));
    }
    return true;
}

static bool authorise(const struct link_house *h, const struct connector *c, struct connection *to, struct fetch_ask *ask,
                      struct arena *a, struct fault *f)
{
    struct fetch_ask bare = *ask;
    if (to->is_sealed_shut)
        return fault_user(f, 409, "The connection's secrets do not open with this house's key. Save it again.");
    for (int i = 0; i < 2; i++) {
        *ask = bare;
        switch (c->authorise(c->ctx, to, a, clock_now_ms(), ask, f)) {
        case AUTHORISED: return true;
        case AUTHORISE_CANNOT: return false;
        case AUTHORISE_RENEW:
            if (!token_renew_now(h->tokens, c, to, a, f)) return false;
        }
    }
    return fault_user(f, 409, "%s gave a token that is over already. Look at this machine's clock.", c->title);
}

/* What the other side says is used, shown and kept without what it was told. */
static void redact(const struct connection *to, const struct fetch_ask *ask, struct arena *a, struct fetch_answer *answer,
                   struct connector_answer *out)
{
    struct redaction r = redaction_begin(a);
    redaction_add_json(&r, to->secrets);
    for (int i = 0; i < ask->n_headers; i++) redaction_add_header(&r, ask->headers[i]);
    redaction_run_in(&r, out->sentence, sizeof out->sentence);
    utf8_mend(out->sentence);
    redaction_run_in(&r, answer->sentence, sizeof answer->sentence);
    answer->body = redaction_run(&r, answer->body);
}

bool connector_call(const struct link_house *h, const struct connector *c, struct connection *to, struct fetch_ask *ask,
                    struct arena *a, struct connector_answer *out, struct fault *f)
{
    struct fetch_ask bare = *ask;
    struct fetch_answer answer;
    *out = (struct connector_answer){.retry_after_ms = -1};
    for (int tries = 0; tries < 2; tries++) {
        *ask = bare;
        ask->is_guarded = true;
        if (!ask->timeout_ms) ask->timeout_ms = (int)limit_get(LIMIT_CONNECTOR_TIMEOUT_S) * 1000;
        if (!ask->max_answer) ask->max_answer = limit_get(LIMIT_CONNECTOR_MAX_ANSWER_BYTES);
        if (!authorise(h, c, to, ask, a, f) || !wait_for_pace(c, to->connection_id, f)) return false;
        fetch_now(h->fetcher, a, ask, &answer);
        if (c->heard) c->heard(c->ctx, to->connection_id, &answer, clock_now_ms());
        out->result = c->judge(c->ctx, &answer, out->sentence, sizeof out->sentence);
        redact(to, ask, a, &answer, out);
        out->error = answer.error;
        out->was_sent = answer.was_sent;
        out->is_cut = answer.is_cut;
        out->retry_after_ms = fetch_retry_after_ms(&answer, clock_now_ms());
        if (out->result != LINK_AUTH || !c->renew_ask || tries > 0) break;
        if (!token_renew_now(h->tokens, c, to, a, f)) return false;
    }
    if (answer.error == FETCH_REFUSED) return fault_user(f, 400, "%s", answer.sentence);
    if (answer.error != FETCH_OK) return fault_remote(f, "%s: %s.", c->title, answer.sentence);
    out->status = answer.status;
    out->body = answer.body;
    out->head = answer.head;
    out->content_type = fetch_header(&answer, "Content-Type");
    return true;
}

/* ---- from a table's operation and an object of inputs ---- */

struct making {
    const struct connector *connector;
    const struct connector_operation *op;
    struct json_value input, settings; /* settings: the connection's */
    struct arena *arena;
    struct fetch_ask *ask;
    struct fault *f;
};

static const char *kept(const struct making *m, struct str s) { return arena_printf(m->arena, "%.*s", STR_ARG(s)); }

static bool is_absent(struct json_value v) { return v.type == JSON_MISSING || v.type == JSON_NULL; }

/* What the caller said, else what the connection is set to. */
static struct json_value input_of(const struct making *m, const char *name)
{
    struct json_value v = json_get(m->input, name);
    for (int i = 0; is_absent(v) && i < m->connector->n_settings; i++) {
        const struct connector_setting *s = &m->connector->settings[i];
        if (!s->fills || strcmp(s->fills, name) != 0) continue;
        struct str set = connector_setting_get(m->connector, m->settings, s->name);
        if (set.len) v = (struct json_value){.type = JSON_STRING, .string = set};
    }
    return v;
}

/* A value that goes into an address: text, number, or yes and no. */
static bool add_plain(const struct making *m, struct buf *b, const char *name, struct json_value v)
{
    char number[40];
    if (v.type == JSON_STRING && v.string.len > 0) {
        url_encode(b, v.string);
    } else if (v.type == JSON_INT) {
        snprintf(number, sizeof number, "%lld", (long long)v.integer);
        buf_addz(b, number);
    } else if (v.type == JSON_BOOL) {
        buf_addz(b, v.boolean ? "true" : "false");
    } else {
        return fault_user(m->f, 400, "%s must be a text or a number, and not empty.", name);
    }
    return true;
}

static bool add_path(const struct making *m, struct buf *b)
{
    for (const char *p = m->op->path; *p; p++) {
        if (*p != '{') {
            buf_add_byte(b, *p);
            continue;
        }
        const char *end = strchr(p, '}');
        const char *name = kept(m, str_make(p + 1, (size_t)(end - p - 1)));
        struct json_value v = input_of(m, name);
        if (is_absent(v)) return fault_user(m->f, 400, "%s is required.", name);
        size_t from = b->len;
        if (!add_plain(m, b, name, v)) return false;
        struct str part = str_make(b->data + from, b->len - from);
        if (str_eq(part, STR(".")) || str_eq(part, STR(".."))) return fault_user(m->f, 400, "%s must not be dots only.", name);
        p = end;
    }
    return true;
}

/* The next name of a list parted by blanks; false: none. */
static bool next_name(struct making *m, struct str *list, const char **name, bool *is_required)
{
    while (list->ptr && list->len) {
        struct str word = str_cut(*list, ' ', list);
        if (str_is_empty(word) || str_eq(word, STR("..."))) continue;
        *is_required = word.ptr[word.len - 1] == '*';
        *name = kept(m, str_make(word.ptr, word.len - *is_required));
        return true;
    }
    return false;
}

static bool look_up(struct making *m, const char *name, bool is_required, struct json_value *v)
{
    *v = input_of(m, name);
    if (is_required && is_absent(*v)) return fault_user(m->f, 400, "%s is required.", name);
    return true;
}

static bool add_query(struct making *m, struct buf *b)
{
    struct str list = str_of(m->op->query);
    const char *name;
    struct json_value v;
    bool is_required, is_first = strchr(m->op->path, '?') == NULL;
    while (next_name(m, &list, &name, &is_required)) {
        if (!look_up(m, name, is_required, &v)) return false;
        if (is_absent(v)) continue;
        buf_add_byte(b, is_first ? '?' : '&');
        is_first = false;
        url_encode(b, str_of(name));
        buf_add_byte(b, '=');
        if (!add_plain(m, b, name, v)) return false;
    }
    return true;
}

static bool names_it(struct making *m, const char *list, struct str key)
{
    struct str words = str_of(list);
    const char *name;
    bool is_required;
    while (next_name(m, &words, &name, &is_required))
        if (str_eq(str_of(name), key)) return true;
    return false;
}

static bool stands_in_path(const struct making *m, struct str key)
{
    return strstr(m->op->path, arena_printf(m->arena, "{%.*s}", STR_ARG(key))) != NULL;
}

static bool is_open(const struct connector_operation *op) { return op->body && str_ends(str_of(op->body), STR("...")); }

static bool knows_keys(struct making *m)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    while (!is_open(m->op) && json_next(m->input, &it, &key, &v))
        if (!stands_in_path(m, key) && !names_it(m, m->op->query, key) && !names_it(m, m->op->body, key))
            return fault_user(m->f, 400, "%s takes no \"%.60s\".", m->op->name, kept(m, key));
    return true;
}

static void add_rest(struct making *m, struct json_out *j)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    while (json_next(m->input, &it, &key, &v))
        if (!stands_in_path(m, key) && !names_it(m, m->op->query, key) && !names_it(m, m->op->body, key))
            json_value_write(j, kept(m, key), v);
}

static bool add_named_body(struct making *m, struct json_out *j)
{
    struct str list = str_of(m->op->body);
    const char *name;
    struct json_value v;
    bool is_required;
    while (next_name(m, &list, &name, &is_required)) {
        if (!look_up(m, name, is_required, &v)) return false;
        if (v.type != JSON_MISSING) json_value_write(j, name, v);
    }
    return true;
}

static bool make_body(struct making *m)
{
    if (!m->op->body) return true;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    bool ok = add_named_body(m, &j);
    if (is_open(m->op)) add_rest(m, &j);
    json_end(&j);
    json_out_end(&j);
    m->ask->body = arena_str(m->arena, buf_str(&b));
    m->ask->headers[m->ask->n_headers++] = STR("Content-Type: application/json");
    buf_finish(&b);
    return ok;
}

static bool make_from_table(struct making *m)
{
    struct buf b = BUF_INIT;
    bool ok = knows_keys(m) && add_path(m, &b) && add_query(m, &b);
    m->ask->method = m->op->method;
    m->ask->url = arena_str(m->arena, buf_str(&b));
    buf_finish(&b);
    return ok && make_body(m);
}

/* ---- the free call ---- */

static bool holds_any(struct str s, bool also_plain)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c < ' ' || c == 0x7f || c == '\\' || (also_plain && (c == ' ' || c == '#'))) return true;
    }
    return false;
}

/* A path that leads nowhere else than below the connection's own address. What stands behind its ? is the other side's to read. */
static bool check_relative(struct making *m, struct str path)
{
    struct str rest = str_cut(path, '?', &(struct str){0}), decoded = url_decode(m->arena, rest, false);
    if (!decoded.ptr || path.len == 0 || path.ptr[0] != '/' || str_starts(decoded, STR("//")))
        return fault_user(m->f, 400,
                          "path must begin with one slash and say a place below the connection's address, like /v1/templates.");
    if (holds_any(path, true) || holds_any(decoded, false))
        return fault_user(m->f, 400, "path must not hold blanks (write %%20), backslashes, # or control characters.");
    while (decoded.ptr) {
        struct str part = str_cut(decoded, '/', &decoded);
        if (str_eq(part, STR("..")) || str_eq(part, STR(".")))
            return fault_user(m->f, 400, "path must not hold . or .. as a part.");
    }
    return true;
}

static bool is_token(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_", s.ptr[i])) return false;
    return s.len > 0;
}

static bool add_free_headers(struct making *m, struct json_value headers)
{
    static const char *const ours[] = {"authorization", "host", "content-length", "transfer-encoding", "connection", "cookie"};
    struct json_iter it = {0};
    struct str name;
    struct json_value v;
    if (headers.type == JSON_MISSING || headers.type == JSON_NULL) return true;
    if (headers.type != JSON_OBJECT) return fault_user(m->f, 400, "headers must be an object of texts.");
    while (json_next(headers, &it, &name, &v)) {
        if (!is_token(name) || v.type != JSON_STRING) return fault_user(m->f, 400, "headers must be an object of texts.");
        for (size_t i = 0; i < v.string.len; i++)
            if ((unsigned char)v.string.ptr[i] < ' ') return fault_user(m->f, 400, "headers must not hold control characters.");
        for (size_t i = 0; i < sizeof ours / sizeof *ours; i++)
            if (str_eq_nocase(name, str_of(ours[i])))
                return fault_user(m->f, 400, "The header %s is the connection's own.", ours[i]);
        if (m->ask->n_headers > 10) return fault_user(m->f, 400, "headers may hold ten lines.");
        m->ask->headers[m->ask->n_headers++] = str_of(arena_printf(m->arena, "%.*s: %.*s", STR_ARG(name), STR_ARG(v.string)));
    }
    return true;
}

static bool make_free(struct making *m)
{
    static const char *const methods[] = {"GET", "POST", "PUT", "PATCH", "DELETE"};
    static const struct connector_operation shape = {.path = "", .query = "", .name = "query"};
    struct json_value path = json_get(m->input, "path"), method = json_get(m->input, "method"),
                      query = json_get(m->input, "query"), body = json_get(m->input, "body");
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    struct buf b = BUF_INIT;
    while (json_next(m->input, &it, &key, &v))
        if (!str_eq(key, STR("path")) && !str_eq(key, STR("method")) && !str_eq(key, STR("query")) &&
            !str_eq(key, STR("headers")) && !str_eq(key, STR("body")))
            return fault_user(m->f, 400, "%s takes method, path, query, headers and body.", m->op->name);
    m->ask->method = "GET";
    if (method.type != JSON_MISSING) {
        m->ask->method = NULL;
        for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
            if (method.type == JSON_STRING && str_eq_nocase(method.string, str_of(methods[i]))) m->ask->method = methods[i];
        if (!m->ask->method) return fault_user(m->f, 400, "method must be GET, POST, PUT, PATCH or DELETE.");
    }
    if (path.type != JSON_STRING) return fault_user(m->f, 400, "path is required.");
    if (query.type != JSON_OBJECT && query.type != JSON_MISSING && query.type != JSON_NULL)
        return fault_user(m->f, 400, "query must be an object of texts and numbers.");
    if (!check_relative(m, path.string) || !add_free_headers(m, json_get(m->input, "headers"))) return false;
    buf_add_str(&b, path.string);
    bool is_first = memchr(path.string.ptr, '?', path.string.len) == NULL, ok = true;
    it = (struct json_iter){0};
    while (ok && query.type == JSON_OBJECT && json_next(query, &it, &key, &v)) {
        buf_add_byte(&b, is_first ? '?' : '&');
        is_first = false;
        url_encode(&b, key);
        buf_add_byte(&b, '=');
        ok = add_plain(m, &b, shape.name, v);
    }
    m->ask->url = arena_str(m->arena, buf_str(&b));
    buf_finish(&b);
    if (!ok || body.type == JSON_MISSING || body.type == JSON_NULL) return ok;
    if (body.type == JSON_STRING) {
        m->ask->body = arena_str(m->arena, body.string);
        return true;
    }
    b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_value_write(&j, NULL, body);
    json_out_end(&j);
    m->ask->body = arena_str(m->arena, buf_str(&b));
    m->ask->headers[m->ask->n_headers++] = STR("Content-Type: application/json");
    buf_finish(&b);
    return true;
}

bool connector_operate(const struct link_house *h, const struct connector *c, struct connection *to,
                       const struct connector_operation *op, struct json_value input, struct arena *a,
                       struct connector_answer *out, struct fault *f)
{
    struct fetch_ask ask = {0};
    struct making m = {.connector = c, .op = op, .input = input, .arena = a, .ask = &ask, .f = f};
    if (input.type != JSON_OBJECT && input.type != JSON_MISSING)
        return fault_user(f, 400, "The inputs of an operation are one JSON object.");
    struct json_parser *p = json_parser_create(); /* the inputs lie in their own */
    if (!to->settings.ptr || !json_parse(p, json_padded(a, to->settings), &m.settings, NULL)) m.settings.type = JSON_MISSING;
    bool ok = op->is_free ? make_free(&m) : make_from_table(&m);
    json_parser_destroy(&p);
    if (!ok) return false;
    return connector_call(h, c, to, &ask, a, out, f);
}
