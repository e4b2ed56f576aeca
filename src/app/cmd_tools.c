/* cmd_tools.c: the small commands that need no house: barcodes, addresses, tables, the machine. Lines in, lines out. */
#include "app/commands.h"
#include "app/options.h"
#include "base/durable.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/limits.h"
#include "base/settings.h"
#include "postal/address.h"
#include "postal/imb.h"
#include "press/chromium.h"
#include "store/store.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* ---- imb ---- */
static bool imb_line(struct str line, bool encode)
{
    char bars[IMB_BARS + 1], tracking[21], routing[12];
    struct str rest, code = str_cut(line, ',', &rest);
    enum imb_result result = encode ? imb_encode(code, rest.ptr ? rest : STR(""), bars) : imb_decode(line, tracking, routing);
    if (result != IMB_OK)
        printf("error %d\n", (int)result), fprintf(stderr, "%.*s: %s\n", STR_ARG(line), imb_result_text(result));
    else if (encode)
        puts(bars);
    else
        printf("%s%s%s\n", tracking, *routing ? "," : "", routing);
    return result == IMB_OK;
}

static void imb_forms(FILE *to)
{
    fputs("pennypost imb encode | decode   (on standard input; encode: tracking[,routing] a line; decode: 65 letters a line)\n",
          to);
}

int cmd_imb(int argc, char **argv)
{
    struct options o;
    if (!options_read(&o, argc, argv, 0, imb_forms)) return EXIT_USAGE;
    bool encode = o.n_rest == 1 && strcmp(o.rest[0], "encode") == 0;
    if (o.n_rest != 1 || (!encode && strcmp(o.rest[0], "decode") != 0)) return imb_forms(stderr), EXIT_USAGE;
    char line[256];
    int code = EXIT_DONE;
    while (fgets(line, sizeof line, stdin))
        if (!imb_line(str_trim(str_of(line)), encode)) code = EXIT_REFUSED;
    return code;
}

/* ---- address ---- */
static struct str member(struct json_value object, const char *a, const char *b)
{
    struct json_value v = json_get(object, a);
    if (v.type != JSON_STRING) v = json_get(object, b);
    return v.type == JSON_STRING ? v.string : STR_NULL;
}

static void put_address(struct buf *out, const struct address *ad)
{
    struct json_out j = json_out_begin(out);
    json_object(&j, NULL);
    json_array(&j, "lines");
    for (int i = 0; i < ad->n_lines; i++) json_str(&j, NULL, ad->line[i]);
    json_end(&j);
    json_str(&j, "street", ad->street), json_str(&j, "unit", ad->unit), json_str(&j, "city", ad->city);
    json_str(&j, "state", ad->state), json_str(&j, "zip5", ad->zip5), json_str(&j, "zip4", ad->zip4),
        json_str(&j, "dp", ad->dp);
    json_strz(&j, "country", ad->country == ADDRESS_US ? "US" : ad->country == ADDRESS_CA ? "CA" : "");
    json_strz(&j, "routing", ad->routing);
    json_array(&j, "warnings");
    if (ad->warnings & ADDRESS_WARN_ZIP_STATE) json_strz(&j, NULL, "the ZIP code is not in that state");
    if (ad->warnings & ADDRESS_WARN_ZIP_PADDED) json_strz(&j, NULL, "a leading 0 was put before the ZIP code");
    if (ad->warnings & ADDRESS_WARN_NO_NUMBER) json_strz(&j, NULL, "the street has no house number");
    if (ad->warnings & ADDRESS_WARN_UNIT_MISSING) json_strz(&j, NULL, "a unit is named without its number");
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
}

static bool address_line(struct json_parser *p, struct arena *a, struct str line, struct buf *out)
{
    struct fault f = {0};
    struct json_value v;
    struct address ad;
    buf_clear(out);
    bool ok = json_parse(p, json_padded(a, line), &v, &f);
    struct address_in in = {
        member(v, "first_name", "FirstName"),  member(v, "last_name", "LastName"),      member(v, "company", "Company"),
        member(v, "address_street", "street"), member(v, "address_street2", "street2"), member(v, "address_city", "city"),
        member(v, "address_state", "state"),   member(v, "address_zip", "zip"),         member(v, "country", "Country")};
    if (ok && (ok = address_standardise(a, &in, &ad, &f))) put_address(out, &ad);
    if (!ok) buf_addz(out, "{\"error\":"), json_quote(out, str_of(f.text)), buf_add_byte(out, '}');
    printf("%.*s\n", STR_ARG(buf_str(out)));
    return ok;
}

