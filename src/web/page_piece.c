/* page_piece.c: one piece: whose it is, where it is, what it looks like, and what its address and barcode say. Called on pool
 * threads. What is shown as printed is made again from the piece's own values by the functions that the press used. */
#include "web/page.h"
#include "mail/campaign.h"
#include "mail/recall.h"
#include "mail/recipient.h"
#include "postal/imb.h"
#include "press/press.h"
#include "web/address_marks.h"
#include "web/show.h"
#include "web/track_rows.h"
#include <stdio.h>

/* Bars one unit wide and one apart, eight units high, as one path: trackers in the middle, ascenders up, descenders down. */
static const char *bars_path(struct arena *a, const char *bars)
{
    struct buf d = BUF_INIT;
    for (int i = 0; bars[i]; i++) {
        bool up = bars[i] == 'A' || bars[i] == 'F', down = bars[i] == 'D' || bars[i] == 'F';
        int top = up ? 0 : 3, bottom = down ? 8 : 5;
        buf_addf(&d, "M%d %dv%dh1v-%dz", i * 2, top, bottom - top, bottom - top);
    }
    const char *path = arena_strz(a, d.data);
    buf_finish(&d);
    return path;
}

/* "00 310 902345600 482217 01060 2714 18": barcode id, service type, mailer id, serial, routing. */
static void add_barcode(struct view *v, struct str tracking, const char *routing)
{
    char bars[IMB_BARS + 1];
    if (tracking.len != 20 || imb_encode(tracking, str_of(routing), bars) != IMB_OK) return;
    const char *t = tracking.ptr;
    int mid = t[5] == '9' ? 9 : 6;
    struct view *code = view_item(v, "barcode");
    view_fmt(code, "digits", "%.2s %.3s %.*s %.*s %.5s%s%.4s%s%.2s", t, t + 2, mid, t + 5, 15 - mid, t + 5 + mid, routing,
             strlen(routing) > 5 ? " " : "", strlen(routing) > 5 ? routing + 5 : "", strlen(routing) > 9 ? " " : "",
             strlen(routing) > 9 ? routing + 9 : "");
    view_strz(code, "path", bars_path(view_arena(v), bars));
}

static void add_address(struct page *p, const struct piece *piece)
{
    struct address_in in = recipient_address(piece->values, piece->n_values);
    struct address out;
    struct fault f = {0};
    if (!address_standardise(p->arena, &in, &out, &f)) {
        address_given(p->view, &in);
        view_str(p->view, "address_fault", arena_str(p->arena, str_of(f.text)));
        return;
    }
    address_marks(p->view, &in, &out);
    add_barcode(p->view, piece->tracking, arena_strz(p->arena, out.routing));
}

static void add_values(struct page *p, const struct piece *piece)
{
    struct field_set *fields = field_set_create(p->arena, NULL, 0);
    for (int i = 0; i < piece->n_values && i < FIELD_KNOWN; i++) {
        if (str_is_empty(piece->values[i])) continue;
        struct view *row = view_item(p->view, "values");
        view_str(row, "field", field_set_name(fields, i));
        view_str(row, "value", piece->values[i]);
    }
}

/* Postcards and bifolds have a front and a back; letters have pages. */
static void add_sides(struct page *p, const struct piece *piece, const struct batch *b, int size)
{
    if (piece->first_page < 1 || !*batch_pdf(p->mail, p->arena, b)) return;
    view_flag(p->view, "is_printed", true);
    for (int i = 0; i < b->pages_each; i++) {
        struct view *side = view_item(p->view, "sides");
        bool is_card = size != SIZE_LETTER && i < 2;
        if (is_card)
            view_strz(side, "side", i == 0 ? "Front" : "Back");
        else
            view_fmt(side, "side", "Page %d", i + 1);
        if (is_card)
            view_strz(side, "file", i == 0 ? "front.png" : "back.png");
        else
            view_fmt(side, "file", "pages/%d.png", i + 1);
    }
    if (b->pages_each > 0) view_fmt(p->view, "n_pages", b->pages_each == 1 ? "1 page" : "%d pages", (int)b->pages_each);
    view_fmt(p->view, "where", "pages %d to %d of the file", piece->first_page, piece->first_page + (int)b->pages_each - 1);
}

static bool fill_piece(struct page *p, int64_t id, struct piece *piece, struct fault *f)
{
    struct batch b;
    struct drop d;
    if (!piece_get(p->store, p->arena, p->account, id, piece, f) ||
        !batch_get(p->store, p->arena, p->account, piece->batch_id, &b, f) ||
        !campaign_get(p->store, p->arena, p->account, piece->drop_id, &d, NULL, f))
        return false;
    view_number(p->view, "piece_id", id);
    view_number(p->view, "batch_id", b.batch_id);
    view_number(p->view, "drop_id", d.drop_id);
    view_str(p->view, "drop_name", d.name);
    view_strz(p->view, "size", show_size(d.size));
    view_str(p->view, "person", show_name(p->arena, piece->values, piece->n_values));
    view_flag(p->view, "is_test", b.is_test);
    show_piece_state(p->view, piece, b.state);
    show_time(p->view, "made", piece->created_at);
    show_time(p->view, "recall", recall_until(&b, piece));
    if (piece->state == PIECE_REFUSED) {
        view_strz(p->view, "reason", piece_refusal_text(piece->refusal));
        view_str(p->view, "piece_detail", piece->detail);
    }
    show_forgotten(p->view, &b);
    add_sides(p, piece, &b, d.size);
    add_address(p, piece);
    add_values(p, piece);
    if (!journey_rows(p, piece, f)) return false;
    if (b.state < BATCH_READY && piece->state == PIECE_SEATED) page_again(p);
    return true;
}

void page_piece(struct http_exchange *x)
{
    struct page p;
    struct piece piece;
    struct fault f = {0};
    int64_t id;
    if (!page_begin(&p, x, NAV_CAMPAIGNS) || !page_id(&p, "id", "piece", &id)) return;
    if (!fill_piece(&p, id, &piece, &f)) {
        page_fault(&p, "piece", http_param(x, "id"), &f);
        return;
    }
    page_answer(&p, "piece", arena_printf(p.arena, "%.*s", STR_ARG(show_name(p.arena, piece.values, piece.n_values))));
}
