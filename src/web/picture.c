/* picture.c: what is cut out of a batch's print file: pictures of a piece's sides, its own PDF, and the file itself. Called on
 * pool threads, because pdftoppm runs as a child (press/proof.h). Another account's piece, or one that is not printed, is the
 * same plain 404 page. Nothing of it is kept by browsers: it holds a name and an address. */
#include "web/page.h"
#include "base/limits.h"
#include "press/proof.h"
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

struct printed {
    struct page p;
    struct piece piece;
    struct batch batch;
    const char *pdf;
};

/* False: answered. */
static bool printed_find(struct printed *it, struct http_exchange *x)
{
    struct fault f = {0};
    int64_t id;
    if (!page_begin(&it->p, x, NAV_CAMPAIGNS) || !page_id(&it->p, "id", "piece", &id)) return false;
    struct page *p = &it->p;
    if (!piece_get(p->store, p->arena, p->account, id, &it->piece, &f) ||
        !batch_get(p->store, p->arena, p->account, it->piece.batch_id, &it->batch, &f)) {
        page_fault(p, "piece", http_param(x, "id"), &f);
        return false;
    }
    it->pdf = batch_pdf(p->mail, p->arena, &it->batch);
    if (it->piece.first_page > 0 && *it->pdf) return true;
    page_missing(p, "printed piece", http_param(x, "id"));
    return false;
}

static void answer_bytes(struct printed *it, const char *type, struct buf *bytes)
{
    http_add_header(it->p.x, "Cache-Control", "private, no-store");
    http_answer(it->p.x, 200, type, buf_str(bytes));
}

/* side is 0-based. */
static void answer_side(struct http_exchange *x, struct printed *it, int64_t side)
{
    struct buf png = BUF_INIT;
    struct fault f = {0};
    if (side < 0 || side >= it->batch.pages_each)
        page_missing(&it->p, "such page of piece", http_param(x, "id"));
    else if (proof_png(it->pdf, it->piece.first_page + (int)side, (int)limit_get(LIMIT_PICTURE_WIDTH), &png, &f))
        answer_bytes(it, "image/png", &png);
    else
        page_fault(&it->p, "piece", http_param(x, "id"), &f);
    buf_finish(&png);
}

void picture_front(struct http_exchange *x)
{
    struct printed it;
    if (printed_find(&it, x)) answer_side(x, &it, 0);
}

void picture_back(struct http_exchange *x)
{
    struct printed it;
    if (printed_find(&it, x)) answer_side(x, &it, 1);
}

/* {page} is "3.png". */
void picture_page(struct http_exchange *x)
{
    struct printed it;
    int64_t page;
    struct str name = http_param(x, "page"), rest;
    struct str digits = str_cut(name, '.', &rest);
    if (!printed_find(&it, x)) return;
    bool is_page = str_to_int64(digits, &page) && str_eq(rest, STR("png"));
    answer_side(x, &it, is_page ? page - 1 : -1);
}

void picture_proof(struct http_exchange *x)
{
    struct printed it;
    struct buf pdf = BUF_INIT;
    struct fault f = {0};
    if (!printed_find(&it, x)) return;
    if (proof_pdf(it.pdf, it.piece.first_page, (int)it.batch.pages_each, &pdf, &f)) {
        http_add_header(x, "Content-Disposition",
                        arena_printf(it.p.arena, "inline; filename=\"piece-%lld.pdf\"", (long long)it.piece.piece_id));
        answer_bytes(&it, "application/pdf", &pdf);
    } else {
        page_fault(&it.p, "piece", http_param(x, "id"), &f);
    }
    buf_finish(&pdf);
}

static void answer_file(struct page *p, const char *path, int64_t batch_id)
{
    struct fault f = {0};
    struct stat st;
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        fault_errno(&f, "%s cannot be read", path);
        if (fd >= 0) close(fd);
        page_fault(p, "batch", STR(""), &f);
        return;
    }
    http_add_header(p->x, "Content-Disposition",
                    arena_printf(p->arena, "inline; filename=\"batch-%lld.pdf\"", (long long)batch_id));
    http_add_header(p->x, "Cache-Control", "private, no-store");
    http_answer_fd(p->x, 200, "application/pdf", fd, st.st_size);
}

void picture_batch(struct http_exchange *x)
{
    struct page p;
    struct batch b;
    struct fault f = {0};
    int64_t id;
    if (!page_begin(&p, x, NAV_CAMPAIGNS) || !page_id(&p, "id", "batch", &id)) return;
    if (!batch_get(p.store, p.arena, p.account, id, &b, &f)) {
        page_fault(&p, "batch", http_param(x, "id"), &f);
        return;
    }
    const char *path = batch_pdf(p.mail, p.arena, &b);
    if (*path)
        answer_file(&p, path, id);
    else
        page_missing(&p, "written file of batch", http_param(x, "id"));
}
