/* highlevel.c: the connector's table entry: its settings, its operations, and its life. */
#include "links/highlevel/highlevel_private.h"
#include "base/log.h"
#include <stdlib.h>

/* Events of one piece stay in order behind one that is tried again; a day's outage on the other side loses nothing. */
#define SECONDS(n) ((n)*INT64_C(1000))
#define HOURS(n)   ((n)*INT64_C(3600000))
static const int64_t steps[] = {0,        SECONDS(5), SECONDS(35), SECONDS(215), SECONDS(1115), HOURS(1),
                                HOURS(3), HOURS(8),   HOURS(24),   HOURS(48),    HOURS(72)};
static const struct retry_ladder ladder = {"HighLevel", steps, sizeof steps / sizeof *steps, 100};
enum { WINDOW = 32 };

static const struct connector_setting settings[] = {
    {"location_id", .is_required = true, .fills = "locationId",
     .what = "The sub-account's number: Settings > Business Profile, Location ID."},
    {"token", .is_secret = true, .is_proof = true,
     .what = "A private integration's token (pit-…), instead of OAuth: Settings > Private Integrations."},
    {"client_id", .what = "OAuth: the marketplace app's client id.", .makes_token = true},
    {"client_secret", .is_secret = true, .what = "OAuth: the marketplace app's client secret."},
    {"code", .is_secret = true, .is_proof = true,
     .what = "OAuth: the code that HighLevel appended to redirect_uri; it is traded for tokens with the first request."},
    {"redirect_uri", .what = "OAuth: the app's redirect address, exactly as it stands there; needed with code."},
    {"refresh_token", .is_secret = true, .is_proof = true,
     .what = "OAuth: a refresh token, instead of a code. It is replaced each time it is used."},
    {"tag", "Postalytics Event: {code}", .what = "The tag's words; {code} is the status code."},
    {"write_tag", "yes", .what = "yes or no: a status code becomes a tag of the contact."},
    {"write_note", "yes", .what = "yes or no: a status code becomes a note of the contact, with campaign, mail drop and time."},
    {"refire_visits", "no",
     .what = "yes or no: at each visit of a personal URL the tag is removed and added, so that workflows start again."},
    {"create_contacts", "no",
     .what = "yes or no: a contact that is not found by its id, e-mail address or phone number is created."},
    {"burst", "90", .what = "Requests in ten seconds that we make at most (HighLevel takes 100), or off."},
    {"hook_endpoint", .what = "The endpoint of the triggered campaign that a workflow's webhook sends to."},
    {"hook_fields", .has_lines = true,
     .what = "Where a send's fields come from in a webhook's body, beside the usual ones: var_field_1=customData.coupon, …"},
    {"hook_key_rsa", .has_lines = true,
     .what = "The public key of x-wh-signature (RSA). With a key set, a webhook without a good signature is refused."},
    {"hook_key_ed25519", .has_lines = true, .what = "The public key of x-ghl-signature (Ed25519)."},
    {"base_url", "https://services.leadconnectorhq.com", .what = "The address of HighLevel's API.", .leads = true},
    {"version", "2021-07-28", .what = "The API's version, sent as the header Version."},
};

#define CONTACT "/contacts/{contactId}"
static const struct connector_operation operations[] = {
    {"get_contact", "GET", CONTACT, .what = "One contact by its id"},
    {"list_contacts", "GET", "/contacts/", "locationId* limit query startAfter startAfterId",
     .what = "The contacts, page by page"},
    {"find_contact", "GET", "/contacts/search/duplicate", "locationId* email number",
     .what = "The contact with an e-mail address or phone number"},
    {"search_contacts", "POST", "/contacts/search", .body = "locationId* pageLimit ...", .what = "Contacts by filters"},
    {"create_contact", "POST", "/contacts/", .body = "locationId* ...", .what = "Make a contact"},
    {"upsert_contact", "POST", "/contacts/upsert", .body = "locationId* ...",
     .what = "Change the contact with this e-mail address or phone number, or make it"},
    {"update_contact", "PUT", CONTACT, .body = "...", .what = "Change what is named of a contact"},
    {"delete_contact", "DELETE", CONTACT, .what = "Delete a contact"},
    {"add_tags", "POST", CONTACT "/tags", .body = "tags*", .what = "Add tags to a contact"},
    {"remove_tags", "DELETE", CONTACT "/tags", .body = "tags*", .what = "Remove tags from a contact"},
    {"bulk_tags", "POST", "/contacts/bulk/tags/update/{type}", .body = "contacts* tags* locationId* removeAllTags",
     .what = "Add tags to many contacts, or remove them: type is add or remove"},
    {"add_note", "POST", CONTACT "/notes", .body = "body* userId title color pinned", .what = "Add a note to a contact"},
    {"list_notes", "GET", CONTACT "/notes", .what = "A contact's notes"},
    {"get_note", "GET", CONTACT "/notes/{id}", .what = "One note"},
    {"update_note", "PUT", CONTACT "/notes/{id}", .body = "body* userId title color pinned", .what = "Change a note"},
    {"delete_note", "DELETE", CONTACT "/notes/{id}", .what = "Delete a note"},
    {"add_to_workflow", "POST", CONTACT "/workflow/{workflowId}", .body = "eventStartTime",
     .what = "Enrol a contact in a workflow"},
    {"leave_workflow", "DELETE", CONTACT "/workflow/{workflowId}", .body = "eventStartTime",
     .what = "Take a contact out of a workflow"},
    {"list_workflows", "GET", "/workflows/", "locationId*", .what = "The workflows"},
    {"list_tags", "GET", "/locations/{locationId}/tags", .what = "The tags that the sub-account knows"},
    {"create_tag", "POST", "/locations/{locationId}/tags", .body = "name*",
     .what = "Make a tag, to be chosen in workflows before it was given to anybody"},
    {"call", .what = "Any other request below the API's address", .is_free = true},
};

