/* salesforce_answer.c: what Salesforce's answer to a group of deliveries means for each of them. Pure: from what they are and what came to their
 * results. */
#include "links/salesforce/salesforce_delivery.h"
#include "base/limits.h"
#include <stdio.h>

static void leave_mark(struct link_delivery *d, const char *word)
{
    d->leave_mark = d->sent_mark.len ? str_of(arena_printf(d->arena, "%.*s %s", STR_ARG(d->sent_mark), word)) : str_of(word);
}

static bool names_field(const struct str message, const struct sf_delivery *s)
{
    return memmem(message.ptr, message.len, s->field.ptr, s->field.len) != NULL;
}

static enum link_result field_refused(struct link_delivery *d, const char *message)
{
    struct sf_delivery *s = sf_of(d);
    if (sf_has_mark(d, "fitted"))
        return sf_say(
            d, LINK_PERMANENT,
            "The connected user may not write the field %.*s, or it was deleted. Give its profile the right to edit it "
            "(Setup > "
            "Object Manager > Fields) and deliver again: %.120s",
            STR_ARG(s->field), message);
    leave_mark(d, "fitted");
    s->wants_field = true;
    d->pause_until = d->now + SF_FIELD_AGAIN_MS * 3;
    return sf_say(d, LINK_WAIT, "Salesforce does not show the field %.*s to us; it is being made visible again.",
                  STR_ARG(s->field));
}

static enum link_result record_gone(struct link_delivery *d, enum link_result r)
{
    struct sf_delivery *s = sf_of(d);
    if (!s->was_found || sf_has_mark(d, "gone")) return r;
    leave_mark(d, "gone");
    s->is_gone = true;
    d->pause_until = 0;
    return LINK_WAIT; /* searched for once more */
}

static enum link_result judge_error(struct link_delivery *d, const char *code, const char *message)
{
    char sentence[260];
    if (sf_is_about_field(code)) return field_refused(d, message);
    enum link_result r = sf_judge_code(code, message, sentence, sizeof sentence);
    if (r == LINK_AUTH) r = LINK_RETRY_LATER; /* a row is no place for it */
    const struct sf_delivery *s = sf_of(d);
    sf_say(d, r, "%.*s %.*s: %s", STR_ARG(s->object->name), STR_ARG(s->remote_id), sentence);
    if (r == LINK_PAUSE_DESTINATION) d->pause_until = d->now + limit_get(LIMIT_SALESFORCE_FULL_PAUSE_S) * 1000;
    bool is_gone = strcmp(code, "ENTITY_IS_DELETED") == 0 || strcmp(code, "NOT_FOUND") == 0 ||
                   strcmp(code, "CANNOT_UPDATE_CONVERTED_LEAD") == 0 || strcmp(code, "INVALID_CROSS_REFERENCE_KEY") == 0;
    return is_gone ? record_gone(d, r) : r;
}

static enum link_result judge_row(struct link_delivery *d, struct json_value row)
{
    struct sf_delivery *s = sf_of(d);
    struct json_value e = {.type = JSON_MISSING}, success = json_get(row, "success"), errors = json_get(row, "errors");
    struct json_iter it = {0};
    if (success.type == JSON_BOOL && success.boolean) {
        if (s->blanks_first && !s->has_blanked && !s->is_overtaken) {
            s->has_blanked = true;
            return LINK_ASK;
        }
        s->is_written = !s->is_overtaken;
        return LINK_OK;
    }
    if (success.type != JSON_BOOL || errors.type != JSON_ARRAY || !json_next(errors, &it, NULL, &e))
        return sf_say(d, LINK_RETRY_LATER, "Salesforce's answer has not the shape of an answer to this request.");
    struct json_value code = json_get(e, "statusCode"), message = json_get(e, "message");
    if (code.type != JSON_STRING) code = json_get(e, "errorCode");
    return judge_error(d, code.type == JSON_STRING ? arena_str(d->arena, code.string).ptr : "",
                       message.type == JSON_STRING ? arena_str(d->arena, message.string).ptr : "");
}

static void judge_rows(struct link_delivery *const *group, int n, struct json_value root, enum link_result *results)
{
    int n_rows = 0;
    struct json_iter it = {0};
    struct json_value row;
    for (int i = 0; i < n; i++)
        if (results[i] == LINK_ASK && sf_of(group[i])->row >= n_rows) n_rows = sf_of(group[i])->row + 1;
    if (root.type != JSON_ARRAY || (int)json_count(root) != n_rows) {
        sf_all_say(group, n, results, LINK_RETRY_LATER, 0,
                   "Salesforce's answer has not the shape of an answer to this request.");
        return;
    }
    for (int at = 0; json_next(root, &it, NULL, &row); at++)
        for (int i = 0; i < n; i++)
            if (sf_of(group[i])->row == at) results[i] = judge_row(group[i], row);
}

/* ---- searching ---- */

static void found_one(struct link_delivery *d, const struct sf_object *o, struct str id)
{
    struct sf_delivery *s = sf_of(d);
    for (int i = 0; i < s->n_found && i < SF_FOUND_MAX; i++)
        if (sf_id_eq(s->found[i], id)) return;
    if (s->n_found < SF_FOUND_MAX) {
        s->found[s->n_found] = arena_str(d->arena, id);
        s->found_text = arena_printf(d->arena, "%s%s%.*s %.*s", s->n_found ? s->found_text : "", s->n_found ? ", " : "",
                                     STR_ARG(o->name), STR_ARG(id));
    }
    s->n_found++;
}

