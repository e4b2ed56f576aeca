/* pdf_import.c: copies a page of another PDF into ours as one form XObject, with everything its resources lead to. Called by
 * press workers. A page that is damaged or too deep is refused with a sentence; the output may then hold objects that nothing
 * names.
 *
 * An object is copied after those it refers to, so that what it says is known in full: two objects that say the same, also from
 * two sources, become one (a picture that each of 25 documents embeds). Circles are broken by a number that is reserved when a
 * reference meets an object still being copied; such an object is not shared. As a form the page also starts and ends with a
 * clean graphics state, whatever its operators leave behind. */
#include "press/pdf_private.h"
#include "press/pdf_source.h"
#include "base/limits.h"
#include <stdlib.h>

struct copier {
    struct pdf *p;
    struct pdf_source *s;
    struct arena *a;
    struct fault *f;
    int depth;
};

static bool add_value(struct copier *c, qpdf_oh value, struct buf *out);

/* The names of a dictionary, in qpdf's order (sorted). qpdf has one iterator for everything, so they are collected first. */
static int dict_keys(struct copier *c, qpdf_oh dict, const char ***keys)
{
    int n = 0, cap = 16;
    *keys = ARENA_ARRAY(c->a, const char *, cap);
    qpdf_oh_begin_dict_key_iter(c->s->qpdf, dict);
    while (qpdf_oh_dict_more_keys(c->s->qpdf)) {
        const char *key = arena_strz(c->a, qpdf_oh_dict_next_key(c->s->qpdf));
        if (n == cap) {
            const char **more = ARENA_ARRAY(c->a, const char *, 2 * cap);
            memcpy(more, *keys, (size_t)n * sizeof **keys);
            *keys = more, cap *= 2;
        }
        (*keys)[n++] = key;
    }
    return n;
}

/* A stream's data lies in our file: a source that points to a file elsewhere is not followed. */
static bool is_dropped(const char *key, bool is_stream)
{
    static const char *const names[] = {"/Length", "/F", "/FFilter", "/FDecodeParms", "/DL"};
    for (size_t i = 0; is_stream && i < sizeof names / sizeof *names; i++)
        if (strcmp(key, names[i]) == 0) return true;
    return false;
}

static bool add_entries(struct copier *c, qpdf_oh dict, bool is_stream, struct buf *out)
{
    qpdf_data q = c->s->qpdf;
    const char **keys;
    int n = dict_keys(c, dict, &keys);
    for (int i = 0; i < n; i++) {
        if (is_dropped(keys[i], is_stream)) continue;
        buf_addz(out, qpdf_oh_unparse(q, qpdf_oh_new_name(q, keys[i])));
        buf_add_byte(out, ' ');
        if (!add_value(c, qpdf_oh_get_key(q, dict, keys[i]), out)) return false;
        buf_add_byte(out, ' ');
    }
    return true;
}

static bool add_array(struct copier *c, qpdf_oh array, struct buf *out)
{
    int n = qpdf_oh_get_array_n_items(c->s->qpdf, array);
    buf_add_byte(out, '[');
    for (int i = 0; i < n; i++) {
        if (i) buf_add_byte(out, ' ');
        if (!add_value(c, qpdf_oh_get_array_item(c->s->qpdf, array, i), out)) return false;
    }
    buf_add_byte(out, ']');
    return true;
}

/* The value itself, whether or not it is an object of its own. Not for streams. */
static bool add_direct(struct copier *c, qpdf_oh value, struct buf *out)
{
    qpdf_data q = c->s->qpdf;
    if (qpdf_oh_is_array(q, value)) return add_array(c, value, out);
    if (!qpdf_oh_is_dictionary(q, value)) {
        buf_addz(out, qpdf_oh_unparse_resolved(q, value));
        return true;
    }
    buf_addz(out, "<< ");
    if (!add_entries(c, value, false, out)) return false;
    buf_addz(out, ">>");
    return true;
}

/* ---- objects ---- */

