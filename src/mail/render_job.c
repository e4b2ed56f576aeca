/* render_job.c: makes the press's job and the package's specification of a batch: addresses standardised, barcodes, personal
 * URLs, return address, indicia. A recipient whose address cannot be printed is refused here, by field and reason, and the
 * batch goes on. The same rows give the same job, so a package that was written before a crash is read back as this one. */
#include "mail/render_job.h"
#include "mail/domain.h"
#include "mail/recipient.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/text.h"
#include "postal/address.h"
#include "postal/imb.h"
#include "postal/stid.h"

/* What all pieces of the batch share. */
struct build {
    struct mail *mail;
    struct arena *arena;
    struct render_job *r;
    struct json_parser *parser;
    const char *purl_base;
    struct str *extra_keys; /* title keys of the creative's extra fields */
    struct press_piece *pieces;
    struct package_piece *packed;
    int n;
};

/* ---- the recipient ---- */

static const struct str *values_of(struct build *b, const struct recipient *who)
{
    int n_extra = b->r->creative.n_extra_fields;
    struct str *values = ARENA_ARRAY(b->arena, struct str, FIELD_KNOWN + n_extra);
    for (int i = 0; i < FIELD_KNOWN && i < who->n_values; i++) values[i] = who->values[i];
    for (int k = 0; n_extra && k < who->n_extra; k++) {
        struct str key = text_title_key(b->arena, who->extra_names[k]);
        for (int i = 0; i < n_extra; i++)
            if (str_eq(b->extra_keys[i], key)) values[FIELD_KNOWN + i] = who->extra_values[k];
    }
    return values;
}

static void refuse(struct build *b, const struct render_seat *seat, enum press_refusal reason, struct str detail)
{
    b->r->refused[b->r->n_refused++] = (struct render_refusal){seat->piece_id, reason, arena_str(b->arena, detail)};
}

/* Barcodes are the US Postal Service's: a piece to Canada has none. */
static void add_barcode(struct build *b, const struct address *ad, int64_t piece_id, struct press_piece *piece,
                        struct package_piece *pack)
{
    if (ad->country != ADDRESS_US) return;
    const struct batch *batch = &b->r->batch;
    bool ok = imb_tracking(0, batch->stid, batch->mid, batch->first_serial + PIECE_SEAT(piece_id), pack->tracking);
    memcpy(pack->routing, ad->routing, sizeof pack->routing);
    ASSERT(ok && imb_encode(str_of(pack->tracking), str_of(pack->routing), piece->bars) == IMB_OK);
}

static bool add_piece(struct build *b, const struct render_seat *seat, struct fault *f)
{
    struct arena *a = b->arena;
    struct recipient who;
    struct address *ad = ARENA_NEW(a, struct address);
    struct fault why;
    char code[13];
    if (!recipient_read(b->parser, a, seat->recipient, &who, f)) return false;
    struct address_in in = recipient_address(who.values, who.n_values);
    if (!address_standardise(a, &in, ad, &why)) {
        refuse(b, seat, PRESS_BAD_ADDRESS, str_of(why.text));
        return true;
    }
    purl_code(b->mail, b->r->account, seat->piece_id, code);
    struct press_piece *piece = &b->pieces[b->n];
    struct package_piece *pack = &b->packed[b->n];
    *piece = (struct press_piece){
        .values = values_of(b, &who),
        .lines = ad->line,
        .n_lines = ad->n_lines,
        .purl = str_of(arena_printf(a, "%s%s", b->purl_base, code)),
        .note =
            str_of(arena_printf(a, "%lld-%lld", (long long)b->r->batch.batch_id, (long long)PIECE_SEAT(seat->piece_id) + 1)),
    };
    *pack = (struct package_piece){
        .piece_id = seat->piece_id,
        .city = ad->city,
        .state = ad->state,
        .zip5 = ad->zip5,
        .zip4 = ad->zip4,
        .dp = ad->dp,
        .country = ad->country == ADDRESS_CA ? STR("CA") : STR("US"),
        .contact = str_of(arena_printf(a, "contact %lld, %.*s %.*s", (long long)seat->contact_id, STR_ARG(in.first_name),
                                       STR_ARG(in.last_name))),
    };
    add_barcode(b, ad, seat->piece_id, piece, pack);
    b->r->piece_ids[b->n++] = seat->piece_id;
    return true;
}

/* ---- what all share ---- */

static void add_return_lines(struct arena *a, const struct drop *d, struct press_job *job)
{
    struct str *lines = ARENA_ARRAY(a, struct str, 4);
    int n = 0;
    lines[n++] = d->sender_name;
    lines[n++] = d->sender_address1;
    if (d->sender_address2.len) lines[n++] = d->sender_address2;
    lines[n++] =
        str_of(arena_printf(a, "%.*s, %.*s %.*s", STR_ARG(d->sender_city), STR_ARG(d->sender_state), STR_ARG(d->sender_zip)));
    job->return_lines = lines;
    job->n_return = n;
}

static void add_indicia(struct arena *a, struct press_job *job)
{
    struct str *lines = ARENA_ARRAY(a, struct str, RENDER_INDICIA_MOST),
               rest = arena_str(a, str_of(setting_get(SETTING_MAIL_INDICIA)));
    while (rest.ptr && job->n_indicia < RENDER_INDICIA_MOST) {
        struct str line = str_trim(str_cut(rest, '|', &rest));
        if (line.len) lines[job->n_indicia++] = line;
    }
    job->indicia_lines = lines;
}

static struct str class_word(int stid)
{
    const struct stid_def *def = stid_find(stid);
    return def && def->mail_class == MAIL_STANDARD ? STR("standard") : STR("first_class");
}

static void add_shared(struct build *b)
{
    struct render_job *r = b->r;
    r->job = (struct press_job){
        .creative = &r->creative, .pieces = b->pieces, .n_pieces = b->n, .specimen = r->batch.is_test, .out_fd = -1};
    add_return_lines(b->arena, &r->drop, &r->job);
    add_indicia(b->arena, &r->job);
    r->spec = (struct package_spec){
        .batch_id = r->batch.batch_id,
        .drop_id = r->drop.drop_id,
        .campaign_id = r->drop.campaign_id,
        .drop_name = r->drop.name,
        .template_name = r->template_name,
        .mail_class = class_word(r->batch.stid),
        .is_test = r->batch.is_test,
        .replaces = true, /* an earlier try may have printed people who were refused or recalled since */
        .pieces = b->packed,
    };
}

bool render_job_build(struct mail *m, struct arena *a, struct render_job *r, struct fault *f)
{
    size_t n = (size_t)r->n_seats + 1;
    struct build b = {.mail = m, .arena = a, .r = r, .parser = json_parser_create(), .purl_base = purl_base(m, a, r->account)};
    b.pieces = ARENA_ARRAY(a, struct press_piece, n);
    b.packed = ARENA_ARRAY(a, struct package_piece, n);
    r->piece_ids = ARENA_ARRAY(a, int64_t, n);
    r->refused = ARENA_ARRAY(a, struct render_refusal, n);
    r->n_refused = 0;
    b.extra_keys = ARENA_ARRAY(a, struct str, r->creative.n_extra_fields + 1);
    for (int i = 0; i < r->creative.n_extra_fields; i++) b.extra_keys[i] = text_title_key(a, r->creative.extra_fields[i]);
    bool ok = true;
    for (int i = 0; i < r->n_seats && ok; i++) ok = add_piece(&b, &r->seats[i], f);
    json_parser_destroy(&b.parser);
    if (ok) add_shared(&b);
    return ok;
}
