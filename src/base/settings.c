/* settings.c: the values behind settings.def, where each came from, and reading them from a file and the environment.
 * Set while the process starts, before its threads; read from any thread after that. A later set overrides an earlier one, so
 * the program reads the file, then the environment, then its flags. Limits (limits.def) come in by the same doors. Values live as long as the process. */
#include "base/settings.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdio.h>
#include <stdlib.h>

#define MAX_FILE_BYTES 1048576

static const struct setting_def defs[SETTING_COUNT] = {
#define SETTING(ident, name, value, unit, what) [SETTING_##ident] = {name, value, unit, what},
#include "base/settings.def"
#undef SETTING
};

static struct {
    char *value, *origin; /* NULL: the default */
} values[SETTING_COUNT];

const struct setting_def *setting_def(enum setting s)
{
    ASSERT(s < SETTING_COUNT);
    return &defs[s];
}

const char *setting_get(enum setting s)
{
    ASSERT(s < SETTING_COUNT);
    return values[s].value ? values[s].value : defs[s].by_default;
}

const char *setting_origin(enum setting s)
{
    ASSERT(s < SETTING_COUNT);
    return values[s].origin ? values[s].origin : "default";
}

int64_t setting_int(enum setting s)
{
    int64_t v;
    ASSERT(str_to_int64(str_of(setting_get(s)), &v));
    return v;
}

static bool is_one_of(struct str value, struct str choices)
{
    while (choices.ptr)
        if (str_eq(value, str_cut(choices, '|', &choices))) return true;
    return false;
}

/* A number stays a number that an int holds, "on|off" one of its words; anything else is any text. */
static bool setting_accepts(const struct setting_def *d, struct str value, struct fault *f)
{
    int64_t v, least = strstr(d->unit, "at least 1") ? 1 : 0;
    if (value.len && memchr(value.ptr, 0, value.len)) return fault_user(f, 400, "%s cannot hold a NUL byte", d->name);
    if (str_to_int64(str_of(d->by_default), &v) && (!str_to_int64(value, &v) || v < least || v > INT32_MAX))
        return fault_user(f, 400, "%s takes a number (%s), not \"%.*s\"", d->name, d->unit, STR_ARG(value));
    if (strchr(d->unit, '|') && !is_one_of(value, str_of(d->unit)))
        return fault_user(f, 400, "%s is one of %s, not \"%.*s\"", d->name, d->unit, STR_ARG(value));
    return true;
}

/* Copies before it frees: the new value may be a piece of the old one. */
static void setting_keep(enum setting s, struct str value, const char *origin)
{
    char *new_value = strndup(value.ptr ? value.ptr : "", value.len), *new_origin = strdup(origin);
    ASSERT(new_value && new_origin);
    free(values[s].value);
    free(values[s].origin);
    values[s].value = new_value, values[s].origin = new_origin;
}

static bool limit_is_known(struct str name)
{
    for (int l = 0; l < LIMIT_COUNT; l++)
        if (str_eq(name, str_of(limit_def((enum limit)l)->name))) return true;
    return false;
}

bool setting_set(struct str name, struct str value, const char *origin, struct fault *f)
{
    for (int s = 0; s < SETTING_COUNT; s++) {
        if (!str_eq(name, str_of(defs[s].name))) continue;
        if (!setting_accepts(&defs[s], value, f)) return false;
        setting_keep((enum setting)s, value, origin);
        return true;
    }
    int64_t v;
    if (!limit_is_known(name)) return fault_user(f, 400, "there is no setting or limit called %.*s", STR_ARG(name));
    if (!str_to_int64(value, &v))
        return fault_user(f, 400, "the limit %.*s takes a number, not \"%.*s\"", STR_ARG(name), STR_ARG(value));
    return limit_set(name, v, f);
}

static bool settings_read_line(struct str line, const char *origin, struct fault *f)
{
    line = str_trim(line);
    if (line.len == 0 || line.ptr[0] == '#') return true;
    struct str value, name = str_trim(str_cut(line, '=', &value));
    if (!value.ptr) return fault_user(f, 400, "expected \"name = value\"");
    return setting_set(name, str_trim(value), origin, f);
}

bool settings_read_file(const char *path, struct fault *f)
{
    struct buf text = BUF_INIT;
    bool is_good = file_read(path, MAX_FILE_BYTES, &text, f);
    struct str rest = buf_str(&text);
    for (int line = 1; is_good && rest.ptr; line++) {
        char origin[1100];
        struct fault why = {0};
        snprintf(origin, sizeof origin, "file %s:%d", path, line);
        is_good = settings_read_line(str_cut(rest, '\n', &rest), origin, &why);
        if (!is_good) fault_user(f, 400, "%s, line %d: %s", path, line, why.text);
    }
    buf_finish(&text);
    return is_good;
}

static bool environment_take(const char *name, struct fault *f)
{
    char variable[128] = "PENNYPOST_";
    size_t n = strlen(variable);
    ASSERT(n + strlen(name) < sizeof variable);
    for (const char *p = name; *p; p++) variable[n++] = *p == '.' ? '_' : *p >= 'a' && *p <= 'z' ? (char)(*p - 32) : *p;
    const char *value = getenv(variable);
    struct fault why = {0};
    return !value || setting_set(str_of(name), str_of(value), variable, &why) ||
           fault_user(f, 400, "environment variable %s: %s", variable, why.text);
}

bool settings_read_environment(struct fault *f)
{
    for (int s = 0; s < SETTING_COUNT; s++)
        if (!environment_take(defs[s].name, f)) return false;
    for (int l = 0; l < LIMIT_COUNT; l++)
        if (!environment_take(limit_def((enum limit)l)->name, f)) return false;
    return true;
}
