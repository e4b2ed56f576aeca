/* salesforce_judge.c: what Salesforce's answers mean (specs: crm-apis §2.3). Three shapes of error: a list at the top of an answer, one in each row of
 * a collection, and the token endpoint's; SOAP has a fourth. Pure. */
#include "links/salesforce/salesforce_private.h"
#include "links/salesforce/salesforce_xml.h"
#include <ctype.h>
#include <stdio.h>

/* ---- reading ---- */

static void put(char *out, size_t n, struct str s)
{
    size_t at = 0;
    for (size_t i = 0; i < s.len && at + 1 < n; i++) out[at++] = (unsigned char)s.ptr[i] < ' ' ? ' ' : s.ptr[i];
    while (at > 0 && at + 1 == n && ((unsigned char)out[at - 1] & 0xC0) == 0x80) at--; /* not in the middle of a letter */
    if (at + 1 == n && at > 0 && ((unsigned char)out[at - 1] & 0x80)) at--;
    out[at] = '\0';
}

static struct str first_text(struct json_value o, const char *one, const char *other)
{
    struct json_value v = json_get(o, one);
    if (v.type != JSON_STRING) v = json_get(o, other);
    return v.type == JSON_STRING ? v.string : STR("");
}

static void read_json(struct str body, struct sf_error *out)
{
    struct arena *a = arena_create(4096);
    struct json_parser *p = json_parser_create();
    struct json_value root, e;
    if (json_parse(p, json_padded(a, body), &root, NULL)) {
        struct json_iter it = {0};
        e = root;
        if (root.type == JSON_ARRAY && !json_next(root, &it, NULL, &e)) e = (struct json_value){.type = JSON_MISSING};
        put(out->code, sizeof out->code,
            first_text(e, "errorCode", json_get(e, "statusCode").type == JSON_STRING ? "statusCode" : "error"));
        put(out->message, sizeof out->message, first_text(e, "message", "error_description"));
    }
    json_parser_destroy(&p);
    arena_destroy(&a);
}

static void read_xml(struct str body, struct sf_error *out)
{
    struct _xmlDoc *doc = sf_xml_read(body, NULL);
    if (!doc) return;
    struct arena *a = arena_create(1024);
    struct str rest, code = sf_xml_text(a, sf_xml_find(sf_xml_root(doc), "faultcode"));
    struct str before = str_cut(code, ':', &rest);
    put(out->code, sizeof out->code, rest.ptr ? rest : before);
    put(out->message, sizeof out->message, sf_xml_text(a, sf_xml_find(sf_xml_root(doc), "faultstring")));
    arena_destroy(&a);
    sf_xml_free(&doc);
}

void sf_error_read(struct str body, struct sf_error *out)
{
    struct str s = str_trim(body);
    *out = (struct sf_error){0};
    if (!s.len) return;
    if (*s.ptr == '<')
        read_xml(s, out);
    else if (*s.ptr == '[' || *s.ptr == '{')
        read_json(s, out);
}

/* ---- judging ---- */

bool sf_is_about_field(const char *code)
{
    return strcmp(code, "INVALID_FIELD") == 0 || strcmp(code, "INVALID_FIELD_FOR_INSERT_UPDATE") == 0;
}

