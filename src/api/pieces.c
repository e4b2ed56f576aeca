/* pieces.c: single pieces, and what they look like on paper: their pages and pictures are cut out of the batch's file, so what is
 * shown is what is printed. */
#include "api/piece_json.h"
#include "mail/contact_check.h"
#include "mail/domain.h"
#include "mail/mail.h"
#include "mail/recall.h"
#include "press/press.h"
#include "press/proof.h"

enum { WIDTH_LEAST = 50 }; /* a smaller picture shows nothing */

void piece_json(struct json_out *j, struct http_exchange *x, const struct piece *p, const struct batch *b)
{
    char code[13];
    purl_code(api_mail(x), api_account(x), p->piece_id, code);
    json_object(j, NULL);
    json_int(j, "piece_id", p->piece_id);
    json_int(j, "contact_id", p->contact_id);
    json_int(j, "batch_id", p->batch_id);
    json_int(j, "drop_id", p->drop_id);
    json_strz(j, "state", piece_state_word(p->state));
    json_strz(j, "reason", p->refusal ? piece_refusal_text(p->refusal) : NULL);
    json_str(j, "detail", p->detail);
    json_int(j, "first_page", p->first_page);
    json_str(j, "tracking_code", p->tracking);
    json_strz(j, "purl", arena_printf(http_arena(x), "%s%s", purl_base(api_mail(x), http_arena(x), api_account(x)), code));
    json_time(j, "created_date", p->created_at);
    reply_time(j, "recall_until", recall_until(b, p));
    json_object(j, "recipient");
    for (int i = 0; i < p->n_values && i < FIELD_KNOWN; i++)
        if (p->values[i].ptr) json_str(j, contact_field_name(i), p->values[i]);
    json_end(j);
    json_end(j);
}

static bool find_piece(struct http_exchange *x, struct piece *p)
{
    struct fault f;
    int64_t id;
    return request_id(x, "id", "piece", &id) &&
           !request_failed(x, piece_get(api_store(x), http_arena(x), api_account(x), id, p, &f), &f);
}

void handle_piece_get(struct http_exchange *x)
{
    struct piece *p = ARENA_NEW(http_arena(x), struct piece);
    struct batch b;
    struct fault f;
    if (!find_piece(x, p) || request_failed(x, batch_get(api_store(x), http_arena(x), api_account(x), p->batch_id, &b, &f), &f))
        return;
    struct reply r;
    piece_json(reply_begin(&r, x), x, p, &b);
    reply_end(&r, 200);
}

/* ---- on paper ---- */

struct printed {
    const char *pdf;
    int first_page, n_pages;
};

static bool find_printed(struct http_exchange *x, struct printed *out)
{
    struct piece *p = ARENA_NEW(http_arena(x), struct piece);
    struct batch b;
    struct fault f;
    if (!find_piece(x, p) || request_failed(x, batch_get(api_store(x), http_arena(x), api_account(x), p->batch_id, &b, &f), &f))
        return false;
    *out = (struct printed){batch_pdf(api_mail(x), http_arena(x), &b), p->first_page, (int)b.pages_each};
    if (*out->pdf && p->first_page > 0) return true;
    if (p->state != PIECE_SEATED)
        http_fail(x, 409, "Piece %lld is not printed: it is %s.", (long long)p->piece_id, piece_state_word(p->state));
    else if (batch_is_forgotten(&b))
        http_fail(x, 409, "Piece %lld cannot be shown as printed any more: print files are kept %lld days.",
                  (long long)p->piece_id, (long long)limit_get(LIMIT_KEEP_BATCH_DAYS));
    else
        http_fail(x, 409, "Piece %lld is not printed: its batch is %s.", (long long)p->piece_id, batch_state_word(b.state));
    return false;
}

static void reply_file(struct http_exchange *x, bool ok, const char *type, struct buf *file, const struct fault *f)
{
    if (!request_failed(x, ok, f)) http_answer(x, 200, type, buf_str(file));
    buf_finish(file);
}

void handle_piece_pdf(struct http_exchange *x)
{
    struct printed p;
    struct buf file = BUF_INIT;
    struct fault f;
    if (!find_printed(x, &p)) return;
    bool ok = proof_pdf(p.pdf, p.first_page, p.n_pages, &file, &f);
    reply_file(x, ok, "application/pdf", &file, &f);
}

static void reply_side(struct http_exchange *x, int side)
{
    struct printed p;
    struct buf file = BUF_INIT;
    struct fault f;
    int64_t width;
    if (!request_number(x, "width", limit_get(LIMIT_PICTURE_WIDTH), WIDTH_LEAST, limit_get(LIMIT_PICTURE_MAX_WIDTH), &width) ||
        !find_printed(x, &p))
        return;
    if (side >= p.n_pages) {
        http_fail(x, 404, "The piece has %d page only.", p.n_pages);
        return;
    }
    bool ok = proof_png(p.pdf, p.first_page + side, (int)width, &file, &f);
    reply_file(x, ok, "image/png", &file, &f);
}

void handle_piece_front(struct http_exchange *x) { reply_side(x, 0); }
void handle_piece_back(struct http_exchange *x) { reply_side(x, 1); }
