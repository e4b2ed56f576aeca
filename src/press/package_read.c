/* package_read.c: a package that was finished before a crash is not printed again: what became of each piece is read back from
 * manifest.csv and refused.csv. Called only by package_write. */
#include "base/csv.h"
#include "base/digest.h"
#include "base/durable.h"
#include "base/json.h"
#include "press/package_private.h"
#include <stdio.h>
#include <sys/stat.h>

struct reading {
    const struct press_job *job;
    const struct package_spec *s;
    struct arena *a;
    struct press_outcome *o;
    int at; /* pieces come in their order */
    bool is_header, is_refused, is_wrong;
};

static bool row_take(void *ctx, const struct csv_row *row)
{
    struct reading *rd = ctx;
    int64_t id = 0, number = 0;
    if (!rd->is_header) return rd->is_header = true;
    size_t id_at = rd->is_refused ? 0 : 1, number_at = rd->is_refused ? 2 : 4;
    bool is_good =
        !row->bad && row->n >= 5 && str_to_int64(row->fields[id_at], &id) && str_to_int64(row->fields[number_at], &number);
    while (is_good && rd->at < rd->job->n_pieces && rd->s->pieces[rd->at].piece_id != id) rd->at++;
    if (!is_good || rd->at == rd->job->n_pieces || number <= 0) {
        rd->is_wrong = true;
        return false;
    }
    if (rd->is_refused) {
        rd->o->refusal[rd->at] = number <= PRESS_CREATIVE_STOPPED ? (enum press_refusal)number : PRESS_CREATIVE_STOPPED;
        rd->o->detail[rd->at] = arena_str(rd->a, row->fields[4]);
        rd->o->n_refused++;
    } else {
        rd->o->first_page[rd->at] = (int)number;
        rd->o->n_printed++;
    }
    rd->at++;
    return true;
}

static bool table_read(struct reading *rd, const char *name, bool is_refused, struct fault *f)
{
    char path[1200];
    struct buf text = BUF_INIT;
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", rd->s->dir, name);
    if (is_refused && stat(path, &st) != 0) return true;
    rd->at = 0, rd->is_header = false, rd->is_refused = is_refused;
    if (!file_read(path, (size_t)1 << 30, &text, f)) return false;
    struct csv_reader *reader = csv_reader_create(row_take, rd);
    bool is_read = csv_reader_feed(reader, buf_str(&text)) && csv_reader_end(reader);
    csv_reader_destroy(&reader);
    buf_finish(&text);
    return (is_read && !rd->is_wrong) || fault_operator(f, "%s is not what this batch's package holds", path);
}

static bool ticket_read(const struct package_spec *s, struct arena *a, struct package_result *r, struct fault *f)
{
    char path[1200];
    struct buf text = BUF_INIT;
    struct json_value root;
    struct json_parser *parser = json_parser_create();
    snprintf(path, sizeof path, "%s/ticket.json", s->dir);
    bool is_ours = file_read(path, 1 << 20, &text, NULL) && json_parse(parser, json_padded(a, buf_str(&text)), &root, NULL) &&
                   json_get(root, "batch_id").type == JSON_INT && json_get(root, "batch_id").integer == s->batch_id;
    if (is_ours) {
        r->outcome.pages_each = (int)json_get(root, "pages_each").integer;
        r->pdf_bytes = r->outcome.bytes = json_get(root, "pdf_bytes").integer;
    }
    json_parser_destroy(&parser);
    buf_finish(&text);
    return is_ours || fault_user(f, 409, "%s exists already and is not this batch's package", s->dir);
}

bool package_read(const struct press_job *job, const struct package_spec *s, struct arena *a, struct package_result *r,
                  struct fault *f)
{
    struct package_result found = {0};
    struct reading rd = {.job = job, .s = s, .a = a, .o = &found.outcome};
    char path[1200];
    found.outcome.first_page = ARENA_ARRAY(a, int, job->n_pieces + 1);
    found.outcome.refusal = ARENA_ARRAY(a, enum press_refusal, job->n_pieces + 1);
    found.outcome.detail = ARENA_ARRAY(a, struct str, job->n_pieces + 1);
    if (!ticket_read(s, a, &found, f) || !table_read(&rd, "manifest.csv", false, f) || !table_read(&rd, "refused.csv", true, f))
        return false;
    if (found.outcome.n_printed + found.outcome.n_refused != job->n_pieces)
        return fault_user(f, 409, "%s holds another number of pieces than this batch", s->dir);
    snprintf(path, sizeof path, "%s/pieces.pdf", s->dir);
    if (found.outcome.n_printed && !sha256_file(path, found.pdf_digest, f)) return false;
    *r = found;
    return true;
}