/* ---- what call.h asks of it ---- */

static enum authorised authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                                 struct fault *f)
{
    struct highlevel *h = ctx;
    struct highlevel_terms t;
    struct json_parser *p = json_parser_create(); /* load's is another thread's */
    highlevel_terms_read(&h->connector, p, c, a, &t);
    json_parser_destroy(&p);
    highlevel_pace_bound(h->pace, c->connection_id, t.burst);
    return highlevel_terms_sign(&t, a, now, ask, f);
}

static int64_t pace(void *ctx, int64_t connection_id, int64_t now)
{
    return highlevel_pace_take(((struct highlevel *)ctx)->pace, connection_id, 1, now, NULL, 0);
}

static void heard(void *ctx, int64_t connection_id, const struct fetch_answer *answer, int64_t now)
{
    highlevel_pace_hear(((struct highlevel *)ctx)->pace, connection_id, answer, now);
}

static enum link_result judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    (void)ctx;
    return highlevel_judge(answer, sentence, n);
}

static bool lacks_scope(void *ctx, const struct fetch_answer *answer)
{
    (void)ctx;
    return highlevel_lacks_scope(answer);
}

static bool saved(void *ctx, struct tx *tx, int64_t account, int64_t connection_id)
{
    (void)tx, (void)account;
    highlevel_pace_reopen(((struct highlevel *)ctx)->pace, connection_id);
    return true;
}

static void removed(void *ctx, int64_t connection_id) { per_connection_forget(((struct highlevel *)ctx)->pace, connection_id); }

/* ---- life ---- */

struct highlevel *highlevel_create(const struct link_house *house)
{
    struct highlevel *h = calloc(1, sizeof *h);
    ASSERT(h);
    h->house = house;
    h->parser = json_parser_create();
    h->pace = highlevel_pace_create();
    h->link = (struct link_def){.name = "highlevel",
                                .number = HIGHLEVEL_NUMBER,
                                .ladder = &ladder,
                                .is_ordered = true,
                                .window = WINDOW,
                                .load = highlevel_load,
                                .step = highlevel_step,
                                .settle = highlevel_settle,
                                .ctx = h};
    h->connector = (struct connector){.name = "highlevel",
                                      .title = "HighLevel",
                                      .number = HIGHLEVEL_NUMBER,
                                      .verbs = CONNECTOR_SETS_STATE | CONNECTOR_KEEPS_HISTORY,
                                      .settings = settings,
                                      .n_settings = sizeof settings / sizeof *settings,
                                      .operations = operations,
                                      .n_operations = sizeof operations / sizeof *operations,
                                      .link = &h->link,
                                      .ctx = h,
                                      .check = highlevel_check,
                                      .saved = saved,
                                      .removed = removed,
                                      .authorise = authorise,
                                      .renew_ask = highlevel_renew_ask,
                                      .renew_read = highlevel_renew_read,
                                      .pace = pace,
                                      .heard = heard,
                                      .judge = judge,
                                      .lacks_scope = lacks_scope,
                                      .try_operation = "list_contacts",
                                      .try_member = "contacts",
                                      .hook = highlevel_hook};
    return h;
}

void highlevel_destroy(struct highlevel **hp)
{
    struct highlevel *h = *hp;
    *hp = NULL;
    if (!h) return;
    per_connection_destroy(&h->pace);
    json_parser_destroy(&h->parser);
    free(h);
}

const struct connector *highlevel_connector(const struct highlevel *h) { return &h->connector; }
