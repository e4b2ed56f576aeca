/* page_batch.c: one batch, its files and its pieces, fifty a page. Called on pool threads. */
#include "web/page.h"
#include "mail/campaign.h"
#include "press/press.h"
#include "web/show.h"
#include <stdio.h>

static void add_pieces(struct page *p, const struct piece *pieces, int n, enum batch_state state)
{
    for (int i = 0; i < n; i++) {
        const struct piece *piece = &pieces[i];
        struct view *row = view_item(p->view, "pieces");
        view_number(row, "piece_id", piece->piece_id);
        view_str(row, "person", show_name(p->arena, piece->values, piece->n_values));
        view_str(row, "place", piece->n_values > FIELD_ADDRESS_CITY ? piece->values[FIELD_ADDRESS_CITY] : STR_NULL);
        view_str(row, "region", piece->n_values > FIELD_ADDRESS_STATE ? piece->values[FIELD_ADDRESS_STATE] : STR_NULL);
        show_piece_state(row, piece, state);
        if (piece->state == PIECE_REFUSED) {
            show_refusal(row, piece->refusal);
            view_str(row, "piece_detail", piece->detail);
        }
        if (piece->first_page > 0) view_number(row, "first_page", piece->first_page);
        show_time(row, "made", piece->created_at);
    }
}

static void add_batch(struct page *p, const struct batch *b)
{
    view_number(p->view, "batch_id", b->batch_id);
    view_flag(p->view, "is_test", b->is_test);
    show_batch_state(p->view, b->state);
    view_flag(p->view, "is_held", batch_is_held(b));
    show_time(p->view, "handed", b->handed_over_at);
    view_str(p->view, "batch_error", str_is_empty(b->last_error) ? STR_NULL : b->last_error);
    show_count(p->view, "n_pieces", b->n_pieces);
    show_count(p->view, "n_refused", b->n_refused);
    show_time(p->view, "opened", b->opened_at);
    if (b->state == BATCH_OPEN || b->state == BATCH_CLOSED) show_time(p->view, "due", b->due_at);
    if (b->pages_each > 0) view_number(p->view, "pages_each", b->pages_each);
    if (batch_is_written(b) && b->file.len) show_bytes(p->view, "bytes", b->file_bytes);
    int64_t done = b->state == BATCH_RENDERING ? batch_progress(p->mail, b->batch_id) : -1;
    if (b->state == BATCH_RENDERING) {
        struct view *now = view_item(p->view, "progress");
        view_number(now, "done_value", done > 0 ? done : 0);
        view_number(now, "of_value", b->n_pieces > 0 ? b->n_pieces : 1);
        show_count(now, "done", done > 0 ? done : 0);
        show_count(now, "of", b->n_pieces);
    }
    if (b->state < BATCH_READY) page_again(p);
}

static bool fill_batch(struct page *p, int64_t id, struct fault *f)
{
    struct batch b;
    struct drop d;
    struct piece *pieces;
    int64_t start = page_start(p);
    char path[64];
    if (!batch_get(p->store, p->arena, p->account, id, &b, f)) return false;
    if (!campaign_get(p->store, p->arena, p->account, b.drop_id, &d, NULL, f)) return false;
    add_batch(p, &b);
    view_number(p->view, "drop_id", d.drop_id);
    view_str(p->view, "drop_name", d.name);
    show_forgotten(p->view, &b);
    view_flag(p->view, "has_pdf", *batch_pdf(p->mail, p->arena, &b) != '\0');
    int n = piece_page(p->store, p->arena, p->account, id, start, page_rows(), &pieces, f);
    if (n < 0) return false;
    add_pieces(p, pieces, n, b.state);
    snprintf(path, sizeof path, "/batches/%lld", (long long)id);
    page_pager(p, arena_strz(p->arena, path), start, n, b.n_pieces);
    return true;
}

void page_batch(struct http_exchange *x)
{
    struct page p;
    struct fault f = {0};
    int64_t id;
    if (!page_begin(&p, x, NAV_CAMPAIGNS) || !page_id(&p, "id", "batch", &id)) return;
    if (!fill_batch(&p, id, &f)) {
        page_fault(&p, "batch", http_param(x, "id"), &f);
        return;
    }
    page_answer(&p, "batch", arena_printf(p.arena, "Batch %lld", (long long)id));
}