static void address_forms(FILE *to)
{
    fputs("pennypost address takes no words and no flags, but one JSON address a line on standard input\n", to);
}

int cmd_address(int argc, char **argv)
{
    struct options o;
    if (!options_read(&o, argc, argv, 0, address_forms)) return EXIT_USAGE;
    if (o.n_rest) return address_forms(stderr), EXIT_USAGE;
    struct json_parser *p = json_parser_create();
    struct arena *a = arena_create(4096);
    struct buf out = BUF_INIT;
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    int code = EXIT_DONE;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        arena_reset(a);
        struct str s = str_trim(str_make(line, (size_t)n));
        if (s.len && !address_line(p, a, s, &out)) code = EXIT_REFUSED;
    }
    free(line);
    buf_finish(&out);
    arena_destroy(&a);
    json_parser_destroy(&p);
    return code;
}

/* ---- tables: all rows, or the one that is named ---- */
struct table {
    const char *command, *noun;
    const char *only; /* NULL: all */
    bool is_found;
};

static void limits_forms(FILE *to) { fputs("pennypost limits [NAME]   (all, or the one of that name)\n", to); }
static void settings_forms(FILE *to) { fputs("pennypost settings [NAME]   (all, or the one of that name)\n", to); }

static bool table_begin(struct table *t, int argc, char **argv, const char *noun, options_forms *forms)
{
    struct options o;
    if (!options_read(&o, argc, argv, TAKES_NODE, forms)) return false;
    *t = (struct table){argv[0], noun, o.n_rest ? o.rest[0] : NULL, false};
    if (o.n_rest <= 1) return true;
    return fprintf(stderr, "pennypost %s takes one name at most; \"%s\" is one too many\n", argv[0], o.rest[1]), false;
}

static bool table_has(struct table *t, const char *name)
{
    bool is_shown = !t->only || strcmp(t->only, name) == 0;
    t->is_found |= is_shown;
    return is_shown;
}

static int table_end(const struct table *t)
{
    if (t->is_found) return EXIT_DONE;
    fprintf(stderr, "There is no %s \"%s\"; pennypost %s lists them all\n", t->noun, t->only, t->command);
    return EXIT_USAGE;
}

int cmd_limits(int argc, char **argv)
{
    struct table t;
    if (!table_begin(&t, argc, argv, "limit", limits_forms)) return EXIT_USAGE;
    for (int i = 0; i < LIMIT_COUNT; i++) {
        const struct limit_def *d = limit_def((enum limit)i);
        if (table_has(&t, d->name))
            printf("%-26s %12lld %-12s %s\n", d->name, (long long)limit_get((enum limit)i), d->unit, d->what);
    }
    return table_end(&t);
}

int cmd_settings(int argc, char **argv)
{
    struct table t;
    if (!table_begin(&t, argc, argv, "setting", settings_forms)) return EXIT_USAGE;
    for (int i = 0; i < SETTING_COUNT; i++) {
        const struct setting_def *d = setting_def((enum setting)i);
        const char *value = setting_get((enum setting)i);
        char shown[300];
        if (!table_has(&t, d->name)) continue;
        if (i == SETTING_DB && *value)
            store_address_show(value, shown, sizeof shown), value = shown; /* it may hold a password */
        printf("%-22s %-34s %-14s %-30s %s\n", d->name, value, d->unit, setting_origin((enum setting)i), d->what);
    }
    return table_end(&t);
}

int cmd_version(int argc, char **argv)
{
    struct options o;
    if (!options_read(&o, argc, argv, 0, NULL) || !options_no_words(&o, argv[0])) return EXIT_USAGE;
    printf("pennypost %s, schema %lld\n", PENNYPOST_VERSION, (long long)store_schema_known());
    return EXIT_DONE;
}
