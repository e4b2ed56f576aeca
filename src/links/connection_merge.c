/* connection_merge.c: see connection_merge.h. */
#include "links/connection_merge.h"
#include "base/json.h"
#include "base/utf8.h"

/* ---- one object of settings or secrets ---- */

static bool says_secrets(const struct connection_wish *w)
{
    return w->secrets.type == JSON_OBJECT && json_count(w->secrets) > 0;
}

struct merge {
    const struct connection_wish *wish;
    bool of_secrets, keeps_made /* beside the table's secrets */;
    struct json_value said, was; /* objects, or missing */
    struct arena *arena;
    struct fault *f;
};

static const char *word(const struct merge *m) { return m->of_secrets ? "secrets" : "settings"; }

static const struct connector_setting *setting_of(const struct connector *d, struct str name)
{
    for (int i = 0; i < d->n_settings; i++)
        if (str_eq(str_of(d->settings[i].name), name)) return &d->settings[i];
    return NULL;
}

static const char *names_of(const struct connector *d, struct arena *a, bool of_secrets)
{
    const char *all = "";
    for (int i = 0; i < d->n_settings; i++)
        if (d->settings[i].is_secret == of_secrets)
            all = *all ? arena_printf(a, "%s, %s", all, d->settings[i].name) : d->settings[i].name;
    return *all ? all : "none";
}

static bool check_said(const struct merge *m)
{
    const struct connector *d = m->wish->connector;
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    if (m->said.type == JSON_MISSING || m->said.type == JSON_NULL) return true;
    if (m->said.type != JSON_OBJECT) return fault_user(m->f, 400, "%s must be an object of texts.", word(m));
    while (json_next(m->said, &it, &key, &v)) {
        const struct connector_setting *s = setting_of(d, key);
        if (!s)
            return fault_user(m->f, 400, "%s has no \"%.*s\" among its %s: %s.", d->title, (int)(key.len > 60 ? 60 : key.len),
                              key.ptr, word(m), names_of(d, m->arena, m->of_secrets));
        if (s->is_secret != m->of_secrets)
            return fault_user(m->f, 400, "%s belongs among the %s.", s->name, s->is_secret ? "secrets" : "settings");
        if (v.type != JSON_STRING && v.type != JSON_INT && v.type != JSON_NULL)
            return fault_user(m->f, 400, "%s.%s must be a text or a whole number.", word(m), s->name);
        if (v.type == JSON_STRING && utf8_has_control(v.string))
            return fault_user(m->f, 400, "%s.%s holds a control character.", word(m), s->name);
        if (v.type == JSON_STRING && !s->has_lines && !str_is_line(str_trim(v.string)))
            return fault_user(m->f, 400, "%s.%s must be one line.", word(m), s->name);
    }
    return true;
}

static struct str text_of(struct arena *a, struct json_value v)
{
    if (v.type == JSON_INT) return str_of(arena_printf(a, "%lld", (long long)v.integer));
    if (v.type != JSON_STRING) return STR_NULL;
    struct str s = str_trim(v.string);
    return s.len ? s : STR_NULL;
}

static bool says_proof(const struct merge *m)
{
    for (int i = 0; i < m->wish->connector->n_settings; i++) {
        const struct connector_setting *s = &m->wish->connector->settings[i];
        if (s->is_proof && text_of(m->arena, json_get(m->said, s->name)).ptr) return true;
    }
    return false;
}

/* A setting as it is from now on; STR_NULL: not set. */
static struct str value_of(const struct merge *m, const struct connector_setting *s)
{
    struct json_value v = json_get(m->said, s->name);
    if (v.type != JSON_MISSING) return text_of(m->arena, v);
    if (!m->of_secrets && m->wish->replaces && m->said.type == JSON_OBJECT) return STR_NULL;
    if (s->is_proof && says_proof(m)) return STR_NULL;
    return text_of(m->arena, json_get(m->was, s->name));
}

static bool is_other(const struct merge *settings, const struct connector_setting *s)
{
    struct str was = text_of(settings->arena, json_get(settings->was, s->name)), now = value_of(settings, s);
    if (!was.ptr) was = str_of(s->fallback);
    if (!now.ptr) now = str_of(s->fallback);
    return !str_eq(was, now);
}

/* Tokens that were made with something else are not what was asked for. */
static bool makes_anew(const struct merge *settings)
{
    const struct connector *d = settings->wish->connector;
    for (int i = 0; i < d->n_settings; i++)
        if (d->settings[i].makes_token && is_other(settings, &d->settings[i])) return true;
    return says_secrets(settings->wish);
}

/* What the connector keeps among the secrets beside its table's (tokens that were made with them). */
static void add_made(const struct merge *m, struct json_out *j)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    if (!m->keeps_made) return;
    while (json_next(m->was, &it, &key, &v))
        if (!setting_of(m->wish->connector, key)) json_value_write(j, arena_str(m->arena, key).ptr, v);
}

static bool merge(const struct merge *m, struct str *out)
{
    const struct connector *d = m->wish->connector;
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    const char *missing = NULL;
    if (!check_said(m)) return false;
    json_object(&j, NULL);
    for (int i = 0; i < d->n_settings; i++) {
        const struct connector_setting *s = &d->settings[i];
        if (s->is_secret != m->of_secrets) continue;
        struct str v = value_of(m, s);
        if (v.ptr)
            json_str(&j, s->name, v);
        else if (s->is_required && !s->fallback && !missing)
            missing = s->name;
    }
    add_made(m, &j);
    json_end(&j);
    json_out_end(&j);
    *out = arena_str(m->arena, buf_str(&b));
    buf_finish(&b);
    return !missing || fault_user(m->f, 400, "%s.%s is required.", word(m), missing);
}