static enum link_result search_ended(struct link_delivery *d)
{
    struct sf_delivery *s = sf_of(d);
    if (s->is_cut_short)
        return sf_say(d, LINK_HOLD,
                      "More records have the e-mail address %.80s than one answer holds. Merge them, or send with the record's "
                      "id, and deliver again.",
                      s->email.ptr);
    if (s->n_found == 1) {
        s->is_found = s->found[0];
        d->pause_until = 0;
        return sf_say(d, LINK_WAIT, "Found by its e-mail address: %s.", s->found_text);
    }
    if (s->n_found == 0)
        return sf_say(d, LINK_PERMANENT, "No record in Salesforce has the e-mail address %.*s. Add one and deliver again.",
                      STR_ARG(s->email));
    return sf_say(
        d, LINK_HOLD,
        "%d records have the e-mail address %.80s: %.150s%s. Merge them, or send with the record's id, and deliver again.",
        s->n_found, s->email.ptr, s->found_text, s->n_found > SF_FOUND_MAX ? ", …" : "");
}

static bool read_found(struct link_delivery *const *group, int n, struct json_value root, enum link_result *results)
{
    const struct sf_object *o = NULL;
    struct json_iter it = {0};
    struct json_value record, records = json_get(root, "records");
    for (int i = 0; i < n && !o; i++)
        if (results[i] == LINK_ASK) o = &sf_of(group[i])->config.objects[sf_of(group[i])->object_at];
    if (records.type != JSON_ARRAY) return false;
    while (json_next(records, &it, NULL, &record)) {
        struct json_value id = json_get(record, "Id"), email = json_get(record, o->email.ptr);
        if (id.type != JSON_STRING || !sf_id_is(id.string)) return false;
        for (int i = 0; email.type == JSON_STRING && i < n; i++)
            if (results[i] == LINK_ASK && str_eq_nocase(email.string, sf_of(group[i])->email))
                found_one(group[i], o, id.string);
    }
    return true;
}

/* The answer is not all that was found. Of one address nobody is one of a kind then; of several, each is asked about alone. */
static enum link_result cut_short(struct link_delivery *d, int n)
{
    sf_of(d)->is_cut_short = n == 1;
    if (n == 1) return search_ended(d);
    leave_mark(d, "alone");
    d->pause_until = 0;
    return sf_say(d, LINK_WAIT,
                  "Salesforce found more for several addresses than one answer holds: each is asked about alone.");
}

static void judge_found(struct link_delivery *const *group, int n, struct json_value root, enum link_result *results)
{
    struct json_value done = json_get(root, "done");
    bool is_cut_short = done.type == JSON_BOOL && !done.boolean;
    if (!read_found(group, n, root, results)) {
        sf_all_say(group, n, results, LINK_RETRY_LATER, 0, "Salesforce's answer has not the shape of an answer to a query.");
        return;
    }
    for (int i = 0; i < n; i++) {
        struct sf_delivery *s = sf_of(group[i]);
        if (results[i] != LINK_ASK) continue;
        if (is_cut_short)
            results[i] = cut_short(group[i], n);
        else if (++s->object_at == s->config.n_objects || s->n_found > 1)
            results[i] = search_ended(group[i]);
    }
}

/* ---- a whole answer ---- */

void sf_answer_read(struct link_delivery *const *group, int n, struct str body, enum link_result *results)
{
    struct arena *a = arena_create(4096);
    struct json_parser *p = json_parser_create();
    struct json_value root;
    enum sf_phase phase = sf_of(group[0])->phase;
    if (!json_parse(p, json_padded(a, body), &root, NULL))
        sf_all_say(group, n, results, LINK_RETRY_LATER, 0, "Salesforce's answer is not JSON, or only a part of it.");
    else if (phase == SF_PHASE_SEARCH)
        judge_found(group, n, root, results);
    else
        judge_rows(group, n, root, results);
    json_parser_destroy(&p);
    arena_destroy(&a);
}

/* The request as a whole was refused. One bad item never fails its batch: each goes alone, and the bad one is known. */
void sf_answer_refused(struct link_delivery *const *group, int n, const struct fetch_answer *answer, const char *sentence,
                       enum link_result *results)
{
    struct sf_error e;
    sf_error_read(answer->body, &e);
    for (int i = 0; i < n; i++) {
        struct link_delivery *d = group[i];
        if (results[i] != LINK_ASK) continue;
        if (n > 1) {
            if (!sf_has_mark(d, "alone")) leave_mark(d, "alone");
            results[i] =
                sf_say(d, LINK_WAIT, "Salesforce refused a request with several records: each goes alone. %.150s", sentence);
            if (sf_of(d)->phase == SF_PHASE_WRITE && sf_is_about_field(e.code) && names_field(str_of(e.message), sf_of(d)))
                results[i] = field_refused(d, e.message);
        } else if (sf_of(d)->phase == SF_PHASE_WRITE && *e.code) {
            results[i] = judge_error(d, e.code, e.message);
        } else {
            results[i] = sf_say(d, LINK_PERMANENT, "%s", sentence);
        }
    }
}
