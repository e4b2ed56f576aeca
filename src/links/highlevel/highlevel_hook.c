/* highlevel_hook.c: a webhook of HighLevel sends a piece. A workflow's action posts what its maker chose, mostly the contact's fields at the
 * top; an app's webhook posts type, contact fields, timestamp and webhookId, signed (specs: crm-apis §1.5). So nothing is demanded of the body
 * but that it is an object, or a list of them: where each field of the send comes from is a table, and a setting that comes before it. */
#include "links/highlevel/highlevel_private.h"
#include "base/buf.h"
#include "base/text.h"
#include "net/url.h"
#include <stdio.h>

enum { OLDEST_MS = 300000, TARGET_MOST = 100, PLACES_MOST = 3, CONTACT_ID_MOST = 200 };

/* Of a send, from the first of these places that holds something. */
static const struct {
    const char *target, *places[PLACES_MOST];
} usual[] = {
    {"first_name", {"first_name", "firstName"}},
    {"last_name", {"last_name", "lastName"}},
    {"company", {"company_name", "companyName"}},
    {"address_street", {"address1", "address_1"}},
    {"address_street2", {"address2", "address_2"}},
    {"address_city", {"city"}},
    {"address_state", {"state"}},
    {"address_zip", {"postal_code", "postalCode"}},
    {"country", {"country"}},
    {"email_address", {"email"}},
    {"phone", {"phone"}},
    {"website", {"website"}},
    {"contact_id", {"contact_id", "contactId", "id"}}, /* not a field: whose piece it is there */
};

struct reading {
    struct hook_call *call;
    struct str mapping, endpoint; /* of the connection's settings */
    struct json_value item;
    struct fault *f;
};

/* ---- places ---- */

static struct str text_of(struct arena *a, struct json_value v)
{
    switch (v.type) {
    case JSON_STRING: return str_trim(v.string).len ? v.string : STR_NULL;
    case JSON_INT: return str_of(arena_printf(a, "%lld", (long long)v.integer));
    case JSON_DOUBLE: return str_of(arena_printf(a, "%.15g", v.number));
    case JSON_BOOL: return v.boolean ? STR("true") : STR("false");
    default: return STR_NULL;
    }
}

/* Of [{id, value}], as custom fields come, the value with this id. */
static struct json_value named(struct json_value list, struct str id)
{
    struct json_iter it = {0};
    struct json_value one, value;
    while (json_next(list, &it, NULL, &one)) {
        struct json_value its = json_get(one, "id");
        if (its.type != JSON_STRING || !str_eq(its.string, id)) continue;
        value = json_get(one, "value");
        return value.type == JSON_MISSING ? json_get(one, "field_value") : value;
    }
    return (struct json_value){.type = JSON_MISSING};
}

/* "customData.coupon": a key that is spelt so, else step by step. */
static struct str at(struct arena *a, struct json_value item, struct str place)
{
    struct json_value v = json_get(item, arena_str(a, place).ptr);
    if (v.type != JSON_MISSING) return text_of(a, v);
    v = item;
    for (struct str rest = place; rest.ptr;) {
        struct str step = str_cut(rest, '.', &rest);
        v = v.type == JSON_ARRAY ? named(v, step) : json_get(v, arena_str(a, step).ptr);
    }
    return text_of(a, v);
}

/* The next "target=place" of the setting; false: none. */
static bool next_pair(struct str *rest, struct str *target, struct str *place)
{
    while (rest->len) {
        struct str pair = str_trim(str_cut(*rest, ',', rest));
        if (!pair.len) continue;
        *target = str_trim(str_cut(pair, '=', place));
        *place = str_trim(*place);
        return true;
    }
    return false;
}

static bool is_mapped(struct str mapping, struct str wanted)
{
    struct str target, place;
    for (struct str rest = mapping; next_pair(&rest, &target, &place);)
        if (str_eq(target, wanted)) return true;
    return false;
}

bool highlevel_mapping_check(struct str mapping, struct fault *f)
{
    struct str target, place;
    for (struct str rest = mapping; next_pair(&rest, &target, &place);) {
        if (!target.len || !place.len || target.len > TARGET_MOST)
            return fault_user(
                f, 400, "hook_fields must be pairs like var_field_1=customData.coupon, parted by commas; \"%.60s\" is none.",
                target.len ? target.ptr : "");
        if (is_mapped(rest, target))
            return fault_user(f, 400, "hook_fields says twice where %.*s comes from.", STR_ARG(target));
    }
    return true;
}