/* ---- where secrets may go ---- */

/* Who may change where a connection leads must not thereby be told its secrets: they are to be said again. */
static bool check_address(const struct merge *settings, const struct merge *secrets)
{
    const struct connector *d = settings->wish->connector;
    const struct connector_setting *moved = NULL;
    for (int i = 0; i < d->n_settings; i++) {
        const struct connector_setting *s = &d->settings[i];
        if (s->leads && is_other(settings, s)) moved = s;
    }
    for (int i = 0; moved && i < d->n_settings; i++) {
        const struct connector_setting *s = &d->settings[i];
        if (s->is_secret && json_get(secrets->said, s->name).type == JSON_MISSING && value_of(secrets, s).ptr)
            return fault_user(settings->f, 400,
                              "settings.%s leads to another place, so the connection's secrets must be said again: secrets.%s.",
                              moved->name, s->name);
    }
    return true;
}

/* ---- both, and the words in the open ---- */

static bool parse(struct json_parser *p, struct arena *a, struct str text, struct json_value *out, struct fault *f)
{
    *out = (struct json_value){.type = JSON_MISSING};
    return !text.ptr || json_parse(p, json_padded(a, text), out, f);
}

struct parsers {
    struct json_parser *settings, *secrets;
};

static bool merge_both(const struct connection_wish *w, const struct connection *was, struct parsers p, struct arena *a,
                       struct connection *now, struct fault *f)
{
    const struct connector *d = w->connector;
    struct merge settings = {.wish = w, .said = w->settings, .arena = a, .f = f}, secrets = settings;
    secrets.of_secrets = true;
    secrets.said = w->secrets;
    struct json_value now_settings, now_secrets;
    if (!parse(p.settings, a, was->settings, &settings.was, f) || !parse(p.secrets, a, was->secrets, &secrets.was, f) ||
        !merge(&settings, &now->settings))
        return false;
    secrets.keeps_made = !makes_anew(&settings);
    if (!merge(&secrets, &now->secrets) || (was->connection_id && !check_address(&settings, &secrets))) return false;
    if (d->check && (!parse(p.settings, a, now->settings, &now_settings, f) ||
                     !parse(p.secrets, a, now->secrets, &now_secrets, f) || !d->check(d->ctx, now_settings, now_secrets, f)))
        return false;
    if (was->connection_id && secrets.keeps_made) now->secrets = STR_NULL;
    return true;
}

bool connection_merge(const struct connection_wish *w, const struct connection *was, struct arena *a, struct connection *out,
                      struct fault *f)
{
    struct parsers p = {json_parser_create(), json_parser_create()};
    struct connection now = *was;
    now.account_id = w->account_id;
    now.kind = w->connector->number;
    if (w->label.ptr) now.label = w->label;
    if (!now.label.ptr) now.label = str_of(w->connector->title);
    if (w->description.ptr) now.description = w->description.len ? w->description : STR_NULL;
    bool ok = merge_both(w, was, p, a, &now, f);
    json_parser_destroy(&p.settings);
    json_parser_destroy(&p.secrets);
    if (ok) *out = now;
    return ok;
}

/* ---- back again ---- */

/* A secret that is good for one use, a refresh token or a code, and what is here has come of it. */
static bool is_used_up(const struct connection_wish *w, struct arena *a, struct json_value saved, struct json_value here)
{
    for (int i = 0; i < w->connector->n_settings; i++) {
        const char *name = w->connector->settings[i].name;
        struct str was = text_of(a, json_get(saved, name));
        if (was.ptr && json_get(w->secrets, name).type == JSON_MISSING && !str_eq(was, text_of(a, json_get(here, name))))
            return true;
    }
    return false;
}

static struct str take_said_from(struct arena *a, struct json_value said, struct json_value was, struct json_value here)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    struct json_iter in_here = {0}, in_said = {0};
    struct str key;
    struct json_value v;
    json_object(&j, NULL);
    while (json_next(here, &in_here, &key, &v)) {
        const char *name = arena_str(a, key).ptr;
        if (json_get(said, name).type == JSON_MISSING) json_value_write(&j, name, v);
    }
    while (json_next(said, &in_said, &key, &v)) {
        const char *name = arena_str(a, key).ptr;
        if (json_get(was, name).type != JSON_MISSING) json_value_write(&j, name, json_get(was, name));
    }
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

struct str connection_secrets_back(const struct connection_wish *w, struct str was, struct str saved, struct str here,
                                   struct arena *a)
{
    struct json_parser *p[] = {json_parser_create(), json_parser_create(), json_parser_create()};
    struct json_value in_was, in_saved, in_here;
    struct str back = was.ptr ? was : STR("{}");
    if (parse(p[0], a, was, &in_was, NULL) && parse(p[1], a, saved, &in_saved, NULL) && parse(p[2], a, here, &in_here, NULL) &&
        is_used_up(w, a, in_saved, in_here))
        back = take_said_from(a, w->secrets, in_was, in_here);
    for (int i = 0; i < 3; i++) json_parser_destroy(&p[i]);
    return back;
}