static const struct known {
    const char *code;
    enum link_result result;
    const char *what; /* what to do; NULL: as it was said */
} codes[] = {
    {"INVALID_SESSION_ID", LINK_AUTH, "the access token is over"},
    {"REQUEST_LIMIT_EXCEEDED", LINK_PAUSE_DESTINATION,
     "the organisation has used up its API requests; nothing is sent for a while, and nothing is lost"},
    {"UNABLE_TO_LOCK_ROW", LINK_RETRY_LATER, "somebody else was changing the record"},
    {"QUERY_TIMEOUT", LINK_RETRY_LATER, "the query took too long there"},
    {"SERVER_UNAVAILABLE", LINK_RETRY_LATER, NULL},
    {"UNKNOWN_EXCEPTION", LINK_RETRY_LATER, NULL},
    {"ENTITY_IS_DELETED", LINK_PERMANENT,
     "the record was deleted or merged into another one there; restore it, or mail the other one"},
    {"INVALID_CROSS_REFERENCE_KEY", LINK_PERMANENT, "there is no record with this id, or the connected user may not see it"},
    {"NOT_FOUND", LINK_PERMANENT, "there is no such record, or the connected user may not see it"},
    {"CANNOT_UPDATE_CONVERTED_LEAD", LINK_PERMANENT,
     "the lead was converted, and converted leads cannot be changed; mail its contact instead"},
    {"ENTITY_IS_LOCKED", LINK_PERMANENT, "the record is locked there, perhaps by an approval; unlock it and deliver again"},
    {"INSUFFICIENT_ACCESS_OR_READONLY", LINK_PERMANENT,
     "the connected user may not change this record; give it the right (\"Modify All Data\") and deliver again"},
    {"INSUFFICIENT_ACCESS_ON_CROSS_REFERENCE_ENTITY", LINK_PERMANENT,
     "the connected user may not change this record; give it the right (\"Modify All Data\") and deliver again"},
    {"INSUFFICIENT_ACCESS", LINK_PERMANENT,
     "the connected user lacks a right: it needs Customize Application, Manage Profiles and Permission Sets, and Modify All "
     "Data"},
    {"API_DISABLED_FOR_ORG", LINK_AUTH, "this edition of Salesforce has no API, or the connected user lacks \"API Enabled\""},
    {"API_CURRENTLY_DISABLED", LINK_AUTH, "the API is switched off for the connected user; give its profile \"API Enabled\""},
    {"INVALID_QUERY_LOCATOR", LINK_RETRY_LATER, "the query was forgotten there before it was read to its end"},
    {"LIMIT_EXCEEDED", LINK_PERMANENT,
     "the organisation has as much of this as it may have. If it is custom fields, delete those of old mail drops there, or "
     "set "
     "the connection's status_field to one"},
    {"STORAGE_LIMIT_EXCEEDED", LINK_RETRY_LATER, "the organisation's storage is full"},
};

static const struct known *known(const char *code)
{
    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++)
        if (strcmp(codes[i].code, code) == 0) return &codes[i];
    return NULL;
}

enum link_result sf_judge_code(const char *code, const char *message, char *sentence, size_t n)
{
    const struct known *k = known(code);
    if (k) {
        snprintf(sentence, n, "%s: %s", code, k->what ? k->what : message);
        return k->result;
    }
    snprintf(sentence, n, "Salesforce refused it (%s): %s", *code ? code : "without a reason", message);
    return LINK_PERMANENT;
}

static bool is_page(const struct fetch_answer *answer)
{
    struct str s = str_trim(answer->body);
    return s.len > 0 && *s.ptr == '<' && !memmem(s.ptr, s.len, "Envelope", 8);
}

enum link_result sf_judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    struct sf_error e;
    int status = answer->status;
    (void)ctx;
    snprintf(sentence, n, "%s", answer->sentence);
    if (answer->error == FETCH_REFUSED) return LINK_PERMANENT;
    if (answer->error != FETCH_OK) return LINK_RETRY_LATER;
    if (is_page(answer)) {
        snprintf(sentence, n, "Salesforce answered with a page instead of data (%d); it may be under maintenance", status);
        return status == 401 ? LINK_AUTH : LINK_RETRY_LATER;
    }
    if (answer->is_cut) {
        snprintf(sentence, n, "Salesforce's answer is too large");
        return LINK_PERMANENT;
    }
    if (status >= 200 && status <= 299) return LINK_OK;
    sf_error_read(answer->body, &e);
    if (status == 401) {
        snprintf(sentence, n, "Salesforce refuses the access token (%s)", *e.code ? e.code : "401");
        return LINK_AUTH;
    }
    if (status == 408 || status == 425 || status == 429 || (status >= 500 && !*e.code)) return LINK_RETRY_LATER;
    if (status >= 300 && status <= 399) {
        snprintf(sentence, n, "%.200s: redirects are not followed", answer->sentence);
        return LINK_PERMANENT;
    }
    if (status >= 500 && !known(e.code)) {
        snprintf(sentence, n, "Salesforce answered %d (%s): %s", status, e.code, e.message);
        return LINK_RETRY_LATER;
    }
    if (!*e.code) {
        snprintf(sentence, n, "Salesforce answered %d without a reason that can be read", status);
        return LINK_PERMANENT;
    }
    return sf_judge_code(e.code, e.message, sentence, n);
}

#define LIMIT_MOST INT64_C(1000000000000) /* requests a day: more is no count of any */

bool sf_limit_read(struct str header, int64_t *used, int64_t *most)
{
    for (struct str rest = header; rest.ptr;) {
        struct str value, part = str_trim(str_cut(rest, ';', &rest)), key = str_trim(str_cut(part, '=', &value));
        struct str of;
        if (!value.ptr || !str_eq(key, STR("api-usage"))) continue;
        struct str first = str_trim(str_cut(value, '/', &of));
        return str_to_int64(first, used) && str_to_int64(str_trim(of), most) && *used >= 0 && *most > 0 &&
               *used <= LIMIT_MOST && *most <= LIMIT_MOST;
    }
    return false;
}
