/* tour_mail.c: the tour of a card: it is sent, travels and is answered, and the peers are told each time (tour.h). */
#include "app/tour.h"
#include "base/clock.h"
#include "base/csv.h"
#include "base/durable.h"
#include "base/text.h"
#include <inttypes.h>
#include <stdio.h>

enum { HOUR_MS = 3600000 };
#define KIZEN_ADA "11111111-1111-1111-1111-111111111111" /* the contact that the peer has from its start */

/* ---- what stands at the peers ---- */

static void show_told(const struct tour_person *who, const struct tour_told *told)
{
    printf("     Salesforce  %s %s: %.*s = %.*s\n", who->kind, who->name, STR_ARG(told->label), STR_ARG(told->field));
    printf("     HighLevel   %s: tag \"%.*s\"", who->name, STR_ARG(told->tags[told->n_tags - 1]));
    printf("\n                 note \"%.*s\"\n", STR_ARG(told->last_note));
}

/* Waits until both peers were told; *told is what stands there then. */
static bool wait_told(struct tour *t, const struct tour_person *who, const char *field, const char *tags,
                      struct tour_told *told, struct fault *f)
{
    for (int64_t until = clock_mono_ms() + TOUR_PATIENCE_MS; tour_told_look(t->stage, t->arena, who, t->drop, told, f);) {
        if (tour_told_is(told, field, tags)) return true;
        if (clock_mono_ms() > until)
            return fault_remote(
                f,
                "after %d s Salesforce's field of %s holds \"%.*s\" where %s should stand, and HighLevel has %d tags, "
                "of which there should be %s",
                TOUR_PATIENCE_MS / 1000, who->name, STR_ARG(told->field), field, told->n_tags, tags);
        if (!tour_stage_pause(t->stage, f)) return false;
    }
    return false;
}

/* ---- 5: a piece ---- */

/* The piece of the person with this e-mail address, once it has its barcode. */
static bool look_for_piece(struct tour *t, bool *is_there, struct fault *f)
{
    struct json_value root, batch, piece;
    struct json_iter batches = {0}, pieces = {0};
    const char *pdf = NULL;
    int64_t id = 0;
    if (!tour_ask(t, "GET", arena_printf(t->arena, "/v1/batches?drop_id=%" PRId64, t->drop), NULL, &root, f)) return false;
    while (json_next(root, &batches, NULL, &batch))
        if (str_eq(json_get(batch, "state").string, STR("ready")))
            id = json_get(batch, "batch_id").integer, pdf = tour_text(t, batch, "pdf");
    if (!id || !pdf || !strrchr(pdf, '/')) return true; /* its package is not there yet */
    if (!tour_ask(t, "GET", arena_printf(t->arena, "/v1/batches/%" PRId64 "/pieces", id), NULL, &root, f)) return false;
    while (json_next(root, &pieces, NULL, &piece))
        t->piece = json_get(piece, "piece_id").integer, t->tracking = tour_text(t, piece, "tracking_code");
    t->purl = arena_printf(t->arena, "%.*smanifest.csv", (int)(strrchr(pdf, '/') - pdf) + 1, pdf);
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
    if (row->line > 1 && look->purl < row->n) look->tour->purl = arena_str(look->tour->arena, row->fields[look->purl]).ptr;
    return row->line == 1;
}

/* The personal URL stands on the piece and in the package's manifest. */
static bool read_purl(struct tour *t, struct fault *f)
{
    struct buf content = BUF_INIT;
    struct manifest_look look = {t, SIZE_MAX};
    const char *path = t->purl;
    if (!file_read(path, 1 << 20, &content, f)) return false;
    struct csv_reader *r = csv_reader_create(on_manifest_row, &look);
    if (csv_reader_feed(r, buf_str(&content))) csv_reader_end(r);
    csv_reader_destroy(&r);
    buf_finish(&content);
    const char *slash = t->purl != path ? strstr(t->purl, "/p/") : NULL;
    if (!slash) return fault_remote(f, "the package's manifest names no personal URL");
    return true;
}

