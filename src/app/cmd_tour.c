/* cmd_tour.c: `pennypost tour`: one card and what three CRMs see of it, played on this machine: a server and scripted peers
 * (tour_stage.h), leads from Salesforce, a triggered campaign, its scans and a visit. Each act ends when what it is about stands where it
 * should; the first that does not ends the tour with its sentence. Nothing is printed and no other machine is asked. */
#include "app/commands.h"
#include "app/options.h"
#include "app/remote.h"
#include "app/tour_told.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/durable.h"
#include "base/json_out.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { PATIENCE_MS = 30000, HOUR_MS = 3600000 };
#define KIZEN_ADA "11111111-1111-1111-1111-111111111111" /* the contact that the peer has from its start */
#define KIZEN_KEY "kizen-key-1"

struct tour {
    struct tour_stage *stage;
    struct remote *remote;
    struct arena *arena;
    int64_t started_ms, story_ms;
    int64_t highlevel, salesforce, kizen; /* connections */
    int64_t list, template, drop, piece;
    const char *endpoint, *hook, *tracking, *code; /* code: of the personal URL */
    struct tour_person lee, ada;
};
typedef bool tour_act(struct tour *t, struct fault *f);

/* ---- asking ---- */

static bool ask(struct tour *t, const char *method, const char *target, const char *body, struct json_value *root,
                struct fault *f)
{
    return remote_call(t->remote, method, target, str_of(body), root, f);
}

static bool script(struct tour *t, enum tour_part part, const char *body, struct json_value *root, struct fault *f)
{
    int status;
    return tour_stage_ask(t->stage, part, "POST", "/_script", str_of(body), &status, root, f) &&
           (status == 200 || fault_remote(f, "%s does not take its script: %d", tour_stage_name(part), status));
}

static const char *text(struct tour *t, struct json_value object, const char *key)
{
    return arena_printf(t->arena, "%.*s", STR_ARG(json_get(object, key).string));
}

/* Asks until it is there. `what` completes "after 30 s …". */
static bool wait_for(struct tour *t, bool (*look)(struct tour *, bool *is_there, struct fault *), const char *what,
                     struct fault *f)
{
    bool is_there = false;
    for (int64_t until = clock_mono_ms() + PATIENCE_MS; look(t, &is_there, f);) {
        if (is_there) return true;
        if (clock_mono_ms() > until) return fault_remote(f, "after %d s %s", PATIENCE_MS / 1000, what);
        if (!tour_stage_pause(t->stage, f)) return false;
    }
    return false;
}

/* ---- what stands at the peers ---- */

static void show_told(const struct tour_person *who, const struct tour_told *told)
{
    printf("     Salesforce  %s %s: %.*s = %.*s\n", who->kind, who->name, STR_ARG(told->label), STR_ARG(told->field));
    printf("     HighLevel   %s: tag \"%.*s\"", who->name, STR_ARG(told->tags[told->n_tags - 1]));
    printf(", note \"%.*s\"\n", STR_ARG(told->last_note));
}

/* Waits until both peers were told; *told is what stands there then. */
static bool wait_told(struct tour *t, const struct tour_person *who, const char *field, const char *tags,
                      struct tour_told *told, struct fault *f)
{
    for (int64_t until = clock_mono_ms() + PATIENCE_MS; tour_told_look(t->stage, t->arena, who, t->drop, told, f);) {
        if (tour_told_is(told, field, tags)) return true;
        if (clock_mono_ms() > until)
            return fault_remote(
                f,
                "after %d s Salesforce's field of %s holds \"%.*s\" where %s should stand, and HighLevel has %d tags, "
                "of which there should be %s",
                PATIENCE_MS / 1000, who->name, STR_ARG(told->field), field, told->n_tags, tags);
        if (!tour_stage_pause(t->stage, f)) return false;
    }
    return false;
}

/* ---- 1: stage and connections ---- */

