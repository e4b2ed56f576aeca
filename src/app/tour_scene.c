/* tour_scene.c: the tour until mail can be sent: who is there, connections, a list, a campaign (tour.h). */
#include "app/tour.h"
#include "base/clock.h"
#include <inttypes.h>
#include <stdio.h>

#define KIZEN_KEY "kizen-key-1"

/* ---- 1: stage and connections ---- */

bool tour_show_stage(struct tour *t, struct fault *f)
{
    static const char *const roles[TOUR_PARTS] = {"scripted peer", "scripted peer", "scripted peer", "the real server"};
    (void)f;
    puts("1. The stage: a server and three scripted peers on this machine's loopback. No account, no other machine, no "
         "printer.");
    for (int i = TOUR_PARTS - 1; i >= 0; i--)
        printf("     %-10s  %-24s %s\n", tour_stage_name((enum tour_part)i), tour_stage_address(t->stage, (enum tour_part)i),
               roles[i]);
    return true;
}

static bool make_account(struct tour *t, struct fault *f)
{
    struct json_value root;
    if (!tour_ask(t, "POST", "/v1/accounts", "{\"username\":\"tour\",\"company\":\"Penny Lane Garden Club\"}", &root, f))
        return false;
    int64_t account = json_get(root, "account_id").integer;
    const char *mailer = arena_printf(t->arena, "/v1/accounts/%" PRId64 "/mailer-ids/901234567", account);
    if (!tour_ask(t, "PUT", mailer, NULL, NULL, f)) return false;
    remote_set_account(t->remote, account);
    return true;
}

/* Lee is a lead at Salesforce, Ada a contact there and at Kizen; HighLevel knows both by their e-mail addresses. */
static bool make_people(struct tour *t, struct fault *f)
{
    struct json_value root, id;
    struct json_iter it = {0};
    const char **lee_and_ada[] = {&t->lee.contact, &t->ada.contact};
    t->lee =
        (struct tour_person){.name = "Lee Park", .email = "lee@example.com", .kind = "Lead", .record = "00Q000000000501AAA"};
    t->ada = (struct tour_person){
        .name = "Ada Lovelace", .email = "ada@example.com", .kind = "Contact", .record = "003000000000502AAA"};
    if (!tour_script(t, TOUR_SALESFORCE,
                     "{\"records\":{\"Lead\":[{\"Id\":\"00Q000000000501AAA\",\"FirstName\":\"Lee\",\"LastName\":\"Park\","
                     "\"Email\":\"lee@example.com\",\"Company\":\"Leads Ltd\",\"Street\":\"350 5th Ave\",\"City\":\"New York\","
                     "\"State\":\"NY\",\"PostalCode\":\"10118\",\"Country\":\"US\"},{\"Id\":\"" TOUR_NO_ADDRESS
                     "\",\"FirstName\":"
                     "\"Mia\","
                     "\"LastName\":\"Stone\",\"Email\":\"mia@example.com\",\"Company\":\"Nowhere Inc\"}],\"Contact\":[{\"Id\":"
                     "\"003000000000502AAA\",\"FirstName\":\"Ada\",\"LastName\":\"Lovelace\",\"Email\":\"ada@example.com\"}]}}",
                     NULL, f) ||
        !tour_script(t, TOUR_HIGHLEVEL,
                     "{\"contacts\":[{\"firstName\":\"Lee\",\"email\":\"lee@example.com\"},{\"firstName\":\"Ada\",\"email\":"
                     "\"ada@example.com\"}]}",
                     &root, f))
        return false;
    for (int i = 0; i < 2 && json_next(json_get(root, "made"), &it, NULL, &id); i++)
        *lee_and_ada[i] = arena_strz(t->arena, id.string.ptr);
    return (t->lee.contact && t->ada.contact) || fault_remote(f, "HighLevel made no contacts");
}

