/* connection_words.c: see connection_words.h. */
#include "app/connection_words.h"
#include "base/json.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_BYTES = 1 << 20 };

/* ---- files ---- */

static bool read_all(FILE *in, struct buf *out)
{
    size_t n;
    do {
        char *at = buf_reserve(out, 4096);
        n = at ? fread(at, 1, 4096 - 1, in) : 0;
        out->len += n;
        if (n) out->data[out->len] = '\0';
    } while (n && out->len < MOST_BYTES);
    return !ferror(in);
}

static bool read_file(const char *path, struct buf *out, struct fault *f)
{
    bool is_stdin = strcmp(path, "-") == 0;
    FILE *in = is_stdin ? stdin : fopen(path, "re");
    if (!in) return fault_errno(f, "the file %s cannot be read", path);
    bool ok = read_all(in, out) || fault_errno(f, "the file %s cannot be read", path);
    if (!is_stdin) fclose(in);
    if (ok && out->len >= MOST_BYTES) ok = fault_user(f, 0, "the file %s is too long", path);
    buf_reserve(out, JSON_PADDING);
    return ok;
}

/* ---- words ---- */

static bool split(const char *word, struct str *name, struct str *value, struct fault *f)
{
    *name = str_cut(str_of(word), '=', value);
    if (value->ptr && name->len) return true;
    return fault_user(f, 0, "\"%s\" is no NAME=VALUE", word);
}

static bool is_plain(struct str name, const char *const *plain)
{
    for (; *plain; plain++)
        if (str_eq(name, str_of(*plain))) return true;
    return false;
}

static void add(struct json_out *j, struct str name, struct str value)
{
    char key[200];
    snprintf(key, sizeof key, "%.*s", STR_ARG(name));
    json_str(j, key, value.len ? value : STR_NULL);
}

bool words_say_settings(const struct options *o, int from, const char *const *plain)
{
    struct str name, value;
    for (int i = from; i < o->n_rest; i++)
        if (split(o->rest[i], &name, &value, NULL) && !is_plain(name, plain)) return true;
    return false;
}

bool words_settings(const struct options *o, int from, const char *const *plain, struct json_out *j, struct fault *f)
{
    struct str name, value;
    for (int i = from; i < o->n_rest; i++)
        if (!split(o->rest[i], &name, &value, f)) return false;
    if (!words_say_settings(o, from, plain)) return true;
    json_object(j, "settings");
    for (int i = from; i < o->n_rest; i++)
        if (split(o->rest[i], &name, &value, f) && !is_plain(name, plain)) add(j, name, value);
    json_end(j);
    return true;
}

struct str words_get(const struct options *o, int from, const char *name)
{
    struct str key, value;
    for (int i = from; i < o->n_rest; i++)
        if (split(o->rest[i], &key, &value, NULL) && str_eq(key, str_of(name))) return value;
    return STR_NULL;
}

/* ---- secrets ---- */

static bool add_line(struct json_out *j, struct str line, struct fault *f)
{
    struct str value, name = str_trim(str_cut(line, '=', &value));
    struct buf file = BUF_INIT;
    char path[1000];
    if (!value.ptr || !name.len) return fault_user(f, 0, "a line of the secrets' file is no NAME=VALUE");
    value = str_trim(value);
    if (!value.len || value.ptr[0] != '@') {
        add(j, name, value);
        return true;
    }
    snprintf(path, sizeof path, "%.*s", (int)value.len - 1, value.ptr + 1);
    bool ok = read_file(path, &file, f);
    if (ok) add(j, name, str_trim(buf_str(&file)));
    buf_finish(&file);
    return ok;
}

static bool add_lines(struct json_out *j, struct str text, struct fault *f)
{
    bool ok = true;
    json_object(j, "secrets");
    while (ok && text.ptr && text.len) {
        struct str line = str_trim(str_cut(text, '\n', &text));
        if (line.len && line.ptr[0] != '#') ok = add_line(j, line, f);
    }
    json_end(j);
    return ok;
}

static bool add_object(struct json_out *j, const char *key, struct str text, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    bool ok = json_parse(p, text, &root, f) && (root.type == JSON_OBJECT || fault_user(f, 0, "that is no JSON object"));
    if (ok) json_value_write(j, key, root);
    json_parser_destroy(&p);
    return ok;
}

bool words_secrets(const struct options *o, struct json_out *j, struct fault *f)
{
    struct buf file = BUF_INIT;
    if (!o->secrets) return true;
    bool ok = read_file(o->secrets, &file, f);
    struct str text = str_trim(buf_str(&file));
    if (ok) ok = text.len && text.ptr[0] == '{' ? add_object(j, "secrets", text, f) : add_lines(j, text, f);
    buf_finish(&file);
    return ok;
}

/* ---- an operation's inputs ---- */

static bool add_json(struct json_out *j, struct str name, struct str value, struct fault *f)
{
    char key[200];
    struct json_parser *p = json_parser_create();
    struct json_value v;
    struct buf padded = BUF_INIT;
    struct fault why = {0};
    snprintf(key, sizeof key, "%.*s", STR_ARG(name));
    buf_add_str(&padded, value);
    buf_reserve(&padded, JSON_PADDING);
    bool ok = json_parse(p, buf_str(&padded), &v, &why);
    if (ok)
        json_value_write(j, key, v);
    else
        fault_user(f, 0, "%s: %s", key, why.text);
    buf_finish(&padded);
    json_parser_destroy(&p);
    return ok;
}

static bool add_inputs(const struct options *o, int from, struct json_out *j, struct fault *f)
{
    struct str name, value;
    for (int i = from; i < o->n_rest; i++) {
        if (!split(o->rest[i], &name, &value, f)) return false;
        bool is_json = name.ptr[name.len - 1] == ':';
        if (is_json) name.len--;
        if (!is_json)
            add(j, name, value);
        else if (!add_json(j, name, value, f))
            return false;
    }
    return true;
}

bool words_inputs(const struct options *o, int from, struct buf *out, struct fault *f)
{
    struct buf file = BUF_INIT;
    struct json_out j = json_out_begin(out);
    bool ok, is_whole = o->n_rest == from + 1 && strcmp(o->rest[from], "-") == 0;
    if (is_whole) {
        ok = read_file("-", &file, f) && add_object(&j, NULL, str_trim(buf_str(&file)), f);
        buf_finish(&file);
    } else {
        json_object(&j, NULL);
        ok = add_inputs(o, from, &j, f);
        json_end(&j);
    }
    json_out_end(&j);
    return ok;
}

bool words_delay(struct str word, int64_t *seconds)
{
    static const struct {
        char unit;
        int64_t s;
    } units[] = {{'s', 1}, {'m', 60}, {'h', 3600}, {'d', 86400}};
    int64_t each = 1;
    for (size_t i = 0; word.len && i < sizeof units / sizeof *units; i++)
        if (word.ptr[word.len - 1] == units[i].unit) {
            each = units[i].s;
            word.len--;
            break;
        }
    if (!str_to_int64(word, seconds) || *seconds < 0 || *seconds > 100000000) return false;
    *seconds *= each;
    return true;
}