/* A target's value: by the setting when it names the target, else from its usual places. */
static struct str value_of(const struct reading *r, const char *wanted)
{
    struct arena *a = r->call->arena;
    struct str target, place, v = STR_NULL;
    for (struct str rest = r->mapping; next_pair(&rest, &target, &place);)
        if (str_eq(target, str_of(wanted))) return at(a, r->item, place);
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        for (int k = 0; strcmp(usual[i].target, wanted) == 0 && k < PLACES_MOST && usual[i].places[k] && !v.ptr; k++)
            v = at(a, r->item, str_of(usual[i].places[k]));
    return v;
}

/* ---- a send ---- */

/* "Ada Lovelace" where neither name stands alone. */
static void split_name(const struct reading *r, struct str *first, struct str *last)
{
    struct str whole = at(r->call->arena, r->item, STR("full_name"));
    if (!whole.ptr) whole = at(r->call->arena, r->item, STR("name"));
    whole = str_trim(whole);
    if (first->ptr || last->ptr || !whole.len) return;
    size_t cut = whole.len;
    while (cut && whole.ptr[cut - 1] != ' ') cut--;
    *first = cut ? str_trim(str_make(whole.ptr, cut)) : whole;
    if (cut) *last = str_make(whole.ptr + cut, whole.len - cut);
}

static void write_usual(const struct reading *r, struct json_out *j)
{
    struct str first = value_of(r, "first_name"), last = value_of(r, "last_name");
    split_name(r, &first, &last);
    if (first.ptr) json_str(j, "first_name", first);
    if (last.ptr) json_str(j, "last_name", last);
    for (size_t i = 2; i < sizeof usual / sizeof *usual; i++) {
        struct str v = strcmp(usual[i].target, "contact_id") == 0 ? STR_NULL : value_of(r, usual[i].target);
        if (v.ptr) json_str(j, usual[i].target, v);
    }
}

static bool is_usual(struct str target)
{
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++)
        if (str_eq(target, str_of(usual[i].target))) return true;
    return str_eq(target, STR("endpoint"));
}

static void write_mapped(const struct reading *r, struct json_out *j)
{
    struct str target, place;
    struct str rest = r->mapping;
    while (next_pair(&rest, &target, &place)) {
        if (is_usual(target)) continue;
        struct str v = at(r->call->arena, r->item, place);
        if (v.ptr) json_str(j, arena_str(r->call->arena, target).ptr, v);
    }
}

