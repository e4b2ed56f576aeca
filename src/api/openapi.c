/* openapi.c: the routes as an OpenAPI 3.0 document, written from routes.def and openapi.def at each request. Patterns that differ in nothing
 * but the names in {} are one path there, under the first one's names. */
#include "api/openapi.h"
#include "api/api_private.h"
#include "base/log.h"
#include <ctype.h>
#include <stdio.h>
#include <string.h>

static const struct route {
    const char *method, *pattern, *handler, *summary;
    enum route_who who;
} routes[] = {
#define ROUTE(method, pattern, handler, flags, limit, who, summary) {#method, pattern, #handler, summary, who},
#include "api/routes.def"
#undef ROUTE
};
enum { N_ROUTES = sizeof routes / sizeof *routes };

static const struct doc {
    const char *handler, *parameters, *request, *answer;
} docs[] = {
#define DOC(handler, parameters, request, answer) {#handler, parameters, request, answer},
#define QUERY(name, type, summary)
#define SCHEMA(name, fields)
#include "api/openapi.def"
#undef DOC
#undef QUERY
#undef SCHEMA
};

static const struct query {
    const char *name, *type, *summary;
} queries[] = {
#define DOC(handler, parameters, request, answer)
#define QUERY(name, type, summary) {#name, type, summary},
#define SCHEMA(name, fields)
#include "api/openapi.def"
#undef DOC
#undef QUERY
#undef SCHEMA
};

/* NULL: nobody has described the handler. */
static const struct doc *doc_of(const struct route *r)
{
    for (size_t i = 0; i < sizeof docs / sizeof *docs; i++)
        if (strcmp(docs[i].handler, r->handler) == 0) return &docs[i];
    return NULL;
}

/* ---- paths ---- */

/* The same but for the names in {}. */
static bool same_shape(const char *a, const char *b)
{
    for (; *a && *a == *b; a++, b++)
        if (*a == '{') {
            a = strchr(a, '}');
            b = strchr(b, '}');
        }
    return *a == *b;
}

/* The first route of its path: whose names it goes under. */
static size_t first_of(size_t i)
{
    size_t k = 0;
    while (!same_shape(routes[k].pattern, routes[i].pattern)) k++;
    return k;
}

/* ---- one operation ---- */

static const char *lower(const char *s, char *out, size_t size)
{
    size_t n = 0;
    for (; s[n] && n + 1 < size; n++) out[n] = isalnum((unsigned char)s[n]) ? (char)tolower((unsigned char)s[n]) : '_';
    out[n] = '\0';
    return out;
}

static void write_path_parameters(struct buf *b, const char *path)
{
    for (const char *at = path; (at = strchr(at, '{')); at++) {
        int n = (int)strcspn(at + 1, "}");
        yaml_line(b, 8, "- {name: %.*s, in: path, required: true, schema: {type: string}}", n, at + 1);
    }
}

static void write_parameters(struct buf *b, const char *path, struct str names)
{
    if (!strchr(path, '{') && !names.len) return;
    yaml_line(b, 6, "parameters:");
    write_path_parameters(b, path);
    while (names.len) {
        struct str name = str_cut(names, ' ', &names);
        yaml_line(b, 8, "- $ref: \"#/components/parameters/%.*s\"", STR_ARG(name));
    }
}

/* A schema's name, [it], or file:type. */
static void write_content(struct buf *b, int indent, struct str what)
{
    struct str type;
    yaml_line(b, indent, "content:");
    if (str_starts(what, STR("file:"))) {
        str_cut(what, ':', &type);
        yaml_line(b, indent + 2, "\"%.*s\":", STR_ARG(type));
        yaml_line(b, indent + 4, "schema: {type: string, format: binary}");
        return;
    }
    yaml_line(b, indent + 2, "application/json:");
    yaml_line(b, indent + 4, "schema:");
    openapi_type(b, indent + 6, what, false);
}

static void write_answer(struct buf *b, struct str answer)
{
    struct str status = STR("200");
    if (answer.len && isdigit((unsigned char)answer.ptr[0])) status = str_cut(answer, ':', &answer);
    yaml_line(b, 8, "\"%.*s\":", STR_ARG(status));
    yaml_line(b, 10, "description: \"%s\"",
              str_eq(status, STR("202"))   ? "taken; it goes on in the background"
              : str_eq(status, STR("503")) ? "not now"
                                           : "done");
    if (answer.len) write_content(b, 10, answer);
}

