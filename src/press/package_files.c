/* package_files.c: what stands in a package's files besides the PDF. The same input gives the same bytes: no dates, no paths. */
#include "base/csv.h"
#include "base/digest.h"
#include "base/json_out.h"
#include "press/package_private.h"
#include <inttypes.h>
#include <stdio.h>

static void field(struct buf *b, struct str s) { csv_add_field(b, s, b->len == 0 || b->data[b->len - 1] == '\n', false); }

static void field_int(struct buf *b, int64_t v)
{
    char text[24];
    int n = snprintf(text, sizeof text, "%" PRId64, v);
    field(b, str_make(text, (size_t)n));
}

static void fields_of(struct buf *b, const struct str *lines, int n, int room)
{
    for (int i = 0; i < room; i++) field(b, i < n ? lines[i] : STR(""));
}

static void manifest_line(const struct press_job *job, const struct package_spec *s, const struct press_outcome *o, int i,
                          int seq, struct buf *b)
{
    const struct press_piece *p = &job->pieces[i];
    const struct package_piece *m = &s->pieces[i];
    size_t begin = b->len;
    const int64_t numbers[] = {seq, m->piece_id, s->drop_id, s->campaign_id, o->first_page[i], o->pages_each};
    for (int k = 0; k < 6; k++) field_int(b, numbers[k]);
    field(b, str_of(job->creative->g->name));
    field(b, s->mail_class);
    fields_of(b, p->lines, p->n_lines, 4);
    const struct str rest[] = {
        m->city,         m->state, m->zip5, m->zip4, m->dp, m->country, str_of(m->tracking), str_of(m->routing),
        str_of(p->bars), p->purl,  p->purl};
    fields_of(b, rest, 11, 11);
    fields_of(b, job->return_lines, job->n_return, 3);
    uint8_t digest[SHA256_BYTES];
    char hex[2 * SHA256_BYTES + 1];
    sha256((struct str){b->data + begin, b->len - begin}, digest);
    hex_encode(digest, sizeof digest, hex);
    field(b, str_make(hex, 16));
    buf_addz(b, "\r\n");
}

void package_manifest(const struct press_job *job, const struct package_spec *s, const struct press_outcome *o, struct buf *out)
{
    buf_addz(
        out,
        "seq,piece_id,drop_id,campaign_id,first_page,pages,format,mail_class,recipient_line1,recipient_line2,recipient_line3,"
        "recipient_line4,city,state,zip5,zip4,dp,country,imb_tracking,imb_routing,imb_bars,purl,qr_url,return_line1,"
        "return_line2,return_line3,checksum\r\n");
    for (int i = 0, seq = 0; i < job->n_pieces; i++)
        if (o->first_page[i]) manifest_line(job, s, o, i, ++seq, out);
}

void package_refused(const struct press_job *job, const struct package_spec *s, const struct press_outcome *o, struct buf *out)
{
    buf_addz(out, "piece_id,contact,code,reason,detail\r\n");
    for (int i = 0; i < job->n_pieces; i++) {
        if (o->first_page[i]) continue;
        field_int(out, s->pieces[i].piece_id);
        field(out, s->pieces[i].contact);
        field_int(out, o->refusal[i]);
        field(out, str_of(press_refusal_text(o->refusal[i])));
        field(out, o->detail[i]);
        buf_addz(out, "\r\n");
    }
}

static void ticket_strs(struct json_out *j, const char *key, const struct str *s, int n)
{
    json_array(j, key);
    for (int i = 0; i < n; i++) json_str(j, NULL, s[i]);
    json_end(j);
}

void package_ticket(const struct press_job *job, const struct package_spec *s, const struct package_result *r, struct buf *out)
{
    const struct press_geometry *g = job->creative->g;
    struct json_out j = json_out_begin(out);
    json_object(&j, NULL);
    json_int(&j, "batch_id", s->batch_id);
    json_int(&j, "drop_id", s->drop_id);
    json_int(&j, "campaign_id", s->campaign_id);
    json_str(&j, "drop_name", s->drop_name);
    json_str(&j, "template_name", s->template_name);
    json_bool(&j, "is_test", s->is_test);
    json_bool(&j, "specimen", job->specimen);
    json_strz(&j, "format", g->name);
    json_str(&j, "mail_class", s->mail_class);
    json_int(&j, "pieces", r->outcome.n_printed);
    json_int(&j, "refused", r->outcome.n_refused);
    json_int(&j, "pages_each", r->outcome.pages_each);
    json_strz(&j, "sides", g->sides == 2 || job->creative->is_double_sided ? "duplex" : "simplex");
    json_fixed(&j, "media_width_in", g->width / 72, 4);
    json_fixed(&j, "media_height_in", g->height / 72, 4);
    json_fixed(&j, "bleed_in", g->bleed / 72, 4);
    ticket_strs(&j, "return_lines", job->return_lines, job->n_return);
    ticket_strs(&j, "indicia_lines", job->indicia_lines, job->n_indicia);
    json_int(&j, "pdf_bytes", r->pdf_bytes);
    json_end(&j);
    json_out_end(&j);
    buf_add_byte(out, '\n');
}
