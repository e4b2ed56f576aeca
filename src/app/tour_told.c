/* tour_told.c: see tour_told.h. */
#include "app/tour_told.h"
#include <inttypes.h>
#include <string.h>

static bool state_of(struct tour_stage *s, enum tour_part part, struct json_value *root, struct fault *f)
{
    int status;
    return tour_stage_ask(s, part, "GET", "/_state", STR_NULL, &status, root, f) &&
           (status == 200 || fault_remote(f, "%s shows no state: %d", tour_stage_name(part), status));
}

static bool look_at_salesforce(struct tour_stage *s, struct arena *a, const struct tour_person *who, int64_t drop,
                               struct tour_told *out, struct fault *f)
{
    struct json_value root;
    if (!state_of(s, TOUR_SALESFORCE, &root, f)) return false;
    const char *field = arena_printf(a, "Postalytics_Mail_Drop_%" PRId64 "_Event_Status__c", drop);
    struct json_value record = json_get(json_get(json_get(root, "records"), who->kind), who->record);
    struct json_value made = json_get(json_get(root, "fields"), arena_printf(a, "%s.%s", who->kind, field));
    out->field = arena_str(a, json_get(record, field).string);
    out->label = arena_str(a, json_get(made, "label").string);
    return true;
}

static bool look_at_highlevel(struct tour_stage *s, struct arena *a, const struct tour_person *who, struct tour_told *out,
                              struct fault *f)
{
    struct json_value root, item;
    struct json_iter tags = {0}, notes = {0};
    if (!state_of(s, TOUR_HIGHLEVEL, &root, f)) return false;
    struct json_value contact = json_get(json_get(root, "contacts"), who->contact);
    while (out->n_tags < TOLD_TAGS_MAX && json_next(json_get(contact, "tags"), &tags, NULL, &item))
        out->tags[out->n_tags++] = arena_str(a, item.string);
    while (json_next(json_get(json_get(root, "notes"), who->contact), &notes, NULL, &item))
        out->n_notes++, out->last_note = arena_str(a, json_get(item, "body").string);
    return true;
}

bool tour_told_look(struct tour_stage *s, struct arena *a, const struct tour_person *who, int64_t drop, struct tour_told *out,
                    struct fault *f)
{
    *out = (struct tour_told){0};
    return look_at_salesforce(s, a, who, drop, out, f) && look_at_highlevel(s, a, who, out, f);
}

static bool has_tag(const struct tour_told *t, struct str code)
{
    for (int i = 0; i < t->n_tags; i++)
        if (t->tags[i].len > TOLD_PREFIX &&
            str_eq_nocase(str_make(t->tags[i].ptr + TOLD_PREFIX, t->tags[i].len - TOLD_PREFIX), code))
            return true;
    return false;
}

bool tour_told_is(const struct tour_told *t, const char *field, const char *tags)
{
    struct str code, rest = str_of(tags);
    size_t n = strlen(field);
    if (!str_eq(t->field, str_of(field))) return false;
    if (!str_starts(t->last_note, str_of(field)) || t->last_note.len == n || t->last_note.ptr[n] != ':') return false;
    while (rest.ptr) {
        code = str_cut(rest, ' ', &rest);
        if (!has_tag(t, code)) return false;
    }
    return true;
}