/* A connection is tried when it is saved: what comes back has been accepted by the peer. `rest` is of its settings and secrets. */
static bool connect(struct tour *t, enum tour_part part, const char *kind, const char *address_key, const char *rest,
                    int64_t *id, struct fault *f)
{
    struct json_value root;
    const char *body = arena_printf(t->arena, "{\"kind\":\"%s\",\"label\":\"%s\",\"settings\":{\"%s\":\"%s\",%s}}", kind,
                                    tour_stage_name(part), address_key, tour_stage_address(t->stage, part), rest);
    if (!tour_ask(t, "POST", "/v1/connections", body, &root, f)) return false;
    *id = json_get(root, "connection_id").integer;
    printf("     connection %" PRId64 "  %s\n", *id, tour_stage_name(part));
    return true;
}

bool tour_connect(struct tour *t, struct fault *f)
{
    if (!make_account(t, f) || !make_people(t, f)) return false;
    puts("\n2. Connections: each was tried when it was saved, and its peer took the credentials.");
    return connect(t, TOUR_SALESFORCE, "salesforce", "login_url",
                   "\"flow\":\"client_credentials\",\"client_id\":\"3MVG9\"},\"secrets\":{\"client_secret\":\"tour-secret\"",
                   &t->salesforce, f) &&
           connect(t, TOUR_HIGHLEVEL, "highlevel", "base_url",
                   "\"location_id\":\"loc_1\"},\"secrets\":{\"token\":\"pit-demo-token\"", &t->highlevel, f) &&
           connect(t, TOUR_KIZEN, "kizen", "address",
                   "\"user_id\":\"user-1\",\"business_id\":\"business-1\"},\"secrets\":{\"api_key\":\"" KIZEN_KEY "\"",
                   &t->kizen, f);
}

/* ---- 3: the list ---- */

bool tour_import(struct tour *t, struct fault *f)
{
    struct json_value root, row;
    struct json_iter it = {0};
    struct str state = STR_NULL;
    const char *imports = arena_printf(t->arena, "/v1/connections/%" PRId64 "/imports", t->salesforce);
    if (!tour_ask(t, "POST", imports, "{\"object\":\"Lead\",\"list_name\":\"Leads of Salesforce\"}", &root, f)) return false;
    const char *one = arena_printf(t->arena, "%s/%" PRId64, imports, json_get(root, "import_id").integer);
    for (int64_t until = clock_mono_ms() + TOUR_PATIENCE_MS; !str_eq(state, STR("done"));) {
        if (!tour_stage_pause(t->stage, f) || !tour_ask(t, "GET", one, NULL, &root, f)) return false;
        state = json_get(root, "state").string;
        if (str_eq(state, STR("failed"))) return fault_remote(f, "the import failed: %s", tour_text(t, root, "last_error"));
        if (clock_mono_ms() > until) return fault_remote(f, "the import is not done after %d s", TOUR_PATIENCE_MS / 1000);
    }
    t->list = json_get(root, "contact_list_id").integer;
    const char *refused = arena_printf(t->arena, "/v1/imports/%" PRId64 "/refused", json_get(root, "file_import_id").integer);
    printf("\n3. Leads of Salesforce become a list: %" PRId64 " read, %" PRId64 " taken, %" PRId64 " refused.\n",
           json_get(root, "records_read").integer, json_get(root, "inserted").integer, json_get(root, "refused").integer);
    if (json_get(root, "inserted").integer != 1 || json_get(root, "refused").integer != 1)
        return fault_remote(f, "one lead with an address and one without should be there");
    if (!tour_ask(t, "GET", arena_printf(t->arena, "/api/v1/contacts/%" PRId64 "?limit=10", t->list), NULL, &root, f))
        return false;
    while (json_next(root, &it, NULL, &row))
        printf("     taken    %s  %s, %s, %s %s %s\n", t->lee.record, t->lee.name, tour_text(t, row, "address_street"),
               tour_text(t, row, "address_city"), tour_text(t, row, "address_state"), tour_text(t, row, "address_zip"));
    if (!tour_ask(t, "GET", refused, NULL, &root, f)) return false;
    for (it = (struct json_iter){0}; json_next(root, &it, NULL, &row);)
        printf("     refused  " TOUR_NO_ADDRESS "  Mia Stone: %s %s\n", tour_text(t, row, "reason"),
               tour_text(t, row, "detail"));
    return true;
}

/* ---- 4: the campaign ---- */

static bool put_picture(struct tour *t, const char *name, struct fault *f)
{
    return remote_upload(t->remote, "PUT", arena_printf(t->arena, "/v1/assets/%s", name),
                         arena_printf(t->arena, "%s/%s", tour_stage_folder(t->stage), name), "image/png", NULL, f);
}

