/* pdf_page.c: pages, the tree they hang in, forms, and the names that operators use. Called by the makers of pieces; lives with
 * its pdf; nothing here fails. */
#include "press/pdf_private.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static void add_box(struct buf *b, const char *name, double inset, const struct pdf_boxes *x)
{
    buf_addz(b, name);
    buf_addz(b, " [");
    buf_add_fixed(b, inset, 3), buf_add_byte(b, ' ');
    buf_add_fixed(b, inset, 3), buf_add_byte(b, ' ');
    buf_add_fixed(b, x->width - inset, 3), buf_add_byte(b, ' ');
    buf_add_fixed(b, x->height - inset, 3);
    buf_addz(b, "] ");
}

int pdf_form(struct pdf *p, double width, double height, struct str resources, struct str ops)
{
    struct buf dict = BUF_INIT;
    buf_addz(&dict, "/Type /XObject /Subtype /Form ");
    add_box(&dict, "/BBox", 0, &(struct pdf_boxes){width, height, 0});
    buf_addz(&dict, "/Resources ");
    buf_add_str(&dict, resources.len ? resources : STR("<< >>"));
    int number = pdf_stream_level(p, 0, buf_str(&dict), ops, PDF_LEVEL_ONCE);
    buf_finish(&dict);
    return number;
}

const char *pdf_resources(struct pdf *p)
{
    (void)p;
    _Static_assert(PDF_FONTS == 3 && PDF_XOBJECTS == 4, "named below");
    return "<< /Font 3 0 R /XObject 4 0 R >>";
}

static bool list_has(const struct pdf_list *l, int number)
{
    /* The newest are asked for again and again. */
    for (int i = l->n; i-- > 0;)
        if (l->at[i] == number) return true;
    return false;
}

const char *pdf_xobject_name(struct pdf *p, int object)
{
    assert(object > 0 && object <= p->n_objects);
    if (!list_has(&p->xobjects, object)) pdf_list_add(&p->xobjects, object);
    snprintf(p->name, sizeof p->name, "PPX%d", object);
    return p->name;
}

/* ---- content ---- */

static const char *background_name(struct pdf *p, const struct pdf_background *bg)
{
    if (bg->is_once) return "PPBG";
    return pdf_xobject_name(p, bg->form ? bg->form : bg->image);
}

static void make_content(struct pdf *p, const struct pdf_boxes *boxes, const struct pdf_background *bg, struct str ops)
{
    struct buf *c = &p->content;
    buf_clear(c);
    if (bg && bg->form) {
        buf_addf(c, "/%s Do\n", background_name(p, bg));
    } else if (bg && bg->image) {
        buf_addz(c, "q ");
        buf_add_fixed(c, boxes->width, 3), buf_addz(c, " 0 0 ");
        buf_add_fixed(c, boxes->height, 3);
        buf_addf(c, " 0 0 cm /%s Do Q\n", background_name(p, bg));
    }
    buf_add_str(c, ops);
}

/* Fronts of a batch say the same on each piece: one stream serves them all. */
static int content_object(struct pdf *p)
{
    struct str content = buf_str(&p->content);
    for (int i = 0; i < PDF_MEMOS; i++)
        if (p->memo[i].number && str_eq(buf_str(&p->memo[i].content), content)) return p->memo[i].number;
    struct pdf_memo *m = &p->memo[p->next_memo];
    p->next_memo = (p->next_memo + 1) % PDF_MEMOS;
    m->number = pdf_stream_level(p, 0, STR(""), content, PDF_LEVEL_PAGE);
    buf_clear(&m->content);
    buf_add_str(&m->content, content);
    return m->number;
}

/* A background that only this page has stays out of the shared dictionary, which every page would have to carry. */
static void add_own_resources(struct pdf *p, const struct pdf_background *bg)
{
    buf_addf(&p->out, "/Resources << /Font %d 0 R /XObject << /PPBG %d 0 R ", PDF_FONTS, bg->form ? bg->form : bg->image);
    for (int i = 0; i < p->xobjects.n; i++) buf_addf(&p->out, "/PPX%d %d 0 R ", p->xobjects.at[i], p->xobjects.at[i]);
    buf_addz(&p->out, ">> >> ");
}

static int parent_of_next_page(struct pdf *p)
{
    if (p->pages.n % PDF_KIDS == 0) pdf_list_add(&p->nodes, pdf_reserve(p));
    return p->nodes.at[p->nodes.n - 1];
}