static struct str body_of(const struct reading *r)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    write_usual(r, &j);
    write_mapped(r, &j);
    json_end(&j);
    json_out_end(&j);
    struct str out = arena_str(r->call->arena, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* The same in a repeated request, also when it comes in another list; items of a list that have one id are told apart by how many came before. */
static struct str repeat_of(const struct reading *r, const struct hook_send *before, int n)
{
    struct arena *a = r->call->arena;
    struct str id = at(a, r->item, STR("webhookId"));
    int n_alike = 0;
    if (!id.ptr) return STR_NULL;
    id = url_encoded(a, id); /* so that no id holds a '#' of its own */
    for (int i = 0; i < n; i++) {
        struct str rest, first = str_cut(before[i].repeat_id, '#', &rest);
        n_alike += str_eq(first, id);
    }
    return n_alike ? str_of(arena_printf(a, "%.*s#%d", STR_ARG(id), n_alike)) : id;
}

static bool read_one(struct reading *r, struct hook_send *all, int n)
{
    struct hook_send *out = &all[n];
    struct arena *a = r->call->arena;
    if (r->item.type != JSON_OBJECT) return fault_user(r->f, 400, "The body must be a JSON object, or a list of them.");
    struct str endpoint = value_of(r, "endpoint"), contact = value_of(r, "contact_id");
    if (contact.len > CONTACT_ID_MOST)
        return fault_user(r->f, 400, "contact_id is longer than %d bytes: it is no id of a contact.", CONTACT_ID_MOST);
    if (!endpoint.ptr) endpoint = r->endpoint;
    if (!endpoint.len)
        return fault_user(r->f, 400,
                          "Nothing says which campaign the piece is for. Set the connection's hook_endpoint to a triggered "
                          "campaign's endpoint.");
    *out = (struct hook_send){.endpoint = arena_str(a, str_trim(endpoint)),
                              .body = body_of(r),
                              .remote_id = arena_str(a, contact),
                              .repeat_id = repeat_of(r, all, n)};
    return true;
}

/* ---- a request ---- */

/* Seconds or milliseconds, as a number or a text, or a date; what is none of them is no time. */
static bool read_time(struct json_value v, int64_t *ms)
{
    if (v.type == JSON_STRING && text_parse_iso8601(v.string, ms)) return true;
    if (v.type == JSON_INT)
        *ms = v.integer;
    else if (v.type == JSON_DOUBLE && v.number > 0 && v.number < 1e15)
        *ms = (int64_t)v.number;
    else if (v.type != JSON_STRING || !str_to_int64(v.string, ms))
        return false;
    if (*ms < 0) return false;
    if (*ms < INT64_C(100000000000)) *ms *= 1000;
    return true;
}

/* Of a list: any of its objects. */
static bool is_old(const struct reading *r, struct json_value body)
{
    struct json_iter it = {0};
    struct json_value one;
    int64_t ms;
    bool is_any = false;
    if (body.type != JSON_ARRAY) return read_time(json_get(body, "timestamp"), &ms) && ms < r->call->now - OLDEST_MS;
    while (json_next(body, &it, NULL, &one)) is_any |= one.type == JSON_OBJECT && is_old(r, one);
    return is_any;
}

/* With a key set, one good signature is demanded; what is signed must be young. */
static bool check_signature(const struct reading *r, const struct connector *c, struct json_value settings,
                            struct json_value body)
{
    static const struct {
        const char *setting, *header;
        enum highlevel_signing kind;
    } ways[] = {{"hook_key_rsa", "x-wh-signature", HIGHLEVEL_RSA}, {"hook_key_ed25519", "x-ghl-signature", HIGHLEVEL_ED25519}};
    struct hook_call *h = r->call;
    bool has_key = false, is_signed = false;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct str key = connector_setting_get(c, settings, ways[i].setting), signature = h->header(h, ways[i].header);
        has_key |= key.len > 0;
        if (key.len && signature.len) is_signed |= highlevel_signed(h->arena, key, ways[i].kind, h->body, signature);
    }
    if (!has_key) return true;
    if (!is_signed)
        return fault_user(
            r->f, 401,
            "The request has no good signature. The connection demands one because it has a hook_key_rsa or hook_key_ed25519.");
    return !is_old(r, body) || fault_user(r->f, 400, "The request is older than five minutes.");
}

static int read_all(struct reading *r, struct json_value body, struct hook_send *out)
{
    struct json_iter it = {0};
    int n = 0;
    if (body.type != JSON_ARRAY) {
        r->item = body;
        return read_one(r, out, 0) ? 1 : -1;
    }
    if (json_count(body) > HOOK_SENDS_MAX) return fault_user(r->f, 400, "One request may send %d pieces.", HOOK_SENDS_MAX), -1;
    while (json_next(body, &it, NULL, &r->item)) {
        if (!read_one(r, out, n)) return -1;
        n++;
    }
    return n;
}

int highlevel_hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f)
{
    const struct connector *c = &((struct highlevel *)ctx)->connector;
    struct json_parser *ps = json_parser_create(), *pb = json_parser_create();
    struct json_value settings, body;
    struct reading r = {.call = h, .f = f};
    int n = -1;
    if (!json_parse(ps, json_padded(h->arena, h->connection->settings), &settings, NULL)) settings.type = JSON_MISSING;
    if (!json_parse(pb, json_padded(h->arena, h->body), &body, f)) goto end;
    r.mapping = connector_setting_get(c, settings, "hook_fields");
    r.endpoint = connector_setting_get(c, settings, "hook_endpoint");
    if (!check_signature(&r, c, settings, body)) goto end;
    n = read_all(&r, body, out);
    *answer = (struct hook_answer){.content_type = "application/json",
                                   .body = str_of(arena_printf(h->arena, "{\"accepted\":%d}", n))};
end:
    json_parser_destroy(&ps);
    json_parser_destroy(&pb);
    return n;
}
