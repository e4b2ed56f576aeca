/* openapi_schema.c: the small language of openapi.def's types and fields, written as YAML. An unknown word in the table is a bug of ours and
 * asserted; the test that fetches the document meets every row. */
#include "api/openapi.h"
#include "base/json_out.h"
#include "base/log.h"
#include <stdarg.h>
#include <stdio.h>

static const struct {
    const char *name, *fields;
} schemas[] = {
#define DOC(handler, parameters, request, answer)
#define QUERY(name, type, summary)
#define SCHEMA(name, fields) {#name, fields},
#include "api/openapi.def"
#undef DOC
#undef QUERY
#undef SCHEMA
};
enum { N_SCHEMAS = sizeof schemas / sizeof *schemas, VAR_FIELDS = 35 };

/* ---- lines ---- */

void yaml_line(struct buf *b, int indent, const char *fmt, ...)
{
    char text[1000];
    va_list args;
    va_start(args, fmt);
    int n = vsnprintf(text, sizeof text, fmt, args);
    va_end(args);
    ASSERT(n >= 0 && n < (int)sizeof text);
    buf_addf(b, "%*s%s\n", indent, "", text);
}

void yaml_text(struct buf *b, int indent, const char *key, struct str text)
{
    buf_addf(b, "%*s%s: ", indent, "", key);
    json_quote(b, text); /* a JSON string is a YAML string */
    buf_addz(b, "\n");
}

/* ---- types ---- */

static bool is_schema(struct str name)
{
    for (size_t i = 0; i < N_SCHEMAS; i++)
        if (str_eq(name, str_of(schemas[i].name))) return true;
    return false;
}

static void lenient(struct buf *b, int indent, const char *const *types)
{
    yaml_line(b, indent, "anyOf:");
    for (; *types; types++) yaml_line(b, indent + 2, "- {type: %s, nullable: true}", *types);
}

static bool simple(struct buf *b, int indent, struct str type)
{
    static const struct {
        const char *name, *lines[3];
    } types[] = {
        {"int", {"type: integer", "format: int64"}},
        {"text", {"type: string"}},
        {"bool", {"type: boolean"}},
        {"time", {"type: string", "format: date-time"}},
        {"bit", {"type: integer", "enum: [0, 1]"}},
    };
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (!str_eq(type, str_of(types[i].name))) continue;
        for (int k = 0; types[i].lines[k]; k++) yaml_line(b, indent, "%s", types[i].lines[k]);
        return true;
    }
    return false;
}

void openapi_type(struct buf *b, int indent, struct str type, bool may_be_null)
{
    static const char *const number[] = {"integer", "string", NULL}, *const words[] = {"string", "number", NULL},
                             *const flag[] = {"boolean", "integer", "string", NULL};
    if (str_eq(type, STR("number"))) return lenient(b, indent, number);
    if (str_eq(type, STR("words"))) return lenient(b, indent, words);
    if (str_eq(type, STR("flag"))) return lenient(b, indent, flag);
    if (str_eq(type, STR("any"))) return yaml_line(b, indent, "description: \"any value\"");
    if (type.len > 2 && type.ptr[0] == '[') {
        yaml_line(b, indent, "type: array");
        yaml_line(b, indent, "items:");
        return openapi_type(b, indent + 2, str_make(type.ptr + 1, type.len - 2), false);
    }
    if (simple(b, indent, type)) {
        if (may_be_null) yaml_line(b, indent, "nullable: true");
        return;
    }
    ASSERT(is_schema(type));
    if (may_be_null) yaml_line(b, indent, "anyOf:"); /* nothing may stand beside a $ref, and what it names is not null */
    yaml_line(b, indent, "%s$ref: \"#/components/schemas/%.*s\"", may_be_null ? "  - " : "", STR_ARG(type));
    if (may_be_null) yaml_line(b, indent, "  - {type: object, nullable: true, maxProperties: 0, properties: {}}");
}

/* ---- fields: name:type, then ? and - ---- */

struct field {
    struct str name, type;
    bool is_optional, may_be_null;
};

static struct field read_field(struct str word)
{
    struct field out = {.is_optional = false};
    for (; word.len && (str_ends(word, STR("?")) || str_ends(word, STR("-"))); word.len--)
        *(str_ends(word, STR("?")) ? &out.is_optional : &out.may_be_null) = true;
    out.name = str_cut(word, ':', &out.type);
    return out;
}

static bool next_field(struct str *rest, struct field *out)
{
    *rest = str_trim(*rest);
    if (!rest->len) return false;
    *out = read_field(str_cut(*rest, ' ', rest));
    return true;
}

static void write_field(struct buf *b, int indent, struct field f)
{
    if (f.name.ptr[0] != '@') {
        yaml_line(b, indent, "\"%.*s\":", STR_ARG(f.name));
        openapi_type(b, indent + 2, f.type, f.may_be_null);
        return;
    }
    for (int i = 1; i <= VAR_FIELDS; i++) {
        yaml_line(b, indent, "\"var_field_%d\":", i);
        openapi_type(b, indent + 2, str_eq(f.name, STR("@vars")) ? STR("text") : STR("words"), true);
    }
}

static void write_required(struct buf *b, int indent, struct str fields)
{
    struct field f;
    bool any = false;
    while (next_field(&fields, &f)) {
        if (f.is_optional || f.name.ptr[0] == '@') continue;
        if (!any) yaml_line(b, indent, "required:");
        any = true;
        yaml_line(b, indent + 2, "- \"%.*s\"", STR_ARG(f.name));
    }
}

void openapi_schemas(struct buf *b, int indent)
{
    for (size_t i = 0; i < N_SCHEMAS; i++) {
        struct str fields = str_of(schemas[i].fields);
        struct field f;
        yaml_line(b, indent, "%s:", schemas[i].name);
        yaml_line(b, indent + 2, "type: object");
        write_required(b, indent + 2, fields);
        yaml_line(b, indent + 2, "properties:");
        while (next_field(&fields, &f)) write_field(b, indent + 4, f);
    }
}