static bool look_at_template(struct tour *t, bool *is_there, struct fault *f)
{
    struct json_value root, one;
    struct json_iter it = {0};
    if (!tour_ask(t, "GET", arena_printf(t->arena, "/api/v1/templates/%" PRId64, t->template), NULL, &root, f)) return false;
    if (!json_next(root, &it, NULL, &one)) return fault_remote(f, "the template has gone");
    struct str state = json_get(one, "state").string;
    if (str_eq(state, STR("refused")))
        return fault_remote(f, "the template is refused: %s", tour_text(t, json_get(one, "report"), "reason"));
    *is_there = str_eq(state, STR("published"));
    return true;
}

bool tour_make_campaign(struct tour *t, struct fault *f)
{
    struct json_value root;
    if (!put_picture(t, "image-front.png", f) || !put_picture(t, "image-back.png", f) ||
        !tour_ask(t, "POST", "/api/v1/templates",
                  "{\"name\":\"Seed exchange pictures\",\"size\":\"2\",\"is_full_html\":false,\"is_proofed\":true,\"front\":"
                  "\"asset:image-front.png\",\"back\":\"asset:image-back.png\"}",
                  &root, f))
        return false;
    t->template = json_get(root, "template_id").integer;
    if (!tour_wait_for(t, look_at_template, "the template is not compiled", f)) return false;
    const char *body = arena_printf(
        t->arena,
        "{\"DirectMailName\":\"Seed exchange\",\"TemplateFrontId\":%" PRId64
        ",\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":"
        "\"Penny Lane Garden Club\",\"SenderAddress1\":\"1 Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\","
        "\"SenderZip\":\"62701\",\"StartingUrl\":\"https://example.com/garden\"}",
        t->template);
    if (!tour_ask(t, "POST", "/api/v1/campaigns", body, &root, f)) return false;
    t->drop = json_get(root, "drop_id").integer;
    t->endpoint = tour_text(t, root, "endpoint");
    printf("\n4. A triggered campaign on two pictures: mail drop %" PRId64
           ", in test mode (everything is made, nothing goes to a printer).\n",
           t->drop);
    return true;
}

static bool subscribe(struct tour *t, int64_t connection, const char *name, struct fault *f)
{
    const char *body =
        arena_printf(t->arena,
                     "{\"name\":\"%s\",\"source\":\"drop\",\"source_id\":%" PRId64 ",\"connection_id\":%" PRId64
                     ",\"events\":[\"MailPieceCreated\",\"Mailed\",\"InTransit\",\"InLocalArea\",\"ProcessedForDelivery\","
                     "\"ReRouted\",\"ReturnedToSender\",\"pURLOpened\",\"pURLCompleted\"]}",
                     name, t->drop, connection);
    return tour_ask(t, "POST", "/v1/subscriptions", body, NULL, f);
}

static bool look_at_field(struct tour *t, bool *is_there, struct fault *f)
{
    struct json_value root;
    if (!tour_ask(t, "GET", arena_printf(t->arena, "/v1/connections/%" PRId64, t->salesforce), NULL, &root, f)) return false;
    struct json_value status = json_get(root, "status");
    *is_there = str_eq(json_get(json_get(status, "Lead"), "state").string, STR("ready")) &&
                str_eq(json_get(json_get(status, "Contact"), "state").string, STR("ready"));
    return true;
}

bool tour_subscribe(struct tour *t, struct fault *f)
{
    struct tour_told told;
    if (!subscribe(t, t->highlevel, "HighLevel", f) || !subscribe(t, t->salesforce, "Salesforce", f) ||
        !tour_wait_for(t, look_at_field, "Salesforce has no status field for the mail drop", f) ||
        !tour_told_look(t->stage, t->arena, &t->lee, t->drop, &told, f))
        return false;
    if (!told.label.len) return fault_remote(f, "Salesforce has no field for mail drop %" PRId64, t->drop);
    printf(
        "   HighLevel and Salesforce are told of it. Salesforce has a new field on leads and contacts, in their page layouts:\n"
        "     %.*s\n",
        STR_ARG(told.label));
    return true;
}
