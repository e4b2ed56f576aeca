/* press_options.c: flags of `pennypost press`, one table, and the creative's files. Called by cmd_press.c only. */
#include "app/press_options.h"
#include "app/options.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/settings.h"
#include "postal/imb.h"
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum flag_kind { FLAG_TEXT, FLAG_INT, FLAG_MID, FLAG_BOOL };
static const struct flag {
    const char *name;
    enum flag_kind kind;
    size_t at;
} flags[] = {
    {"--size", FLAG_TEXT, offsetof(struct press_options, size)},
    {"--html", FLAG_TEXT, offsetof(struct press_options, html)},
    {"--front", FLAG_TEXT, offsetof(struct press_options, front)},
    {"--back", FLAG_TEXT, offsetof(struct press_options, back)},
    {"--contacts", FLAG_TEXT, offsetof(struct press_options, contacts)},
    {"--out", FLAG_TEXT, offsetof(struct press_options, out)},
    {"--assets", FLAG_TEXT, offsetof(struct press_options, assets)},
    {"--from", FLAG_TEXT, offsetof(struct press_options, from)},
    {"--purl-base", FLAG_TEXT, offsetof(struct press_options, purl_base)},
    {"--engine", FLAG_TEXT, offsetof(struct press_options, engine)},
    {"--columns", FLAG_TEXT, offsetof(struct press_options, columns)},
    {"--mid", FLAG_MID, offsetof(struct press_options, mid)},
    {"--stid", FLAG_INT, offsetof(struct press_options, stid)},
    {"--first-serial", FLAG_INT, offsetof(struct press_options, first_serial)},
    {"--jobs", FLAG_INT, offsetof(struct press_options, jobs)},
    {"--json", FLAG_BOOL, offsetof(struct press_options, json)},
    {"--strict", FLAG_BOOL, offsetof(struct press_options, strict)},
    {"--replace", FLAG_BOOL, offsetof(struct press_options, replace)},
    {"--double-sided", FLAG_BOOL, offsetof(struct press_options, is_double_sided)},
};
static const char usage[] =
    "pennypost press --size letter|4x6|6x9|6x11|12x9|6x18 (--html FILE | --front FILE --back FILE)\n"
    "                --contacts FILE.csv --out DIR [--assets DIR] [--from \"Name;Street;City;ST;ZIP\"]\n"
    "                [--mid N] [--stid N] [--purl-base URL] [--engine chromium|auto] [--jobs N]\n"
    "                [--first-serial N] [--columns a,b,…] [--strict] [--double-sided] [--set NAME=VALUE] [--json]\n"
    "                [--replace]\n"
    "DIR must not exist; with --replace it may be an earlier package, which goes when the new one is whole.\n";

static bool wrong(const char *fmt, const char *what)
{
    fprintf(stderr, fmt, what);
    fprintf(stderr, "\n%s", usage);
    return false;
}

static bool setting_take(const char *text)
{
    struct fault f = {0};
    struct str value, name = str_cut(str_of(text), '=', &value);
    if (!value.ptr) return wrong("--set wants NAME=VALUE, not \"%s\"", text);
    return setting_set(str_trim(name), str_trim(value), "--set", &f) || wrong("--set %s", f.text);
}

/* Leading zeros count as digits, so the text is looked at. */
static bool mid_take(int64_t *mid, const char *text)
{
    size_t n = strlen(text);
    bool is_good = (n == 6 || n == 9) && strspn(text, "0123456789") == n && str_to_int64(str_of(text), mid);
    bool is_known = is_good && imb_serial_space(*mid) == (n == 6 ? 1000000000 : 1000000);
    return is_known || wrong("--mid %s is not a mailer id: it has 6 digits, or 9 that begin with 9", text);
}

