/* salesforce_fitting.c: the steps that make a drop's field on one object: by the Tooling API, visible to the connected user, and on the object's page
 * layout. Every step may be done again: what is there already is fine (specs: crm-apis §2.4-2.5). */
#include "links/salesforce/salesforce_fitting.h"
#include "links/call.h"
#include "links/salesforce/salesforce_layout.h"
#include "net/url.h"
#include <stdio.h>

enum { FIELD_LENGTH = 255 };

/* ---- asking ---- */

/* True: an answer came, and it is fine or its error has the code that is as good (NULL: none). */
static bool call(struct sf_fitting *g, const char *method, struct str path, struct str body, bool is_soap, const char *fine,
                 struct connector_answer *out)
{
    struct fault f = {0};
    struct sf_error e;
    struct fetch_ask ask = {.method = method, .url = path, .body = body};
    if (body.len)
        ask.headers[ask.n_headers++] = is_soap ? STR("Content-Type: text/xml") : STR("Content-Type: application/json");
    if (is_soap) ask.headers[ask.n_headers++] = STR("SOAPAction: \"\"");
    if (!connector_call(g->sf->house, &g->sf->connector, &g->connection, &ask, g->arena, out, &f)) {
        snprintf(g->says, sizeof g->says, "%s", f.text);
        g->is_for_now = f.whose != FAULT_USER;
        return false;
    }
    if (out->result == LINK_OK) return true;
    sf_error_read(out->body, &e);
    if (fine && strcmp(e.code, fine) == 0) return true;
    snprintf(g->says, sizeof g->says, "%s", out->sentence);
    g->is_for_now = out->result == LINK_RETRY_LATER || out->result == LINK_PAUSE_DESTINATION;
    return false;
}

/* The first record of a query; false: it failed. *found false: there is none. */
static bool query(struct sf_fitting *g, const char *service, struct str soql, struct json_value *record, bool *found)
{
    struct json_value root;
    struct json_iter it = {0};
    struct connector_answer answer;
    struct str q = url_encoded(g->arena, soql);
    struct str path = sf_path(g->arena, &g->config, arena_printf(g->arena, "%s?q=%.*s", service, STR_ARG(q)));
    if (!call(g, "GET", path, STR_NULL, false, NULL, &answer)) return false;
    if (!json_parse(g->parser, json_padded(g->arena, answer.body), &root, NULL) ||
        json_get(root, "records").type != JSON_ARRAY) {
        snprintf(g->says, sizeof g->says, "Salesforce's answer to a query has not the shape of one.");
        g->is_for_now = true;
        return false;
    }
    *found = json_next(json_get(root, "records"), &it, NULL, record);
    return true;
}

