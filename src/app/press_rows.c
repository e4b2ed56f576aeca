/* press_rows.c: reads the contact file once, row by row. A row that cannot be addressed is told and left out; the rest goes on.
 * Personal codes are digests of mailer id, serial and row, so that the same input gives the same package. */
#include "app/press_rows.h"
#include "account/account.h"
#include "base/csv.h"
#include "base/digest.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include "base/text.h"
#include "mail/recipient.h"
#include "postal/address.h"
#include "postal/imb.h"
#include "postal/stid.h"
#include "press/columns.h"
#include <stdio.h>
#include <stdlib.h>

struct reading {
    struct press_rows *rows;
    const struct press_options *o;
    struct arena *a;
    struct creative *c;
    int *field_of; /* -1: a column that is not used */
    int n_columns; /* 0: the header was not seen yet */
    struct str purl_base;
    int64_t mid, serial, n_rows;
    int64_t specimens_from, space; /* of the mailer id's serials */
    struct fault why;              /* the whole file cannot be used */
};

static bool header_take(struct reading *rd, const struct str *names, size_t n)
{
    struct creative *c = rd->c;
    enum { OWN_MAX = sizeof c->extra_fields / sizeof *c->extra_fields };
    bool is_taken[FIELD_KNOWN] = {0};
    int64_t most = limit_get(LIMIT_CSV_MAX_COLUMNS);
    if ((int64_t)n > most) return fault_user(&rd->why, 400, "the contact file has more than %lld columns", (long long)most);
    rd->field_of = ARENA_ARRAY(rd->a, int, n + 1);
    for (size_t i = 0; i < n; i++) {
        int field = columns_match(names[i]);
        if (field >= 0 && is_taken[field]) field = -1;
        if (field >= 0)
            is_taken[field] = true;
        else if (names[i].len && c->n_extra_fields == OWN_MAX)
            return fault_user(&rd->why, 400, "the contact file has more than %d columns of its own", OWN_MAX);
        if (field < 0 && names[i].len)
            field = FIELD_KNOWN + c->n_extra_fields, c->extra_fields[c->n_extra_fields++] = arena_str(rd->a, names[i]);
        rd->field_of[i] = field;
    }
    rd->n_columns = (int)n;
    if (!is_taken[FIELD_ADDRESS_STREET] || !is_taken[FIELD_ADDRESS_ZIP])
        return fault_user(&rd->why, 400, "the contact file has no column for %s; name the columns with --columns",
                          is_taken[FIELD_ADDRESS_STREET] ? "the ZIP code" : "the street");
    return true;
}

static struct str purl_make(struct reading *rd, int64_t serial, const struct csv_row *row)
{
    static const char letters[] = "23456789abcdefghijkmnpqrstuvwxyz";
    uint8_t digest[SHA256_BYTES];
    char code[13] = "";
    const char *seed = arena_printf(rd->a, "%lld %lld %.*s", (long long)rd->mid, (long long)serial, STR_ARG(row->raw));
    sha256(str_of(seed), digest);
    for (int i = 0; i < 12; i++) code[i] = letters[digest[i] % 32];
    return str_of(arena_printf(rd->a, "%.*s%s", STR_ARG(rd->purl_base), code));
}

static void room_make(struct press_rows *r)
{
    if (r->n < r->cap) return;
    r->cap = r->cap ? r->cap * 2 : 256;
    r->pieces = realloc(r->pieces, sizeof *r->pieces * (size_t)r->cap);
    r->package = realloc(r->package, sizeof *r->package * (size_t)r->cap);
    ASSERT(r->pieces && r->package);
}

static bool codes_make(struct reading *rd, const struct address *ad, struct press_piece *piece, struct package_piece *package,
                       struct fault *f)
{
    int stid = rd->o->stid >= 0 ? (int)rd->o->stid : stid_default(MAIL_FIRST_CLASS);
    if (ad->country != ADDRESS_US) return true;
    if (!imb_tracking(0, stid, rd->mid, rd->serial, package->tracking))
        return fault_user(f, 400, "the serial numbers of mailer id %lld are used up", (long long)rd->mid);
    memcpy(package->routing, ad->routing, sizeof package->routing);
    enum imb_result coded = imb_encode(str_of(package->tracking), str_of(package->routing), piece->bars);
    return coded == IMB_OK || fault_user(f, 400, "barcode: %s", imb_result_text(coded));
}

/* Specimens begin again when theirs are used up, as test batches do: no scan is waited for. */
static void serial_next(struct reading *rd)
{
    rd->serial++;
    if (rd->o->first_serial < 0 && rd->serial == rd->space) rd->serial = rd->specimens_from;
}