static bool flag_take(struct press_options *o, const struct flag *flag, const char *value)
{
    char *to = (char *)o + flag->at;
    if (flag->kind == FLAG_BOOL)
        *(bool *)to = true;
    else if (flag->kind == FLAG_TEXT)
        *(const char **)to = value;
    else if (flag->kind == FLAG_MID)
        return mid_take((int64_t *)to, value);
    else if (!str_to_int64(str_of(value), (int64_t *)to) || *(int64_t *)to < 0)
        return wrong("%s takes a number", flag->name);
    return true;
}

static bool flags_take(struct press_options *o, int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        const struct flag *flag = NULL;
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            fputs(usage, stdout);
            options_help_end();
        }
        for (size_t k = 0; k < sizeof flags / sizeof *flags; k++)
            if (strcmp(argv[i], flags[k].name) == 0) flag = &flags[k];
        bool is_set = strcmp(argv[i], "--set") == 0, needs_value = is_set || (flag && flag->kind != FLAG_BOOL);
        if (!flag && !is_set) return wrong("there is no option %s", argv[i]);
        if (needs_value && i + 1 == argc) return wrong("%s takes a value", argv[i]);
        if (is_set ? !setting_take(argv[i + 1]) : !flag_take(o, flag, needs_value ? argv[i + 1] : NULL)) return false;
        i += needs_value;
    }
    return true;
}

/* Three lines, or five parts of which the last three make a line. */
static bool from_is_whole(const char *from)
{
    int n = 1;
    for (const char *c = from; *c; c++) n += *c == ';';
    return n >= 3 && n <= 5;
}

/* Only what this command wrote is replaced, or an empty folder. */
static bool is_package(const char *dir)
{
    static const char *const within[] = {"ticket.json", "batch-1/ticket.json"};
    char path[1200];
    for (size_t i = 0; i < sizeof within / sizeof *within; i++) {
        snprintf(path, sizeof path, "%s/%s", dir, within[i]);
        if (access(path, F_OK) == 0) return true;
    }
    return rmdir(dir) == 0;
}

static bool out_check(const struct press_options *o)
{
    if (access(o->out, F_OK) != 0) return true;
    if (!o->replace) return wrong("%s exists already: choose another --out, or --replace it", o->out);
    return is_package(o->out) || wrong("%s is not a package of this command and is not replaced", o->out);
}

bool press_options_read(struct press_options *o, int argc, char **argv)
{
    *o = (struct press_options){.mid = -1, .stid = -1, .first_serial = -1, .jobs = 1, .engine = "auto"};
    struct fault f = {0};
    if (!settings_read_environment(&f)) return wrong("%s", f.text);
    if (!flags_take(o, argc, argv)) return false;
    if (!o->size || !press_geometry_by_name(str_of(o->size)))
        return wrong("--size is letter, 4x6, 6x9, 6x11, 12x9 or 6x18%s", "");
    for (size_t n = o->out ? strlen(o->out) : 0; n > 1 && o->out[n - 1] == '/';) o->out = strndup(o->out, --n);
    if (!o->contacts || !o->out) return wrong("%s is needed", o->contacts ? "--out" : "--contacts");
    if (o->from && !from_is_whole(o->from)) return wrong("--from is \"Name;Street;City;ST;ZIP\", not \"%s\"", o->from);
    if (!o->html == !o->front || (o->back && !o->front)) return wrong("%s", "either --html, or --front and --back, is needed");
    if (strcmp(o->engine, "fast") == 0)
        return wrong("%s", "the fast engine for HTML is not in this version; use --engine auto");
    if (strcmp(o->engine, "auto") != 0 && strcmp(o->engine, "chromium") != 0)
        return wrong("--engine is chromium or auto, not %s", o->engine);
    if (o->first_serial >= 0 && o->mid < 0)
        return wrong("%s", "--first-serial needs --mid: live codes carry your own mailer id");
    if (o->jobs < 1 || o->jobs > limit_get(LIMIT_PRESS_COMMAND_JOBS))
        return wrong("%s", "--jobs is at least 1, and at most the limit press.command_jobs");
    return out_check(o);
}

