/* operation.c: a request of a connector's table made from one JSON object of inputs: see connector_operation in connector.h for how they are
 * named there. Pure up to the call itself. The free call is operation_free.c. */
#include "links/operation_private.h"
#include "net/url.h"
#include <stdio.h>

/* ---- inputs ---- */

static const char *kept(const struct making *m, struct str s) { return arena_printf(m->arena, "%.*s", STR_ARG(s)); }

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

bool operation_add_plain(const struct making *m, struct buf *b, const char *name, struct json_value v)
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

/* ---- the address ---- */

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
        if (!operation_add_plain(m, b, name, v)) return false;
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
        if (!operation_add_plain(m, b, name, v)) return false;
    }
    return true;
}

/* ---- the body ---- */

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

/* ---- both kinds ---- */

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
    bool ok = op->is_free ? operation_make_free(&m) : make_from_table(&m);
    json_parser_destroy(&p);
    if (!ok) return false;
    return connector_call(h, c, to, &ask, a, out, f);
}
