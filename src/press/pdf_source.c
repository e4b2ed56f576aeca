/* pdf_source.c: another PDF, opened for reading through libqpdf's C face: pages, sizes, named destinations. Called by press
 * workers only, since the file is untrusted: no repair of broken files, sizes and depths are bounded, nothing goes to stderr.
 */
#include "press/pdf_source.h"
#include "base/limits.h"
#include <math.h>
#include <stdlib.h>

enum { INHERIT_DEPTH = 50, NAME_TREE_DEPTH = 32, NAME_TREE_NODES = 100000 };

bool pdf_source_fault(const struct pdf_source *s, const char *what, struct fault *f)
{
    const char *why = "it is damaged";
    if (qpdf_has_error(s->qpdf)) why = qpdf_get_error_message_detail(s->qpdf, qpdf_get_error(s->qpdf));
    return fault_user(f, 422, "%s: %.300s", what, why);
}

/* An error that nobody takes is printed by qpdf at the end, and would be held against the next call. */
static void forget_error(const struct pdf_source *s)
{
    if (qpdf_has_error(s->qpdf)) qpdf_get_error(s->qpdf);
}

static bool is_admitted(struct pdf_source *s, struct str bytes, struct fault *f)
{
    int64_t most = limit_get(LIMIT_PRESS_MAX_SOURCE_MB);
    if ((int64_t)bytes.len > most << 20) return fault_user(f, 422, "the PDF has more than %lld MB", (long long)most);
    qpdf_set_suppress_warnings(s->qpdf, 1);
    qpdf_silence_errors(s->qpdf);
    qpdf_set_attempt_recovery(s->qpdf, 0);
    if (qpdf_read_memory(s->qpdf, "source", bytes.ptr, bytes.len, NULL) & QPDF_ERRORS)
        return pdf_source_fault(s, "the PDF cannot be read", f);
    if (qpdf_is_encrypted(s->qpdf)) return fault_user(f, 422, "the PDF is encrypted");
    s->n_pages = qpdf_get_num_pages(s->qpdf);
    return s->n_pages > 0 || pdf_source_fault(s, "the PDF has no pages", f);
}

struct pdf_source *pdf_source_open(struct str bytes, struct fault *f)
{
    struct pdf_source *s = calloc(1, sizeof *s);
    if (!s) return fault_operator(f, "there is no memory to read a PDF"), NULL;
    s->qpdf = qpdf_init();
    if (!is_admitted(s, bytes, f)) pdf_source_close(&s);
    return s;
}

void pdf_source_close(struct pdf_source **s)
{
    if (!*s) return;
    forget_error(*s);
    qpdf_cleanup(&(*s)->qpdf);
    free((*s)->copied);
    free(*s);
    *s = NULL;
}

int pdf_source_pages(const struct pdf_source *s) { return s->n_pages; }

qpdf_oh pdf_source_inherited(const struct pdf_source *s, qpdf_oh page, const char *key)
{
    qpdf_oh node = page;
    for (int i = 0; i < INHERIT_DEPTH && qpdf_oh_is_dictionary(s->qpdf, node); i++) {
        if (qpdf_oh_has_key(s->qpdf, node, key)) return qpdf_oh_get_key(s->qpdf, node, key);
        node = qpdf_oh_get_key(s->qpdf, node, "/Parent");
    }
    return qpdf_oh_new_null(s->qpdf);
}

bool pdf_source_media_box(const struct pdf_source *s, qpdf_oh page, double box[4])
{
    qpdf_oh array = pdf_source_inherited(s, page, "/MediaBox");
    if (!qpdf_oh_is_array(s->qpdf, array) || qpdf_oh_get_array_n_items(s->qpdf, array) != 4) return false;
    for (int i = 0; i < 4; i++) {
        if (!qpdf_oh_get_value_as_number(s->qpdf, qpdf_oh_get_array_item(s->qpdf, array, i), &box[i])) return false;
        if (!(fabs(box[i]) < 20000)) return false;
    }
    return box[2] > box[0] && box[3] > box[1];
}

bool pdf_source_page_size(const struct pdf_source *s, int page, double *width, double *height)
{
    double box[4];
    if (page < 0 || page >= s->n_pages) return false;
    if (!pdf_source_media_box(s, qpdf_get_page_n(s->qpdf, (size_t)page), box)) return false;
    *width = box[2] - box[0], *height = box[3] - box[1];
    return true;
}