/* ---- files ---- */

static bool file_take(struct arena *a, const char *path, int64_t most, struct str *out, struct fault *f)
{
    struct buf b = BUF_INIT;
    bool is_read = file_read(path, (size_t)most, &b, f);
    if (is_read) *out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return is_read;
}

static struct str media_type(struct str name)
{
    static const struct {
        struct str end, type;
    } types[] = {
        {STR(".png"), STR("image/png")},  {STR(".jpg"), STR("image/jpeg")},    {STR(".jpeg"), STR("image/jpeg")},
        {STR(".gif"), STR("image/gif")},  {STR(".svg"), STR("image/svg+xml")}, {STR(".webp"), STR("image/webp")},
        {STR(".css"), STR("text/css")},   {STR(".ttf"), STR("font/ttf")},      {STR(".otf"), STR("font/otf")},
        {STR(".woff"), STR("font/woff")}, {STR(".woff2"), STR("font/woff2")},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++)
        if (name.len > types[i].end.len &&
            str_eq_nocase((struct str){name.ptr + name.len - types[i].end.len, types[i].end.len}, types[i].end))
            return types[i].type;
    return STR("application/octet-stream");
}

/* map.tsv: ADDRESS<tab>FILE, a line each. */
static bool assets_read(const char *dir, struct arena *a, struct creative *c, struct fault *f)
{
    struct str text, line, rest;
    if (!file_take(a, arena_printf(a, "%s/map.tsv", dir), 1 << 22, &text, f)) return false;
    int room = 1, n = 0;
    for (size_t i = 0; i < text.len; i++) room += text.ptr[i] == '\n';
    struct chromium_asset *assets = ARENA_ARRAY(a, struct chromium_asset, room);
    for (rest = text; rest.ptr;) {
        line = str_trim(str_cut(rest, '\n', &rest));
        struct str file, address = str_trim(str_cut(line, '\t', &file));
        if (line.len == 0) continue;
        if (!file.ptr) return fault_user(f, 400, "%s/map.tsv: \"%.*s\" has no tab and file", dir, STR_ARG(line));
        file = str_trim(file);
        assets[n].address = address, assets[n].media_type = media_type(file);
        const char *path = arena_printf(a, "%s/%.*s", dir, STR_ARG(file));
        if (!file_take(a, path, limit_get(LIMIT_HTTP_MAX_ASSET_BYTES), &assets[n++].bytes, f)) return false;
    }
    c->assets = assets, c->n_assets = n;
    return true;
}

static bool is_picture(struct str s) { return str_starts(s, STR("\xff\xd8\xff")) || str_starts(s, STR("\x89PNG")); }

bool press_creative_read(const struct press_options *o, struct arena *a, struct creative *c, struct fault *f)
{
    const char *paths[2] = {o->html ? o->html : o->front, o->html ? NULL : o->back};
    struct str sides[2];
    int n = 0;
    *c = (struct creative){.owner = 1, /* whoever runs the command */
                           .g = press_geometry_by_name(str_of(o->size)),
                           .strict = o->strict,
                           .is_double_sided = o->is_double_sided};
    for (; n < 2 && paths[n]; n++)
        if (!file_take(a, paths[n], limit_get(LIMIT_HTTP_MAX_ASSET_BYTES), &sides[n], f)) return false;
    c->kind = is_picture(sides[0]) ? CREATIVE_IMAGES : CREATIVE_HTML;
    for (int i = 0; i < n; i++) {
        if (is_picture(sides[i]) != (c->kind == CREATIVE_IMAGES))
            return fault_user(f, 400, "front and back are either both pictures or both HTML");
        if (c->kind == CREATIVE_IMAGES)
            c->image[c->n_image++] = sides[i];
        else
            c->html[c->n_html++] = sides[i];
    }
    return !o->assets || assets_read(o->assets, a, c, f);
}