static struct str quoted(struct arena *a, struct str s)
{
    struct buf b = BUF_INIT;
    sf_soql_quote(&b, s);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* ---- the steps ---- */

static bool make_field(struct sf_fitting *g)
{
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    struct connector_answer answer;
    json_object(&j, NULL);
    json_str(&j, "FullName", str_of(arena_printf(g->arena, "%.*s.%.*s", STR_ARG(g->object->name), STR_ARG(g->name))));
    json_object(&j, "Metadata");
    json_str(&j, "label", sf_field_label(g->arena, g->name));
    json_strz(&j, "type", "Text");
    json_int(&j, "length", FIELD_LENGTH);
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
    struct str body = arena_str(g->arena, buf_str(&b));
    buf_finish(&b);
    return call(g, "POST", sf_path(g->arena, &g->config, "/tooling/sobjects/CustomField"), body, false,
                "DUPLICATE_DEVELOPER_NAME", &answer);
}

static bool find_profile(struct sf_fitting *g)
{
    struct json_value record;
    bool found;
    if (g->profile.ptr) return true;
    if (!g->config.user_id.ptr) {
        snprintf(g->says, sizeof g->says, "Salesforce did not say which user is connected. Save the connection again.");
        return false;
    }
    struct str id = quoted(g->arena, g->config.user_id);
    if (!query(g, "/query", str_of(arena_printf(g->arena, "SELECT ProfileId FROM User WHERE Id = %.*s", STR_ARG(id))), &record,
               &found))
        return false;
    struct json_value profile = found ? json_get(record, "ProfileId") : (struct json_value){.type = JSON_MISSING};
    if (profile.type == JSON_STRING && sf_id_is(profile.string)) g->profile = arena_str(g->arena, profile.string);
    if (!g->profile.ptr)
        snprintf(g->says, sizeof g->says, "The connected user's profile cannot be read; it needs the right \"View Setup\".");
    return g->profile.ptr != NULL;
}

/* A profile's rights to fields are those of a permission set that it owns. */
static bool make_visible(struct sf_fitting *g)
{
    struct json_value record;
    struct connector_answer answer;
    bool found;
    struct str soql =
        str_of(arena_printf(g->arena, "SELECT Id FROM PermissionSet WHERE IsOwnedByProfile = true AND ProfileId = %.*s",
                            STR_ARG(quoted(g->arena, g->profile))));
    if (!query(g, "/query", soql, &record, &found)) return false;
    struct json_value id = found ? json_get(record, "Id") : (struct json_value){.type = JSON_MISSING};
    if (id.type != JSON_STRING) {
        snprintf(g->says, sizeof g->says,
                 "The connected user may not see its profile's permission set; it needs the rights View Setup and Manage "
                 "Profiles and "
                 "Permission Sets.");
        return false;
    }
    struct buf b = BUF_INIT;
    struct json_out j = json_out_begin(&b);
    json_object(&j, NULL);
    json_str(&j, "ParentId", id.string);
    json_str(&j, "SobjectType", g->object->name);
    json_str(&j, "Field", str_of(arena_printf(g->arena, "%.*s.%.*s", STR_ARG(g->object->name), STR_ARG(g->name))));
    json_bool(&j, "PermissionsRead", true);
    json_bool(&j, "PermissionsEdit", true);
    json_end(&j);
    json_out_end(&j);
    struct str body = arena_str(g->arena, buf_str(&b));
    buf_finish(&b);
    return call(g, "POST", sf_path(g->arena, &g->config, "/sobjects/FieldPermissions"), body, false, "DUPLICATE_VALUE",
                &answer);
}

static bool no_layout(struct sf_fitting *g)
{
    g->state = SF_FIELD_NO_LAYOUT;
    snprintf(g->says, sizeof g->says,
             "The profile of the connected user has no page layout named exactly \"%.*s\" for %.*s, so nothing is written to "
             "its records. Make "
             "one (Setup > Object Manager > %.*s > Page Layouts) and assign it to the profile, or set require_layout to no.",
             STR_ARG(g->object->layout), STR_ARG(g->object->name), STR_ARG(g->object->name));
    return false;
}

/* Its full name as Metadata knows it; false: there is none, or the question failed. */
static bool find_layout(struct sf_fitting *g, struct str *full_name)
{
    struct json_value record;
    bool found;
    struct arena *a = g->arena;
    struct str soql = str_of(arena_printf(a,
                                          "SELECT Layout.Name, Layout.NamespacePrefix FROM ProfileLayout WHERE ProfileId = "
                                          "%.*s AND TableEnumOrId = %.*s AND Layout.Name = %.*s",
                                          STR_ARG(quoted(a, g->profile)), STR_ARG(quoted(a, g->object->name)),
                                          STR_ARG(quoted(a, g->object->layout))));
    if (!query(g, "/tooling/query", soql, &record, &found)) return false;
    struct json_value layout = found ? json_get(record, "Layout") : (struct json_value){.type = JSON_MISSING};
    struct json_value name = json_get(layout, "Name"), ns = json_get(layout, "NamespacePrefix");
    if (name.type != JSON_STRING || !str_eq(name.string, g->object->layout))
        return no_layout(g); /* SOQL compares without case */
    *full_name = sf_layout_full_name(a, g->object->name, ns.type == JSON_STRING ? ns.string : STR_NULL, g->object->layout);
    return true;
}

static struct str soap_path(struct sf_fitting *g)
{
    struct str v = g->config.version;
    if (v.len && *v.ptr == 'v') v = str_make(v.ptr + 1, v.len - 1);
    return str_of(arena_printf(g->arena, "/services/Soap/m/%.*s", STR_ARG(v)));
}

static bool unfit(struct sf_fitting *g, const struct fault *f)
{
    snprintf(g->says, sizeof g->says, "%s", f->text);
    g->is_for_now = f->whose == FAULT_REMOTE;
    return false;
}

static bool add_to_layout(struct sf_fitting *g)
{
    struct connector_answer answer;
    struct str full_name, was, will;
    struct fault f;
    if (!find_layout(g, &full_name)) return false;
    if (!call(g, "POST", soap_path(g), sf_layout_read_body(g->arena, full_name), true, NULL, &answer)) return false;
    if (!sf_layout_take(answer.body, &was, &f)) return unfit(g, &f);
    if (!was.ptr) return no_layout(g);
    if (!sf_layout_add(g->arena, was, g->name, &will, &f)) return unfit(g, &f);
    if (will.ptr == was.ptr) return true;
    if (!call(g, "POST", soap_path(g), sf_layout_update_body(g->arena, will), true, NULL, &answer)) return false;
    return sf_layout_update_read(answer.body, &f) || unfit(g, &f);
}

/* How many more the object may have: shown, not needed, so that it fails changes nothing of what came of the field. */
static void count_left(struct sf_fitting *g)
{
    struct json_value record;
    char says[sizeof g->says];
    bool found, is_for_now = g->is_for_now;
    memcpy(says, g->says, sizeof says);
    struct str soql = str_of(arena_printf(
        g->arena,
        "SELECT Max, Remaining FROM EntityLimit WHERE EntityDefinition.QualifiedApiName = %.*s AND Type = 'CustomFields'",
        STR_ARG(quoted(g->arena, g->object->name))));
    if (query(g, "/tooling/query", soql, &record, &found) && found && json_get(record, "Remaining").type == JSON_INT)
        g->left = json_get(record, "Remaining").integer;
    memcpy(g->says, says, sizeof says);
    g->is_for_now = is_for_now;
}

void sf_fit(struct sf_fitting *g)
{
    g->state = SF_FIELD_FAILED;
    g->left = -1;
    g->says[0] = '\0';
    g->is_for_now = false;
    if (!make_field(g) || !find_profile(g) || !make_visible(g)) return;
    bool is_on_it = add_to_layout(g);
    if (is_on_it || (g->state == SF_FIELD_NO_LAYOUT && !g->config.requires_layout)) {
        g->state = SF_FIELD_READY;
        g->says[0] = '\0';
    }
    count_left(g);
}
