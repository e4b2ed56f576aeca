/* pdf.c: the output file: objects, streams, cross-reference table, trailer. Called by the other pdf_*.c files and by whoever
 * makes files of pieces. Lives from pdf_create to pdf_destroy; a failed write is kept and told by pdf_finish. */
#include "press/pdf_private.h"
#include "base/durable.h"
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

enum { FLUSH_BYTES = 256 * 1024 };

static void *must(void *p)
{
    if (p) return p;
    fputs("out of memory\n", stderr);
    abort();
}

void pdf_list_add(struct pdf_list *l, int number)
{
    if (l->n == l->cap) {
        l->cap = l->cap ? 2 * l->cap : 64;
        l->at = must(realloc(l->at, (size_t)l->cap * sizeof *l->at));
    }
    l->at[l->n++] = number;
}

struct pdf *pdf_create(int fd)
{
    struct pdf *p = must(calloc(1, sizeof *p));
    p->fd = fd;
    p->sum = sha256_create();
    p->by_level[0] = must(libdeflate_alloc_compressor(PDF_LEVEL_PAGE));
    p->by_level[1] = must(libdeflate_alloc_compressor(PDF_LEVEL_ONCE));
    p->by_digest = map_create();
    while (p->n_objects < PDF_FIXED) pdf_reserve(p);
    /* Four bytes above 127 tell transfer programs that the file is binary. */
    buf_addz(&p->out, "%PDF-1.6\n%\xE2\xE3\xCF\xD3\n");
    return p;
}

void pdf_destroy(struct pdf **pp)
{
    struct pdf *p = *pp;
    *pp = NULL;
    if (!p) return;
    pdf_destroy_fonts(p);
    for (int i = 0; i < PDF_MEMOS; i++) buf_finish(&p->memo[i].content);
    buf_finish(&p->out), buf_finish(&p->packed), buf_finish(&p->content);
    free(p->offset), free(p->pages.at), free(p->nodes.at), free(p->xobjects.at);
    libdeflate_free_compressor(p->by_level[0]), libdeflate_free_compressor(p->by_level[1]);
    sha256_destroy(&p->sum);
    map_destroy(&p->by_digest);
    free(p);
}

int64_t pdf_bytes(const struct pdf *p) { return p->flushed + (int64_t)p->out.len; }
int pdf_page_count(const struct pdf *p) { return p->pages.n; }

static void flush(struct pdf *p)
{
    sha256_add(p->sum, buf_str(&p->out));
    if (!p->is_failed && !fd_write_all(p->fd, buf_str(&p->out), &p->why)) p->is_failed = true;
    p->flushed += (int64_t)p->out.len;
    buf_clear(&p->out);
}

void pdf_flush_if_big(struct pdf *p)
{
    if (p->out.len >= FLUSH_BYTES) flush(p);
}

/* ---- objects ---- */

int pdf_reserve(struct pdf *p)
{
    if (++p->n_objects >= p->cap_objects) {
        p->cap_objects = p->cap_objects ? 2 * p->cap_objects : 1024;
        p->offset = must(realloc(p->offset, (size_t)p->cap_objects * sizeof *p->offset));
    }
    p->offset[p->n_objects] = 0;
    return p->n_objects;
}

void pdf_begin(struct pdf *p, int number)
{
    assert(number > 0 && number <= p->n_objects && p->offset[number] == 0);
    p->offset[number] = pdf_bytes(p);
    buf_add_int(&p->out, number);
    buf_addz(&p->out, " 0 obj\n");
}

void pdf_end(struct pdf *p)
{
    buf_addz(&p->out, "\nendobj\n");
    pdf_flush_if_big(p);
}

int pdf_object(struct pdf *p, int number, struct str body)
{
    if (!number) number = pdf_reserve(p);
    pdf_begin(p, number);
    buf_add_str(&p->out, body);
    pdf_end(p);
    return number;
}

/* What deflate makes of the data, or the data itself where that is no shorter. */
static struct str pack(struct pdf *p, struct str data, int level)
{
    if (level == PDF_LEVEL_NONE || data.len < 64) return data;
    struct libdeflate_compressor *c = p->by_level[level == PDF_LEVEL_PAGE ? 0 : 1];
    buf_clear(&p->packed);
    char *to = buf_reserve(&p->packed, data.len);
    size_t n = libdeflate_zlib_compress(c, data.ptr, data.len, to, data.len - 1);
    return n ? str_make(to, n) : data;
}

int pdf_stream_level(struct pdf *p, int number, struct str dict, struct str data, int level)
{
    if (!number) number = pdf_reserve(p);
    struct str packed = pack(p, data, level);
    pdf_begin(p, number);
    buf_addz(&p->out, "<< ");
    buf_add_str(&p->out, dict);
    if (dict.len) buf_add_byte(&p->out, ' ');
    if (packed.ptr != data.ptr) buf_addz(&p->out, "/Filter /FlateDecode ");
    buf_addz(&p->out, "/Length ");
    buf_add_int(&p->out, (int64_t)packed.len);
    buf_addz(&p->out, " >>\nstream\n");
    buf_add_str(&p->out, packed);
    buf_addz(&p->out, "\nendstream");
    pdf_end(p);
    return number;
}

int pdf_stream(struct pdf *p, int number, struct str dict, struct str data, bool deflate)
{
    return pdf_stream_level(p, number, dict, data, deflate ? PDF_LEVEL_ONCE : PDF_LEVEL_NONE);
}

/* ---- the end of the file ---- */

static void add_xref(struct pdf *p)
{
    buf_addf(&p->out, "xref\n0 %d\n0000000000 65535 f \n", p->n_objects + 1);
    for (int i = 1; i <= p->n_objects; i++) {
        /* A number that was reserved and never used is a free entry. */
        if (p->offset[i])
            buf_addf(&p->out, "%010lld 00000 n \n", (long long)p->offset[i]);
        else
            buf_addz(&p->out, "0000000000 65535 f \n");
    }
}

static void add_trailer(struct pdf *p, int64_t xref_at)
{
    uint8_t digest[SHA256_BYTES];
    char id[33];
    flush(p); /* so that the sum holds everything */
    sha256_take(p->sum, digest);
    hex_encode(digest, 16, id);
    buf_addf(&p->out, "trailer\n<< /Size %d /Root %d 0 R /Info %d 0 R /ID [<%s> <%s>] >>\nstartxref\n%lld\n%%%%EOF\n",
             p->n_objects + 1, PDF_CATALOG, PDF_INFO, id, id, (long long)xref_at);
    flush(p);
}

bool pdf_finish(struct pdf *p, struct fault *f)
{
    pdf_finish_imb(p);
    pdf_finish_fonts(p);
    pdf_finish_pages(p);
    pdf_object(p, PDF_INFO, STR("<< /Producer (Pennypost " PENNYPOST_VERSION ") >>"));
    pdf_begin(p, PDF_CATALOG);
    buf_addf(&p->out, "<< /Type /Catalog /Pages %d 0 R >>", PDF_ROOT_NODE);
    pdf_end(p);
    int64_t xref_at = pdf_bytes(p);
    add_xref(p);
    add_trailer(p, xref_at);
    if (p->is_failed && f) *f = p->why;
    return !p->is_failed;
}
