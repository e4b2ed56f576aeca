/* press_codec.c: jobs and outcomes as bodies of frames. The reading side checks every count against what is left, so that a
 * damaged body is refused and never over-read. */
#include "press/press_wire.h"

static int count(struct wire_in *in, int64_t most)
{
    int64_t n = wire_int(in, 0, most);
    if (n > (int64_t)(in->rest.len / 8)) in->is_bad = true;
    return in->is_bad ? 0 : (int)n;
}

static void put_strs(struct buf *b, const struct str *s, int n)
{
    wire_put_int(b, n);
    for (int i = 0; i < n; i++) wire_put_str(b, s[i]);
}

static const struct str *get_strs(struct wire_in *in, struct arena *a, int *n)
{
    *n = count(in, 100000);
    struct str *s = ARENA_ARRAY(a, struct str, *n + 1);
    for (int i = 0; i < *n; i++) s[i] = wire_str(in);
    return s;
}

static void put_creative(struct buf *b, const struct creative *c)
{
    wire_put_int(b, c->kind);
    wire_put_int(b, c->g->size);
    wire_put_int(b, c->is_double_sided);
    wire_put_int(b, c->strict);
    wire_put_int(b, c->pages_each);
    put_strs(b, c->html, c->n_html);
    put_strs(b, c->image, c->n_image);
    put_strs(b, c->extra_fields, c->n_extra_fields);
    wire_put_int(b, c->n_assets);
    for (int i = 0; i < c->n_assets; i++) {
        wire_put_str(b, c->assets[i].address);
        wire_put_str(b, c->assets[i].media_type);
        wire_put_str(b, c->assets[i].bytes);
    }
}

static void get_into(struct wire_in *in, struct arena *a, struct str *to, int room, int *n)
{
    const struct str *s = get_strs(in, a, n);
    if (*n > room) in->is_bad = true, *n = 0;
    memcpy(to, s, sizeof *s * (size_t)*n);
}

static void get_creative(struct wire_in *in, struct arena *a, struct creative *c)
{
    c->kind = (enum creative_kind)wire_int(in, CREATIVE_HTML, CREATIVE_IMAGES);
    c->g = press_geometry((int)wire_int(in, 0, 1000));
    c->is_double_sided = wire_int(in, 0, 1);
    c->strict = wire_int(in, 0, 1);
    c->pages_each = (int)wire_int(in, 0, 1000);
    get_into(in, a, c->html, 2, &c->n_html);
    get_into(in, a, c->image, 12, &c->n_image);
    get_into(in, a, c->extra_fields, 64, &c->n_extra_fields);
    c->n_assets = count(in, 10000);
    struct chromium_asset *assets = ARENA_ARRAY(a, struct chromium_asset, c->n_assets + 1);
    for (int i = 0; i < c->n_assets; i++) {
        assets[i].address = wire_str(in);
        assets[i].media_type = wire_str(in);
        assets[i].bytes = wire_str(in);
    }
    c->assets = assets;
    if (!c->g) in->is_bad = true;
}

void wire_put_job(struct buf *b, const struct press_job *job)
{
    int n_values = FIELD_KNOWN + job->creative->n_extra_fields;
    put_creative(b, job->creative);
    put_strs(b, job->return_lines, job->n_return);
    put_strs(b, job->indicia_lines, job->n_indicia);
    wire_put_int(b, job->specimen);
    wire_put_int(b, job->one_a_document);
    wire_put_int(b, job->n_pieces);
    for (int i = 0; i < job->n_pieces; i++) {
        const struct press_piece *p = &job->pieces[i];
        put_strs(b, p->values, n_values);
        put_strs(b, p->lines, p->n_lines);
        wire_put_str(b, str_of(p->bars));
        wire_put_str(b, p->purl);
        wire_put_str(b, p->note);
    }
}

static void get_piece(struct wire_in *in, struct arena *a, int n_values, struct press_piece *p)
{
    int n;
    p->values = get_strs(in, a, &n);
    p->lines = get_strs(in, a, &p->n_lines);
    struct str bars = wire_str(in);
    if (n != n_values || bars.len >= sizeof p->bars)
        in->is_bad = true;
    else if (bars.len)
        memcpy(p->bars, bars.ptr, bars.len);
    p->purl = wire_str(in);
    p->note = wire_str(in);
}

bool wire_get_job(struct wire_in *in, struct arena *a, struct press_job *job, struct creative *creative)
{
    *job = (struct press_job){.creative = creative, .out_fd = -1};
    *creative = (struct creative){0};
    get_creative(in, a, creative);
    job->return_lines = get_strs(in, a, &job->n_return);
    job->indicia_lines = get_strs(in, a, &job->n_indicia);
    job->specimen = wire_int(in, 0, 1);
    job->one_a_document = wire_int(in, 0, 1);
    job->n_pieces = count(in, 1000000);
    struct press_piece *pieces = ARENA_ARRAY(a, struct press_piece, job->n_pieces + 1);
    for (int i = 0; i < job->n_pieces && !in->is_bad; i++) get_piece(in, a, FIELD_KNOWN + creative->n_extra_fields, &pieces[i]);
    job->pieces = pieces;
    return !in->is_bad;
}

void wire_put_outcome(struct buf *b, const struct press_outcome *o, const int *pages, int n)
{
    wire_put_int(b, o->n_printed);
    wire_put_int(b, o->n_refused);
    wire_put_int(b, o->pages_each);
    wire_put_int(b, o->bytes);
    wire_put_int(b, o->worker_peak_kb);
    for (int i = 0; i < n; i++) {
        wire_put_int(b, o->first_page[i]);
        wire_put_int(b, o->refusal[i]);
        wire_put_int(b, pages[i]);
        wire_put_str(b, o->detail[i]);
    }
}

bool wire_get_outcome(struct wire_in *in, struct arena *a, struct press_outcome *o, int *pages, int n)
{
    *o = (struct press_outcome){0};
    o->n_printed = (int)wire_int(in, 0, n);
    o->n_refused = (int)wire_int(in, 0, n);
    o->pages_each = (int)wire_int(in, 0, 1000);
    o->bytes = wire_int(in, 0, INT64_MAX);
    o->worker_peak_kb = wire_int(in, 0, INT64_MAX);
    o->first_page = ARENA_ARRAY(a, int, n + 1);
    o->refusal = ARENA_ARRAY(a, enum press_refusal, n + 1);
    o->detail = ARENA_ARRAY(a, struct str, n + 1);
    for (int i = 0; i < n; i++) {
        o->first_page[i] = (int)wire_int(in, 0, INT32_MAX);
        o->refusal[i] = (enum press_refusal)wire_int(in, PRESS_OK, PRESS_CREATIVE_STOPPED);
        pages[i] = (int)wire_int(in, 0, INT32_MAX);
        o->detail[i] = arena_str(a, wire_str(in));
    }
    return !in->is_bad && in->rest.len == 0;
}