bool tour_send(struct tour *t, struct fault *f)
{
    struct json_value root;
    struct tour_told told;
    int status;
    if (!tour_ask(t, "POST", arena_printf(t->arena, "/v1/connections/%" PRId64 "/hook", t->salesforce), NULL, &root, f))
        return false;
    t->hook = tour_text(t, root, "path");
    const char *body = arena_printf(t->arena,
                                    "{\"endpoint\":\"%s\",\"record_id\":\"%s\",\"FirstName\":\"Lee\",\"LastName\":\"Park\","
                                    "\"Email\":\"%s\",\"Street\":\"350 5th "
                                    "Ave\",\"City\":\"New York\",\"State\":\"NY\",\"PostalCode\":\"10118\"}",
                                    t->endpoint, t->lee.record, t->lee.email);
    printf("\n5. A flow at Salesforce sends a card to lead %s, with its address and its id.\n", t->lee.record);
    if (!tour_stage_ask(t->stage, TOUR_SERVER, "POST", t->hook, str_of(body), &status, &root, f)) return false;
    if (status != 200 || json_get(root, "accepted").integer != 1)
        return fault_remote(f, "the flow was answered %d: %.200s", status, tour_stage_text(t->stage).ptr);
    printf("     answer      %d %.*s\n", status, STR_ARG(str_trim(tour_stage_text(t->stage))));
    if (!tour_wait_for(t, look_for_piece, "the card is not printed to its file", f) || !read_purl(t, f)) return false;
    t->story_ms = clock_now_ms();
    printf("     the card    piece %" PRId64 ", barcode %s, personal URL %s\n", t->piece, t->tracking, t->purl);
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
            return printf("     Kizen       was asked: %s %s\n", tour_text(t, request, "method"),
                          tour_text(t, request, "path")),
                   true;
    return fault_remote(f, "Kizen was not asked for contact " KIZEN_ADA);
}

bool tour_kizen(struct tour *t, struct fault *f)
{
    struct json_value root;
    struct tour_told told;
    const char *body =
        arena_printf(t->arena, "{\"endpoint\":\"%s\",\"connection_id\":%" PRId64 ",\"contact_id\":\"" KIZEN_ADA "\"}",
                     t->endpoint, t->kizen);
    puts("\n6. Kizen's action Send Campaign Mail, for a contact that the server reads there.");
    if (!tour_ask(t, "POST", "/v1/actions/send-campaign-mail", body, &root, f)) return false;
    if (!str_eq(json_get(root, "outcome").string, STR("sent")))
        return fault_remote(f, "the action says %s", tour_text(t, root, "outcome"));
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
    if (!tour_ask(t, "POST", "/v1/usps/iv", body, NULL, f) || !wait_told(t, &t->lee, field, tags, &told, f)) return false;
    printf("     %.10s %.5s    %s in %s   %-22s", at, at + 11, op, zip, field);
    for (int i = n_before; i < told.n_tags; i++)
        printf(" %.*s", (int)told.tags[i].len - TOLD_PREFIX, told.tags[i].ptr + TOLD_PREFIX);
    return putchar('\n'), true;
}

bool tour_scans(struct tour *t, struct fault *f)
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

bool tour_visit(struct tour *t, struct fault *f)
{
    struct tour_told told;
    int status;
    puts("\n8. Lee opens the personal URL of the card (a visit has no time but the server's: now).");
    if (!tour_stage_ask(t->stage, TOUR_SERVER, "GET", strstr(t->purl, "/p/"), STR_NULL, &status, NULL, f)) return false;
    printf("     GET %s  answer %d\n", t->purl, status);
    if (status != 302) return fault_remote(f, "the personal URL answers %d", status);
    if (!wait_told(t, &t->lee, "pURLOpened", "pURLOpened", &told, f)) return false;
    show_told(&t->lee, &told);
    printf("\nWhat stands at HighLevel about Lee in the end, %d notes and these tags:\n", told.n_notes);
    for (int i = 0; i < told.n_tags; i++) printf("     %.*s\n", STR_ARG(told.tags[i]));
    return told.n_tags == 6 || fault_remote(f, "six tags should stand there: one for each code that came true");
}