static bool show_stage(struct tour *t, struct fault *f)
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
    if (!ask(t, "POST", "/v1/accounts", "{\"username\":\"tour\",\"company\":\"Penny Lane Garden Club\"}", &root, f))
        return false;
    int64_t account = json_get(root, "account_id").integer;
    const char *mailer = arena_printf(t->arena, "/v1/accounts/%" PRId64 "/mailer-ids/901234567", account);
    if (!ask(t, "PUT", mailer, NULL, NULL, f)) return false;
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
    if (!script(t, TOUR_SALESFORCE,
                "{\"records\":{\"Lead\":[{\"Id\":\"00Q000000000501AAA\",\"FirstName\":\"Lee\",\"LastName\":\"Park\","
                "\"Email\":\"lee@example.com\",\"Company\":\"Leads Ltd\",\"Street\":\"350 5th Ave\",\"City\":\"New York\","
                "\"State\":\"NY\",\"PostalCode\":\"10118\",\"Country\":\"US\"},{\"Id\":\"00Q000000000503AAA\",\"FirstName\":"
                "\"Mia\","
                "\"LastName\":\"Stone\",\"Email\":\"mia@example.com\",\"Company\":\"Nowhere Inc\"}],\"Contact\":[{\"Id\":"
                "\"003000000000502AAA\",\"FirstName\":\"Ada\",\"LastName\":\"Lovelace\",\"Email\":\"ada@example.com\"}]}}",
                NULL, f) ||
        !script(t, TOUR_HIGHLEVEL,
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
    if (!ask(t, "POST", "/v1/connections", body, &root, f)) return false;
    *id = json_get(root, "connection_id").integer;
    printf("     connection %" PRId64 "  %s\n", *id, tour_stage_name(part));
    return true;
}

static bool make_connections(struct tour *t, struct fault *f)
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

static bool import_leads(struct tour *t, struct fault *f)
{
    struct json_value root, row;
    struct json_iter it = {0};
    struct str state = STR_NULL;
    const char *imports = arena_printf(t->arena, "/v1/connections/%" PRId64 "/imports", t->salesforce);
    if (!ask(t, "POST", imports, "{\"object\":\"Lead\",\"list_name\":\"Leads of Salesforce\"}", &root, f)) return false;
    const char *one = arena_printf(t->arena, "%s/%" PRId64, imports, json_get(root, "import_id").integer);
    for (int64_t until = clock_mono_ms() + PATIENCE_MS; !str_eq(state, STR("done"));) {
        if (!tour_stage_pause(t->stage, f) || !ask(t, "GET", one, NULL, &root, f)) return false;
        state = json_get(root, "state").string;
        if (str_eq(state, STR("failed"))) return fault_remote(f, "the import failed: %s", text(t, root, "last_error"));
        if (clock_mono_ms() > until) return fault_remote(f, "the import is not done after %d s", PATIENCE_MS / 1000);
    }
    t->list = json_get(root, "contact_list_id").integer;
    printf("\n3. Leads of Salesforce become a list: %" PRId64 " read, %" PRId64 " taken, %" PRId64 " refused.\n",
           json_get(root, "records_read").integer, json_get(root, "inserted").integer, json_get(root, "refused").integer);
    if (json_get(root, "inserted").integer != 1 || json_get(root, "refused").integer != 1)
        return fault_remote(f, "one lead with an address and one without should be there");
    if (!ask(t, "GET", arena_printf(t->arena, "/api/v1/contacts/%" PRId64 "?limit=10", t->list), NULL, &root, f)) return false;
    while (json_next(root, &it, NULL, &row))
        printf("     taken    %s  %s, %s, %s %s %s\n", t->lee.record, t->lee.name, text(t, row, "address_street"),
               text(t, row, "address_city"), text(t, row, "address_state"), text(t, row, "address_zip"));
    puts("     refused  00Q000000000503AAA  Mia Stone, who has no address");
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
    if (!ask(t, "GET", arena_printf(t->arena, "/api/v1/templates/%" PRId64, t->template), NULL, &root, f)) return false;
    if (!json_next(root, &it, NULL, &one)) return fault_remote(f, "the template has gone");
    struct str state = json_get(one, "state").string;
    if (str_eq(state, STR("refused")))
        return fault_remote(f, "the template is refused: %s", text(t, json_get(one, "report"), "reason"));
    *is_there = str_eq(state, STR("published"));
    return true;
}

static bool make_campaign(struct tour *t, struct fault *f)
{
    struct json_value root;
    if (!put_picture(t, "image-front.png", f) || !put_picture(t, "image-back.png", f) ||
        !ask(t, "POST", "/api/v1/templates",
             "{\"name\":\"Seed exchange pictures\",\"size\":\"2\",\"is_full_html\":false,\"is_proofed\":true,\"front\":"
             "\"asset:image-front.png\",\"back\":\"asset:image-back.png\"}",
             &root, f))
        return false;
    t->template = json_get(root, "template_id").integer;
    if (!wait_for(t, look_at_template, "the template is not compiled", f)) return false;
    const char *body = arena_printf(
        t->arena,
        "{\"DirectMailName\":\"Seed exchange\",\"TemplateFrontId\":%" PRId64
        ",\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":"
        "\"Penny Lane Garden Club\",\"SenderAddress1\":\"1 Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\","
        "\"SenderZip\":\"62701\",\"StartingUrl\":\"https://example.com/garden\"}",
        t->template);
    if (!ask(t, "POST", "/api/v1/campaigns", body, &root, f)) return false;
    t->drop = json_get(root, "drop_id").integer;
    t->endpoint = text(t, root, "endpoint");
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
    return ask(t, "POST", "/v1/subscriptions", body, NULL, f);
}

static bool look_at_field(struct tour *t, bool *is_there, struct fault *f)
{
    struct json_value root;
    if (!ask(t, "GET", arena_printf(t->arena, "/v1/connections/%" PRId64, t->salesforce), NULL, &root, f)) return false;
    struct json_value status = json_get(root, "status");
    *is_there = str_eq(json_get(json_get(status, "Lead"), "state").string, STR("ready")) &&
                str_eq(json_get(json_get(status, "Contact"), "state").string, STR("ready"));
    return true;
}

static bool make_subscriptions(struct tour *t, struct fault *f)
{
    struct tour_told told;
    if (!subscribe(t, t->highlevel, "HighLevel", f) || !subscribe(t, t->salesforce, "Salesforce", f) ||
        !wait_for(t, look_at_field, "Salesforce has no status field for the mail drop", f) ||
        !tour_told_look(t->stage, t->arena, &t->lee, t->drop, &told, f))
        return false;
    if (!told.label.len) return fault_remote(f, "Salesforce has no field for mail drop %" PRId64, t->drop);
    printf(
        "   HighLevel and Salesforce are told of it. Salesforce has a new field on leads and contacts, in their page layouts:\n"
        "     %.*s\n",
        STR_ARG(told.label));
    return true;
}

/* ---- 5: a piece ---- */

/* The piece of the person with this e-mail address, once it has its barcode. */
static bool look_for_piece(struct tour *t, bool *is_there, struct fault *f)
{
    struct json_value root, batch, piece;
    struct json_iter batches = {0}, pieces = {0};
    const char *pdf = NULL;
    int64_t id = 0;
    if (!ask(t, "GET", arena_printf(t->arena, "/v1/batches?drop_id=%" PRId64, t->drop), NULL, &root, f)) return false;
    while (json_next(root, &batches, NULL, &batch))
        if (str_eq(json_get(batch, "state").string, STR("ready")))
            id = json_get(batch, "batch_id").integer, pdf = text(t, batch, "pdf");
    if (!id) return true;
    if (!ask(t, "GET", arena_printf(t->arena, "/v1/batches/%" PRId64 "/pieces", id), NULL, &root, f)) return false;
    while (json_next(root, &pieces, NULL, &piece))
        t->piece = json_get(piece, "piece_id").integer, t->tracking = text(t, piece, "tracking_code");
    t->code = arena_printf(t->arena, "%.*smanifest.csv", (int)(strrchr(pdf, '/') - pdf) + 1, pdf);
    *is_there = t->tracking && *t->tracking;
    return true;
}

struct manifest_look {
    struct tour *tour;
    size_t purl; /* its column */
};
static bool on_manifest_row(void *ctx, const struct csv_row *row)
{
    struct manifest_look *look = ctx;
    for (size_t i = 0; row->line == 1 && i < row->n; i++)
        if (str_eq(row->fields[i], STR("purl"))) look->purl = i;
    if (row->line > 1 && look->purl < row->n) look->tour->code = arena_str(look->tour->arena, row->fields[look->purl]).ptr;
    return row->line == 1;
}

/* The personal URL stands on the piece and in the package's manifest. */
static bool read_purl(struct tour *t, struct fault *f)
{
    struct buf content = BUF_INIT;
    struct manifest_look look = {t, SIZE_MAX};
    const char *path = t->code;
    if (!file_read(path, 1 << 20, &content, f)) return false;
    struct csv_reader *r = csv_reader_create(on_manifest_row, &look);
    if (csv_reader_feed(r, buf_str(&content))) csv_reader_end(r);
    csv_reader_destroy(&r);
    buf_finish(&content);
    const char *slash = t->code != path ? strstr(t->code, "/p/") : NULL;
    if (!slash) return fault_remote(f, "the package's manifest names no personal URL");
    return true;
}

static bool send_to_lead(struct tour *t, struct fault *f)
{
    struct json_value root;
    struct tour_told told;
    int status;
    if (!ask(t, "POST", arena_printf(t->arena, "/v1/connections/%" PRId64 "/hook", t->salesforce), NULL, &root, f))
        return false;
    t->hook = text(t, root, "path");
    const char *body = arena_printf(t->arena,
                                    "{\"endpoint\":\"%s\",\"record_id\":\"%s\",\"FirstName\":\"Lee\",\"LastName\":\"Park\","
                                    "\"Email\":\"%s\",\"Street\":\"350 5th "
                                    "Ave\",\"City\":\"New York\",\"State\":\"NY\",\"PostalCode\":\"10118\"}",
                                    t->endpoint, t->lee.record, t->lee.email);
    printf("\n5. A flow at Salesforce sends a card to lead %s, by its id.\n", t->lee.record);
    if (!tour_stage_ask(t->stage, TOUR_SERVER, "POST", t->hook, str_of(body), &status, &root, f)) return false;
    if (status != 200 || json_get(root, "accepted").integer != 1)
        return fault_remote(f, "the flow was answered %d: %.200s", status, tour_stage_text(t->stage).ptr);
    printf("     answer      %d %.*s\n", status, STR_ARG(str_trim(tour_stage_text(t->stage))));
    if (!wait_for(t, look_for_piece, "the card is not printed to its file", f) || !read_purl(t, f)) return false;
    t->story_ms = clock_now_ms();
    printf("     the card    piece %" PRId64 ", barcode %s, personal URL %s\n", t->piece, t->tracking, t->code);
    if (!wait_told(t, &t->lee, "MailPieceCreated", "MailPieceCreated", &told, f)) return false;
    return show_told(&t->lee, &told), true;
}

/* ---- 6: Kizen ---- */

static bool kizen_was_asked(struct tour *t, struct fault *f)
{
    struct json_value root, request;
    struct json_iter it = {0};
    int status;
    if (!tour_stage_ask(t->stage, TOUR_KIZEN, "GET", "/_state", STR_NULL, &status, &root, f)) return false;
    while (json_next(json_get(root, "requests"), &it, NULL, &request))
        if (str_ends(json_get(request, "path").string, STR("/" KIZEN_ADA)))
            return printf("     Kizen       was asked: %s %s\n", text(t, request, "method"), text(t, request, "path")), true;
    return fault_remote(f, "Kizen was not asked for contact " KIZEN_ADA);
}

static bool kizen_action(struct tour *t, struct fault *f)
{
    struct json_value root;
    struct tour_told told;
    const char *body =
        arena_printf(t->arena, "{\"endpoint\":\"%s\",\"connection_id\":%" PRId64 ",\"contact_id\":\"" KIZEN_ADA "\"}",
                     t->endpoint, t->kizen);
    puts("\n6. Kizen's action Send Campaign Mail, for a contact that the server reads there.");
    if (!ask(t, "POST", "/v1/actions/send-campaign-mail", body, &root, f)) return false;
    if (!str_eq(json_get(root, "outcome").string, STR("sent")))
        return fault_remote(f, "the action says %s", text(t, root, "outcome"));
    printf("     answer      %.*s\n", STR_ARG(str_trim(remote_text(t->remote))));
    if (!kizen_was_asked(t, f) || !wait_told(t, &t->ada, "MailPieceCreated", "MailPieceCreated", &told, f)) return false;
    return show_told(&t->ada, &told), true;
}

/* ---- 7: the mail's way ---- */

static bool play_scan(struct tour *t, const char *op, const char *phase, const char *zip, int hours, const char *field,
                      const char *tags, struct fault *f)
{
    struct tour_told told;
    char at[21];
    if (!tour_told_look(t->stage, t->arena, &t->lee, t->drop, &told, f)) return false;
    int n_before = told.n_tags;
    text_iso8601(t->story_ms + (int64_t)hours * HOUR_MS, at);
    const char *body = arena_printf(
        t->arena,
        "{\"msgGrpId\":\"1\",\"events\":[{\"imbTrackingCode\":\"%s\",\"scanDatetime\":\"%s\",\"scanEventCode\":\"%s\","
        "\"mailPhase\":\"%s\",\"scanFacilityZip\":\"%s\",\"handlingEventType\":\"A\"}]}",
        t->tracking, at, op, phase, zip);
    if (!ask(t, "POST", "/v1/usps/iv", body, NULL, f) || !wait_told(t, &t->lee, field, tags, &told, f)) return false;
    printf("     %.10s %.5s    %s in %s   %-22s", at, at + 11, op, zip, field);
    for (int i = n_before; i < told.n_tags; i++)
        printf(" %.*s", (int)told.tags[i].len - TOLD_PREFIX, told.tags[i].ptr + TOLD_PREFIX);
    return putchar('\n'), true;
}

static bool play_scans(struct tour *t, struct fault *f)
{
    puts(
        "\n7. The card travels: scans as the USPS pushes them, with the times of the story (the server's clock stays at now).\n"
        "     story, UTC          scan           field at Salesforce    new at HighLevel (postalytics event: ...)");
    return play_scan(t, "881", "Phase 1a - Origin Primary Processing", "62701", 20, "InTransit", "Mailed InTransit", f) &&
           play_scan(t, "893", "Phase 2b - Destination SCF Processing", "10018", 66, "InLocalArea", "InLocalArea", f) &&
           play_scan(t, "919", "Phase 3c - Destination Sequenced Carrier Sortation", "10118", 88, "ProcessedForDelivery",
                     "ProcessedForDelivery", f);
}

/* ---- 8: the visit ---- */

static bool visit(struct tour *t, struct fault *f)
{
    struct tour_told told;
    int status;
    puts("\n8. Lee opens the personal URL of the card (a visit has no time but the server's: now).");
    if (!tour_stage_ask(t->stage, TOUR_SERVER, "GET", strstr(t->code, "/p/"), STR_NULL, &status, NULL, f)) return false;
    printf("     GET %s  %d, on to https://example.com/garden\n", t->code, status);
    if (status != 302) return fault_remote(f, "the personal URL answers %d", status);
    if (!wait_told(t, &t->lee, "pURLOpened", "pURLOpened", &told, f)) return false;
    show_told(&t->lee, &told);
    printf("\nWhat stands at HighLevel about Lee in the end, %d notes and these tags:\n", told.n_notes);
    for (int i = 0; i < told.n_tags; i++) printf("     %.*s\n", STR_ARG(told.tags[i]));
    return told.n_tags == 6 || fault_remote(f, "six tags should stand there: one for each code that came true");
}

/* ---- the whole ---- */

static tour_act *const acts[] = {show_stage,   make_connections, import_leads, make_campaign, make_subscriptions,
                                 send_to_lead, kizen_action,     play_scans,   visit};

static bool play(struct tour *t, struct fault *f)
{
    for (size_t i = 0; i < sizeof acts / sizeof *acts; i++)
        if (!acts[i](t, f)) return false;
    return true;
}

static bool open_tour(struct tour *t, const char *share, struct fault *f)
{
    return (t->stage = tour_stage_create(share, f)) != NULL && tour_stage_start(t->stage, f) &&
           (t->remote = remote_open(NULL, f)) != NULL;
}

int cmd_tour(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    if (!options_read(&o, argc, argv) || !options_no_words(&o, argv[0])) return EXIT_USAGE;
    setvbuf(stdout, NULL, _IOLBF, 0);
    struct tour t = {.arena = arena_create(16384), .started_ms = clock_mono_ms()};
    bool is_open = open_tour(&t, o.share, &f), ok = is_open && play(&t, &f);
    if (!ok) fprintf(stderr, "pennypost tour: %s\n", f.text);
    if (ok) printf("\nEverything stood where it should, after %" PRId64 " s.\n", (clock_mono_ms() - t.started_ms + 999) / 1000);
    if (t.stage && o.keep) printf("Data, the peers' programs and logs lie in %s\n", tour_stage_folder(t.stage));
    remote_close(&t.remote);
    tour_stage_destroy(&t.stage, o.keep);
    arena_destroy(&t.arena);
    return ok ? EXIT_DONE : is_open ? EXIT_REFUSED : EXIT_CANNOT;
}