/* ---- named destinations: /Dests of the catalog, or the name tree /Names /Dests ---- */

struct search {
    const struct pdf_source *s;
    struct str prefix;
    int *at, n, nodes_left;
};

static int page_of(const struct pdf_source *s, qpdf_oh value)
{
    if (qpdf_oh_is_dictionary(s->qpdf, value)) value = qpdf_oh_get_key(s->qpdf, value, "/D");
    if (!qpdf_oh_is_array(s->qpdf, value) || qpdf_oh_get_array_n_items(s->qpdf, value) < 1) return -1;
    qpdf_oh page = qpdf_oh_get_array_item(s->qpdf, value, 0);
    if (!qpdf_oh_is_indirect(s->qpdf, page) || !qpdf_oh_is_dictionary(s->qpdf, page)) return -1;
    return qpdf_find_page_by_oh(s->qpdf, page);
}

static void take_name(struct search *x, struct str name, qpdf_oh value)
{
    int64_t number;
    if (!str_starts(name, x->prefix)) return;
    name.ptr += x->prefix.len, name.len -= x->prefix.len;
    if (!str_to_int64(name, &number) || number < 0 || number >= x->n) return;
    x->at[number] = page_of(x->s, value);
}

static void search_dictionary(struct search *x, qpdf_oh dests)
{
    qpdf_data q = x->s->qpdf;
    /* The values are looked up in a second round: qpdf has one iterator for everything. */
    struct arena *a = arena_create(4096);
    const char **keys = NULL;
    int n = 0, cap = 0;
    qpdf_oh_begin_dict_key_iter(q, dests);
    while (qpdf_oh_dict_more_keys(q)) {
        const char *key = qpdf_oh_dict_next_key(q);
        if (n == cap) {
            const char **more = ARENA_ARRAY(a, const char *, cap ? 2 * cap : 64);
            if (n) memcpy(more, keys, (size_t)n * sizeof *keys);
            keys = more, cap = cap ? 2 * cap : 64;
        }
        keys[n++] = arena_strz(a, key);
    }
    for (int i = 0; i < n; i++)
        if (keys[i][0] == '/') take_name(x, str_of(keys[i] + 1), qpdf_oh_get_key(q, dests, keys[i]));
    arena_destroy(&a);
}

static void search_tree(struct search *x, qpdf_oh node, int depth)
{
    qpdf_data q = x->s->qpdf;
    if (depth > NAME_TREE_DEPTH || x->nodes_left-- <= 0 || !qpdf_oh_is_dictionary(q, node)) return;
    qpdf_oh names = qpdf_oh_get_key(q, node, "/Names"), kids = qpdf_oh_get_key(q, node, "/Kids");
    int n = qpdf_oh_is_array(q, names) ? qpdf_oh_get_array_n_items(q, names) : 0;
    for (int i = 0; i + 1 < n; i += 2) {
        size_t len = 0;
        qpdf_oh key = qpdf_oh_get_array_item(q, names, i);
        if (!qpdf_oh_is_string(q, key)) continue;
        const char *name = qpdf_oh_get_binary_string_value(q, key, &len);
        char copy[256];
        if (len >= sizeof copy) continue;
        memcpy(copy, name, len);
        take_name(x, str_make(copy, len), qpdf_oh_get_array_item(q, names, i + 1));
    }
    n = qpdf_oh_is_array(q, kids) ? qpdf_oh_get_array_n_items(q, kids) : 0;
    for (int i = 0; i < n; i++) search_tree(x, qpdf_oh_get_array_item(q, kids, i), depth + 1);
}

void pdf_source_destinations(const struct pdf_source *s, const char *prefix, int *at, int n)
{
    struct search x = {s, str_of(prefix), at, n, NAME_TREE_NODES};
    for (int i = 0; i < n; i++) at[i] = -1;
    qpdf_oh root = qpdf_get_root(s->qpdf), dests = qpdf_oh_get_key(s->qpdf, root, "/Dests");
    if (qpdf_oh_is_dictionary(s->qpdf, dests)) search_dictionary(&x, dests);
    qpdf_oh names = qpdf_oh_get_key(s->qpdf, root, "/Names");
    if (qpdf_oh_is_dictionary(s->qpdf, names)) search_tree(&x, qpdf_oh_get_key(s->qpdf, names, "/Dests"), 0);
    qpdf_oh_release_all(s->qpdf);
    forget_error(s);
}