static bool piece_make(struct reading *rd, const struct str *v, const struct csv_row *row, struct str who, struct fault *f)
{
    struct press_rows *r = rd->rows;
    struct address *ad = ARENA_NEW(rd->a, struct address);
    struct address_in in = recipient_address(v, FIELD_KNOWN);
    if (!address_standardise(rd->a, &in, ad, f)) return false;
    struct press_piece piece = {.values = v, .lines = ad->line, .n_lines = ad->n_lines};
    struct package_piece package = {.piece_id = rd->n_rows,
                                    .city = ad->city,
                                    .state = ad->state,
                                    .zip5 = ad->zip5,
                                    .zip4 = ad->zip4,
                                    .dp = ad->dp,
                                    .country = ad->country == ADDRESS_CA ? STR("CA") : STR("US"),
                                    .contact = who};
    if (!codes_make(rd, ad, &piece, &package, f)) return false;
    piece.purl = purl_make(rd, rd->serial, row);
    serial_next(rd);
    room_make(r);
    r->pieces[r->n] = piece, r->package[r->n++] = package;
    return true;
}

static bool row_take(void *ctx, const struct csv_row *row)
{
    struct reading *rd = ctx;
    struct fault f = {0};
    if (row->n == 0 || (row->n == 1 && row->fields[0].len == 0 && !row->bad)) return true;
    if (rd->n_columns == 0 && row->bad)
        return fault_user(&rd->why, 400, "the contact file's first line cannot be used: it %s", row->bad);
    if (rd->n_columns == 0) return header_take(rd, row->fields, row->n);
    rd->n_rows++;
    struct str *v = ARENA_ARRAY(rd->a, struct str, FIELD_KNOWN + rd->c->n_extra_fields);
    for (size_t i = 0; i < row->n && i < (size_t)rd->n_columns; i++)
        if (rd->field_of[i] >= 0) v[rd->field_of[i]] = arena_str(rd->a, text_nfc(rd->a, row->fields[i]));
    struct str who = str_of(arena_printf(rd->a, "line %lld, %.*s %.*s", (long long)row->line, STR_ARG(v[FIELD_FIRST_NAME]),
                                         STR_ARG(v[FIELD_LAST_NAME])));
    bool is_good = !row->bad ? row->n <= (size_t)rd->n_columns ||
                                   fault_user(&f, 400, "the row has %zu fields, the header %d", row->n, rd->n_columns)
                             : fault_user(&f, 400, "%s", row->bad);
    if (is_good && piece_make(rd, v, row, str_trim(who), &f)) return true;
    rd->rows->n_refused++;
    rd->rows->refused(rd->rows->ctx, row->line, str_trim(who), f.text);
    return true;
}

static bool file_feed(struct reading *rd, struct fault *f)
{
    char chunk[65536];
    size_t n;
    FILE *in = fopen(rd->o->contacts, "rb");
    if (!in) return fault_errno(f, "%s cannot be read", rd->o->contacts);
    struct csv_reader *reader = csv_reader_create(row_take, rd);
    bool goes_on = true;
    while (goes_on && (n = fread(chunk, 1, sizeof chunk, in)) > 0) goes_on = csv_reader_feed(reader, str_make(chunk, n));
    bool is_read = goes_on && !ferror(in) && csv_reader_end(reader);
    csv_reader_destroy(&reader);
    fclose(in);
    if (is_read) return true;
    if (rd->why.whose)
        *f = rd->why;
    else
        fault_operator(f, "%s cannot be read to its end", rd->o->contacts);
    return false;
}

static bool columns_take(struct reading *rd, struct fault *f)
{
    struct str rest = str_of(rd->o->columns);
    size_t n = 0, commas = 0;
    for (size_t i = 0; i < rest.len; i++) commas += rest.ptr[i] == ',';
    struct str *names = ARENA_ARRAY(rd->a, struct str, commas + 1);
    while (rest.ptr) names[n++] = str_trim(str_cut(rest, ',', &rest));
    if (header_take(rd, names, n)) return true;
    *f = rd->why;
    return false;
}

/* Without --first-serial the codes are specimens: their serials are those of test mode, which live mail leaves out. */
bool press_rows_read(struct press_rows *r, const struct press_options *o, struct arena *a, struct creative *c, struct fault *f)
{
    const char *base = o->purl_base ? o->purl_base : setting_get(SETTING_PURL_BASE);
    if (!*base) base = arena_printf(a, "http://%s/p/", setting_get(SETTING_LISTEN));
    struct reading *rd = ARENA_NEW(a, struct reading);
    *rd = (struct reading){
        .rows = r, .o = o, .a = a, .c = c, .purl_base = str_of(base), .mid = o->mid >= 0 ? o->mid : ACCOUNT_DEMONSTRATION_MID};
    if (!str_ends(rd->purl_base, STR("/"))) rd->purl_base = str_of(arena_printf(a, "%s/", base));
    rd->space = imb_serial_space(rd->mid);
    ASSERT(rd->space); /* the options were checked */
    rd->specimens_from = imb_test_serials(rd->space);
    rd->serial = o->first_serial >= 0 ? o->first_serial : rd->specimens_from;
    if (o->columns && !columns_take(rd, f)) return false;
    if (!file_feed(rd, f)) return false;
    return rd->n_rows > 0 || fault_user(f, 400, "%s holds no contacts", o->contacts);
}

void press_rows_finish(struct press_rows *r)
{
    free(r->pieces);
    free(r->package);
    r->pieces = NULL, r->package = NULL, r->n = r->cap = 0;
}
