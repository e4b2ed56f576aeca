/* batches.c: batches and their print files. */
#include "api/piece_json.h"
#include "mail/campaign.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Pieces done so far: of a batch in work those that the press has set, of a finished one all. */
static int64_t n_done(struct mail *m, const struct batch *b)
{
    int64_t now = batch_progress(m, b->batch_id);
    if (now >= 0) return now;
    return batch_is_written(b) ? b->n_pieces : 0;
}

/* The file's place on this machine is for who has this machine. */
static void place_json(struct http_exchange *x, struct json_out *j, const struct batch *b)
{
    char *whole = NULL;
    const char *path = batch_pdf(api_mail(x), http_arena(x), b);
    if (api_caller(x)->is_operator && *path) whole = realpath(path, NULL);
    json_strz(j, "pdf", whole);
    free(whole);
}

static void batch_json(struct http_exchange *x, struct json_out *j, const struct batch *b)
{
    json_object(j, NULL);
    json_int(j, "batch_id", b->batch_id);
    json_int(j, "drop_id", b->drop_id);
    json_strz(j, "state", batch_state_word(b->state));
    json_int(j, "is_test", b->is_test);
    json_int(j, "n_pieces", b->n_pieces);
    json_int(j, "n_done", n_done(api_mail(x), b));
    json_int(j, "n_refused", b->n_refused);
    json_int(j, "pages_each", b->pages_each);
    json_int(j, "template_version", b->template_version);
    json_time(j, "opened_date", b->opened_at);
    reply_time(j, "due_date", b->due_at);
    json_int(j, "attempt", b->attempt);
    reply_int(j, "file_bytes", b->file_bytes);
    reply_int(j, "mailer_id", b->mid);
    reply_int(j, "first_serial", b->first_serial);
    json_int(j, "n_cancelled", b->n_cancelled);
    json_int(j, "is_held", batch_is_held(b));
    reply_time(j, "handed_over_date", b->handed_over_at);
    json_str(j, "printer_job", b->printer_job);
    json_str(j, "last_error", b->last_error);
    place_json(x, j, b);
    json_end(j);
}

void handle_batches_get(struct http_exchange *x)
{
    struct batch *rows;
    struct fault f;
    int64_t drop, before, limit;
    if (!request_number(x, "drop_id", 0, 1, INT64_MAX, &drop) || !request_number(x, "before", 0, 1, INT64_MAX, &before) ||
        !request_rows(x, LIMIT_API_BATCH_ROWS, LIMIT_API_PAGE_ROWS, &limit))
        return;
    struct drop row; /* a campaign's number is its newest drop's */
    if (drop) {
        if (request_failed(x, campaign_get(api_store(x), http_arena(x), api_account(x), drop, &row, NULL, &f), &f)) return;
        drop = row.drop_id;
    }
    int n = batch_all(api_store(x), http_arena(x), api_account(x), drop, before, (int)limit, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) batch_json(x, j, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}

static bool find_batch(struct http_exchange *x, struct batch *b)
{
    struct fault f;
    int64_t id;
    return request_id(x, "id", "batch", &id) &&
           !request_failed(x, batch_get(api_store(x), http_arena(x), api_account(x), id, b, &f), &f);
}

void handle_batch_get(struct http_exchange *x)
{
    struct batch b;
    if (!find_batch(x, &b)) return;
    struct reply r;
    batch_json(x, reply_begin(&r, x), &b);
    reply_end(&r, 200);
}

void handle_batch_pieces(struct http_exchange *x)
{
    struct batch b;
    struct piece *rows;
    struct fault f;
    int64_t start, limit;
    if (!find_batch(x, &b) || !request_number(x, "start", 0, 0, INT32_MAX, &start) ||
        !request_rows(x, LIMIT_API_BATCH_ROWS, LIMIT_API_PAGE_ROWS, &limit))
        return;
    int64_t skip = start > 0 ? start - 1 : 0; /* counts from 1, like a list's contacts */
    int n = piece_page(api_store(x), http_arena(x), api_account(x), b.batch_id, skip, (int)limit, &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) piece_json(j, x, &rows[i], &b);
    json_end(j);
    reply_end(&r, 200);
}

void handle_batch_pdf(struct http_exchange *x)
{
    struct batch b;
    struct stat st;
    if (!find_batch(x, &b)) return;
    const char *path = batch_pdf(api_mail(x), http_arena(x), &b);
    if (!*path) {
        if (batch_is_forgotten(&b))
            http_fail(x, 409, "Batch %lld has no file any more: print files are kept %lld days.", (long long)b.batch_id,
                      (long long)limit_get(LIMIT_KEEP_BATCH_DAYS));
        else
            http_fail(x, 409, "Batch %lld has no file: it is %s.", (long long)b.batch_id, batch_state_word(b.state));
        return;
    }
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &st) != 0) {
        struct fault f;
        fault_errno(&f, "The file of batch %lld cannot be read", (long long)b.batch_id);
        if (fd >= 0) close(fd);
        http_fail_fault(x, &f);
        return;
    }
    http_answer_fd(x, 200, "application/pdf", fd, st.st_size);
}