void pdf_page(struct pdf *p, const struct pdf_boxes *boxes, const struct pdf_background *bg, struct str ops)
{
    make_content(p, boxes, bg, ops);
    int content = content_object(p), parent = parent_of_next_page(p), number = pdf_reserve(p);
    if (p->pages.n == 0) p->boxes = *boxes;
    pdf_begin(p, number);
    buf_addz(&p->out, "<< /Type /Page /Parent ");
    buf_add_int(&p->out, parent);
    buf_addz(&p->out, " 0 R /Contents ");
    buf_add_int(&p->out, content);
    buf_addz(&p->out, " 0 R ");
    if (boxes->width != p->boxes.width || boxes->height != p->boxes.height) add_box(&p->out, "/MediaBox", 0, boxes);
    /* Not inheritable: on each page. */
    add_box(&p->out, "/BleedBox", 0, boxes);
    add_box(&p->out, "/TrimBox", boxes->bleed, boxes);
    if (bg && bg->is_once && (bg->form || bg->image)) add_own_resources(p, bg);
    buf_addz(&p->out, ">>");
    pdf_end(p);
    pdf_list_add(&p->pages, number);
}

/* ---- the tree: nodes of at most 64 kids, one level after the other ---- */

static void add_kids(struct pdf *p, const struct pdf_list *kids, int from, int to)
{
    buf_addz(&p->out, "/Kids [");
    for (int i = from; i < to; i++) buf_addf(&p->out, "%s%d 0 R", i > from ? " " : "", kids->at[i]);
    buf_addz(&p->out, "] ");
}

static int pages_below(const struct pdf *p, int node, int span)
{
    int rest = p->pages.n - node * span;
    return rest < span ? rest : span;
}

/* Writes the nodes of one level, `kids` being the level below, each node over `span` pages; their parents go to `above`. */
static void write_level(struct pdf *p, const struct pdf_list *kids, const struct pdf_list *nodes, int span,
                        struct pdf_list *above)
{
    bool is_top = nodes->n <= PDF_KIDS;
    for (int i = 0; i < nodes->n; i++) {
        if (!is_top && i % PDF_KIDS == 0) pdf_list_add(above, pdf_reserve(p));
        int parent = is_top ? PDF_ROOT_NODE : above->at[above->n - 1];
        int to = (i + 1) * PDF_KIDS < kids->n ? (i + 1) * PDF_KIDS : kids->n;
        pdf_begin(p, nodes->at[i]);
        buf_addf(&p->out, "<< /Type /Pages /Parent %d 0 R /Count %d ", parent, pages_below(p, i, span));
        add_kids(p, kids, i * PDF_KIDS, to);
        buf_addz(&p->out, ">>");
        pdf_end(p);
    }
}

static void write_root(struct pdf *p, const struct pdf_list *kids)
{
    pdf_begin(p, PDF_ROOT_NODE);
    buf_addf(&p->out, "<< /Type /Pages /Count %d ", p->pages.n);
    add_kids(p, kids, 0, kids->n);
    if (p->pages.n) add_box(&p->out, "/MediaBox", 0, &p->boxes);
    buf_addf(&p->out, "/Resources << /Font %d 0 R /XObject %d 0 R >> >>", PDF_FONTS, PDF_XOBJECTS);
    pdf_end(p);
}

static void write_xobjects(struct pdf *p)
{
    pdf_begin(p, PDF_XOBJECTS);
    buf_addz(&p->out, "<< ");
    for (int i = 0; i < p->xobjects.n; i++) buf_addf(&p->out, "/PPX%d %d 0 R ", p->xobjects.at[i], p->xobjects.at[i]);
    buf_addz(&p->out, ">>");
    pdf_end(p);
}

void pdf_finish_pages(struct pdf *p)
{
    struct pdf_list kids = {0}, nodes = {0};
    for (int i = 0; i < p->pages.n; i++) pdf_list_add(&kids, p->pages.at[i]);
    for (int i = 0; i < p->nodes.n; i++) pdf_list_add(&nodes, p->nodes.at[i]);
    for (int span = PDF_KIDS;; span *= PDF_KIDS) {
        struct pdf_list above = {0};
        write_level(p, &kids, &nodes, span, &above);
        free(kids.at);
        kids = nodes, nodes = above;
        if (nodes.n == 0) break;
    }
    write_root(p, &kids);
    write_xobjects(p);
    free(kids.at), free(nodes.at);
}