static void write_answers(struct buf *b, struct str answers)
{
    yaml_line(b, 6, "responses:");
    do write_answer(b, str_cut(answers, ' ', &answers));
    while (answers.len);
    yaml_line(b, 8, "default:");
    yaml_line(b, 10, "$ref: \"#/components/responses/Error\"");
}

static const char *tag_of(const struct route *r)
{
    if (r->who == WHO_OPERATOR || r->who == WHO_OPERATOR_FOR) return "operator";
    return strncmp(r->pattern, "/api/", 5) == 0 ? "compatible" : "pennypost";
}

static void write_operation(struct buf *b, const struct route *r, const char *path)
{
    char method[10], name[200];
    const struct doc *d = doc_of(r);
    yaml_line(b, 4, "%s:", lower(r->method, method, sizeof method));
    yaml_line(b, 6, "operationId: %s%s", method, lower(path, name, sizeof name));
    yaml_text(b, 6, "summary", str_of(r->summary));
    yaml_line(b, 6, "tags: [%s]", tag_of(r));
    if (r->who != WHO_KEY && r->who != WHO_FEED) yaml_line(b, 6, "security: []");
    write_parameters(b, path, d ? str_of(d->parameters) : STR(""));
    if (d && *d->request) {
        yaml_line(b, 6, "requestBody:");
        write_content(b, 8, str_of(d->request));
    }
    write_answers(b, d ? str_of(d->answer) : STR("any"));
}

/* ---- the document ---- */

static void write_paths(struct buf *b)
{
    yaml_line(b, 0, "paths:");
    for (size_t i = 0; i < N_ROUTES; i++) {
        if (first_of(i) != i) continue;
        yaml_line(b, 2, "\"%s\":", routes[i].pattern);
        for (size_t k = i; k < N_ROUTES; k++)
            if (first_of(k) == i) write_operation(b, &routes[k], routes[i].pattern);
    }
}

static void write_components(struct buf *b)
{
    yaml_line(b, 0, "components:");
    yaml_line(b, 2, "securitySchemes:");
    yaml_line(b, 4, "key: {type: http, scheme: basic, description: \"the API key as user name, no password\"}");
    yaml_line(b, 2, "responses:");
    yaml_line(b, 4, "Error:");
    yaml_line(b, 6, "description: \"refused or failed; the sentence says what to change\"");
    write_content(b, 6, STR("Error"));
    yaml_line(b, 2, "parameters:");
    for (size_t i = 0; i < sizeof queries / sizeof *queries; i++) {
        yaml_line(b, 4, "%s:", queries[i].name);
        yaml_line(b, 6, "name: %s", queries[i].name);
        yaml_line(b, 6, "in: query");
        yaml_text(b, 6, "description", str_of(queries[i].summary));
        yaml_line(b, 6, "schema:");
        openapi_type(b, 8, str_of(queries[i].type), false);
    }
    yaml_line(b, 2, "schemas:");
    openapi_schemas(b, 4);
}

void openapi_write(struct buf *b)
{
    yaml_line(b, 0, "openapi: 3.0.3");
    yaml_line(b, 0, "info:");
    yaml_line(b, 2, "title: Pennypost");
    yaml_line(b, 2, "version: \"%s\"", PENNYPOST_VERSION);
    yaml_line(b, 2,
              "description: \"Direct mail. Paths below /api/v1 are those of the Postalytics API, paths below /v1 are this "
              "server's own. "
              "Names in a body may be in any case, with or without underscores; unknown ones are ignored.\"");
    yaml_line(b, 2, "license: {name: Apache 2.0, url: \"https://www.apache.org/licenses/LICENSE-2.0\"}");
    yaml_line(b, 0, "servers: [{url: \"/\"}]");
    yaml_line(b, 0, "security: [{key: []}]");
    yaml_line(b, 0, "tags:");
    yaml_line(b, 2, "- {name: compatible, description: \"as the hosted service has it\"}");
    yaml_line(b, 2, "- {name: pennypost, description: \"this server's own\"}");
    yaml_line(b, 2, "- {name: operator, description: \"only over the socket of the server's own machine\"}");
    write_paths(b);
    write_components(b);
}

void handle_openapi(struct http_exchange *x)
{
    struct buf b = BUF_INIT;
    openapi_write(&b);
    http_answer(x, 200, "application/yaml", buf_str(&b));
    buf_finish(&b);
}