static bool raw_data(struct copier *c, qpdf_oh stream, struct str *out)
{
    unsigned char *data = NULL;
    size_t n = 0;
    if (qpdf_oh_get_stream_data(c->s->qpdf, stream, qpdf_dl_none, NULL, &data, &n) & QPDF_ERRORS) {
        free(data);
        return pdf_source_fault(c->s, "a stream of the PDF cannot be read", c->f);
    }
    *out = str_make(data, n);
    return true;
}

/* What an object says, as a key: for streams dictionary, a zero, data's digest. */
static struct str digest_of(struct str body, struct str data, uint8_t out[2 * SHA256_BYTES])
{
    sha256(body, out);
    if (!data.ptr) return str_make(out, SHA256_BYTES);
    sha256(data, out + SHA256_BYTES);
    return str_make(out, 2 * SHA256_BYTES);
}

/* Writes the object, or finds the one that says the same. `number`: reserved in a circle, then it must be written there. */
static int place(struct copier *c, int number, struct str body, struct str data)
{
    uint8_t digest[2 * SHA256_BYTES];
    struct str key = digest_of(body, data, digest);
    void *known = number ? NULL : map_get(c->p->by_digest, key);
    if (known) return (int)(intptr_t)known;
    number = data.ptr ? pdf_stream_level(c->p, number, body, data, PDF_LEVEL_NONE) : pdf_object(c->p, number, body);
    map_put(c->p->by_digest, key, (void *)(intptr_t)number);
    return number;
}

static bool copy_stream(struct copier *c, int id, qpdf_oh stream, struct buf *body)
{
    struct str data;
    if (!add_entries(c, qpdf_oh_get_dict(c->s->qpdf, stream), true, body)) return false;
    if (!raw_data(c, stream, &data)) return false;
    c->s->copied[id] = place(c, -c->s->copied[id] - 1, buf_str(body), data.ptr ? data : STR(""));
    free((void *)data.ptr);
    return true;
}

static bool copy_object(struct copier *c, int id, qpdf_oh value)
{
    struct buf body = BUF_INIT;
    bool is_done;
    c->s->copied[id] = -1; /* being copied, no number reserved */
    if (qpdf_oh_is_stream(c->s->qpdf, value)) {
        is_done = copy_stream(c, id, value, &body);
    } else {
        is_done = add_direct(c, value, &body);
        if (is_done) c->s->copied[id] = place(c, -c->s->copied[id] - 1, buf_str(&body), STR_NULL);
    }
    buf_finish(&body);
    return is_done;
}

static bool make_room(struct copier *c, int id)
{
    struct pdf_source *s = c->s;
    if (id < s->n_copied) return true;
    if (id >= limit_get(LIMIT_PRESS_MAX_SOURCE_OBJECTS)) return fault_user(c->f, 422, "the PDF has too many objects");
    int n = 2 * id + 256;
    int *more = realloc(s->copied, (size_t)n * sizeof *more);
    if (!more) return fault_operator(c->f, "there is no memory to copy a PDF");
    memset(more + s->n_copied, 0, (size_t)(n - s->n_copied) * sizeof *more);
    s->copied = more, s->n_copied = n;
    return true;
}

/* "12 0 R" of the copy; copies first when need be. */
static bool add_reference(struct copier *c, qpdf_oh value, struct buf *out)
{
    int id = qpdf_oh_get_object_id(c->s->qpdf, value);
    if (!make_room(c, id)) return false;
    if (c->s->copied[id] == 0 && !copy_object(c, id, value)) return false;
    if (c->s->copied[id] == -1) c->s->copied[id] = -1 - pdf_reserve(c->p);
    int number = c->s->copied[id];
    buf_addf(out, "%d 0 R", number > 0 ? number : -number - 1);
    return true;
}

static bool add_value(struct copier *c, qpdf_oh value, struct buf *out)
{
    qpdf_data q = c->s->qpdf;
    if (c->depth >= limit_get(LIMIT_PRESS_MAX_SOURCE_DEPTH)) return fault_user(c->f, 422, "the PDF is nested too deeply");
    /* What cannot be resolved is null by the standard. */
    if (qpdf_oh_is_null(q, value)) return buf_addz(out, "null"), true;
    c->depth++;
    bool is_done = qpdf_oh_is_indirect(q, value) ? add_reference(c, value, out) : add_direct(c, value, out);
    c->depth--;
    return is_done;
}

