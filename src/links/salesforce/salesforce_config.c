/* salesforce_config.c: a connection as this connector understands it. Pure. */
#include "links/salesforce/salesforce_private.h"
#include "base/text.h"
#include <stdio.h>

static struct str text_of(struct arena *a, struct json_value o, const char *key)
{
    struct json_value v = json_get(o, key);
    if (v.type != JSON_STRING) return STR_NULL;
    struct str s = str_trim(v.string);
    return s.len ? arena_str(a, s) : STR_NULL;
}

static struct str or_else(struct str s, const char *fallback) { return s.ptr ? s : str_of(fallback); }

bool sf_id_is(struct str id)
{
    if (id.len != SF_ID_CHARS && id.len != SF_ID_CHARS + 3) return false;
    for (size_t i = 0; i < id.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", id.ptr[i])) return false;
    return true;
}

static bool is_api_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!strchr("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_", s.ptr[i])) return false;
    return s.len > 0 && s.len <= 80;
}

static struct sf_object object_begin(struct arena *a, struct str name)
{
    struct sf_object o = {.name = name, .email = STR("Email")};
    if (str_eq(name, STR("Contact"))) o.id_prefix = STR("003");
    if (str_eq(name, STR("Lead"))) o.id_prefix = STR("00Q");
    o.layout = str_of(arena_printf(a, "%.*s Layout", STR_ARG(name)));
    return o;
}

static bool object_read(struct arena *a, struct str text, struct sf_object *o, struct fault *f)
{
    struct str rest, part;
    *o = object_begin(a, arena_str(a, str_trim(str_cut(text, '|', &rest))));
    if (rest.ptr && (part = str_trim(str_cut(rest, '|', &rest))).len) o->layout = arena_str(a, part);
    if (rest.ptr && (part = str_trim(str_cut(rest, '|', &rest))).len) o->id_prefix = arena_str(a, part);
    if (rest.ptr && (part = str_trim(str_cut(rest, '|', &rest))).len) o->email = arena_str(a, part);
    if (!is_api_name(o->name) || !is_api_name(o->email) || rest.ptr)
        return fault_user(
            f, 400,
            "objects names the kinds of record, parted by semicolons: Contact; Lead. One of your own takes its API name, "
            "layout, the "
            "first three characters of its ids and its e-mail field: re__Client__c | Client Layout | a0X | re__Email__c.");
    if (o->id_prefix.len != 3)
        return fault_user(f, 400, "objects: %.*s needs the first three characters of its records' ids: %.*s | %.*s | a0X.",
                          STR_ARG(o->name), STR_ARG(o->name), STR_ARG(o->layout));
    return true;
}

bool sf_objects_read(struct arena *a, struct str text, struct sf_config *out, struct fault *f)
{
    out->n_objects = 0;
    for (struct str rest = text; rest.ptr;) {
        struct str part = str_trim(str_cut(rest, ';', &rest));
        if (!part.len) continue;
        if (out->n_objects == SF_OBJECTS_MAX)
            return fault_user(f, 400, "objects takes %d kinds of record at most.", SF_OBJECTS_MAX);
        struct sf_object *o = &out->objects[out->n_objects];
        if (!object_read(a, part, o, f)) return false;
        if (sf_object_find(out, o->name)) return fault_user(f, 400, "objects names %.*s twice.", STR_ARG(o->name));
        out->n_objects++;
    }
    return out->n_objects > 0 || fault_user(f, 400, "objects names no kind of record: Contact; Lead.");
}

const struct sf_object *sf_object_of_id(const struct sf_config *c, struct str id)
{
    for (int i = 0; i < c->n_objects; i++)
        if (str_starts(id, c->objects[i].id_prefix)) return &c->objects[i];
    return NULL;
}

const struct sf_object *sf_object_find(const struct sf_config *c, struct str name)
{
    for (int i = 0; i < c->n_objects; i++)
        if (str_eq(c->objects[i].name, name)) return &c->objects[i];
    return NULL;
}

static bool read_settings(struct arena *a, struct json_value s, struct sf_config *out, struct fault *f)
{
    out->flow = or_else(text_of(a, s, "flow"), "jwt");
    out->login_url = or_else(text_of(a, s, "login_url"), "https://login.salesforce.com");
    if (str_ends(out->login_url, STR("/"))) out->login_url.len--;
    out->audience = text_of(a, s, "audience");
    if (!out->audience.ptr) out->audience = out->login_url;
    out->client_id = text_of(a, s, "client_id");
    out->username = text_of(a, s, "username");
    out->version = or_else(text_of(a, s, "api_version"), "v62.0");
    out->endpoint = text_of(a, s, "endpoint");
    out->requires_layout = !str_eq(or_else(text_of(a, s, "require_layout"), "yes"), STR("no"));
    out->has_one_field = str_eq(or_else(text_of(a, s, "status_field"), "drop"), STR("one"));
    out->blanks_repeats = str_eq(or_else(text_of(a, s, "repeat_visits"), "write"), STR("blank"));
    return sf_objects_read(a, or_else(text_of(a, s, "objects"), "Contact; Lead"), out, f);
}

static void read_secrets(struct arena *a, struct json_value s, struct sf_config *out)
{
    out->client_secret = text_of(a, s, "client_secret");
    out->refresh_token = text_of(a, s, "refresh_token");
    out->private_key = text_of(a, s, "private_key");
    out->access_token = text_of(a, s, "access_token");
    out->instance_url = text_of(a, s, "instance_url");
    out->user_id = text_of(a, s, "user_id");
    out->org_id = text_of(a, s, "org_id");
}

bool sf_config_read(struct arena *a, struct str settings, struct str secrets, struct sf_config *out, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root = {.type = JSON_MISSING};
    *out = (struct sf_config){0};
    bool ok = (!settings.len || json_parse(p, json_padded(a, settings), &root, f)) && read_settings(a, root, out, f);
    root = (struct json_value){.type = JSON_MISSING};
    ok = ok && (!secrets.len || json_parse(p, json_padded(a, secrets), &root, f));
    if (ok) read_secrets(a, root, out);
    json_parser_destroy(&p);
    return ok;
}

struct str sf_path(struct arena *a, const struct sf_config *c, const char *rest)
{
    return str_of(arena_printf(a, "/services/data/%.*s%s", STR_ARG(c->version), rest));
}

void sf_soql_quote(struct buf *b, struct str text)
{
    buf_add_byte(b, '\'');
    for (size_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '\'' || text.ptr[i] == '\\') buf_add_byte(b, '\\');
        if (text.ptr[i] == '\n' || text.ptr[i] == '\r')
            buf_addz(b, text.ptr[i] == '\n' ? "\\n" : "\\r");
        else
            buf_add_byte(b, text.ptr[i]);
    }
    buf_add_byte(b, '\'');
}