/* ---- the page ---- */

static bool add_form_head(struct copier *c, qpdf_oh page, struct buf *out)
{
    double box[4], rotate = 0;
    if (!pdf_source_media_box(c->s, page, box)) return fault_user(c->f, 422, "a page of the PDF has no size");
    qpdf_oh_get_value_as_number(c->s->qpdf, pdf_source_inherited(c->s, page, "/Rotate"), &rotate);
    if (rotate != 0) return fault_user(c->f, 422, "a page of the PDF is rotated");
    buf_addz(out, "/Type /XObject /Subtype /Form /BBox [");
    for (int i = 0; i < 4; i++) buf_add_fixed(out, box[i], 4), buf_add_byte(out, i < 3 ? ' ' : ']');
    if (box[0] != 0 || box[1] != 0) {
        buf_addz(out, " /Matrix [1 0 0 1 ");
        buf_add_fixed(out, -box[0], 4), buf_add_byte(out, ' ');
        buf_add_fixed(out, -box[1], 4), buf_add_byte(out, ']');
    }
    buf_addz(out, " /Resources ");
    qpdf_oh resources = pdf_source_inherited(c->s, page, "/Resources");
    if (qpdf_oh_is_dictionary(c->s->qpdf, resources)) return add_direct(c, resources, out);
    buf_addz(out, "<< >>");
    return true;
}

/* One content stream goes over as it is compressed; several are joined, which takes their decoded bytes. */
static bool add_content(struct copier *c, qpdf_oh page, struct buf *head, int *form)
{
    qpdf_data q = c->s->qpdf;
    qpdf_oh contents = qpdf_oh_get_key(q, page, "/Contents");
    struct str data = STR("");
    if (qpdf_oh_is_stream(q, contents)) {
        buf_add_byte(head, ' ');
        if (!add_entries(c, qpdf_oh_get_dict(q, contents), true, head) || !raw_data(c, contents, &data)) return false;
        *form = place(c, 0, buf_str(head), data.ptr ? data : STR(""));
        free((void *)data.ptr);
        return true;
    }
    unsigned char *joined = NULL;
    size_t n = 0;
    if (qpdf_oh_get_page_content_data(q, page, &joined, &n) & QPDF_ERRORS) {
        free(joined);
        return pdf_source_fault(c->s, "a page of the PDF cannot be read", c->f);
    }
    *form = pdf_stream(c->p, 0, buf_str(head), joined ? str_make(joined, n) : STR(""), true);
    free(joined);
    return true;
}

static void start(struct pdf_source *s, struct pdf *p)
{
    if (s->into == p) return;
    s->into = p;
    if (s->n_copied) memset(s->copied, 0, (size_t)s->n_copied * sizeof *s->copied);
}

/* After a failure: what was begun is begun anew when it is met again. */
static void forget_begun(struct pdf_source *s)
{
    for (int i = 0; i < s->n_copied; i++)
        if (s->copied[i] < 0) s->copied[i] = 0;
}

bool pdf_import_page(struct pdf *p, struct pdf_source *s, int page, struct arena *a, struct pdf_background *bg, struct fault *f)
{
    if (page < 0 || page >= s->n_pages) return fault_user(f, 422, "the PDF has no page %d", page + 1);
    start(s, p);
    struct copier c = {p, s, a, f, 0};
    struct buf head = BUF_INIT;
    int form = 0;
    qpdf_oh oh = qpdf_get_page_n(s->qpdf, (size_t)page);
    bool is_done = add_form_head(&c, oh, &head) && add_content(&c, oh, &head, &form);
    buf_finish(&head);
    qpdf_oh_release_all(s->qpdf);
    /* qpdf tells late that an object could not be parsed; what it gave instead is not the page. */
    if (is_done && qpdf_has_error(s->qpdf)) is_done = pdf_source_fault(s, "a page of the PDF cannot be read", f);
    if (!is_done) forget_begun(s);
    if (is_done) *bg = (struct pdf_background){.form = form, .is_once = true};
    return is_done;
}
