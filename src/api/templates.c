/* templates.c: templates (specs: postalytics-api §5). A POST waits for the compile, without a thread, at most template.wait
 * seconds, and says in which state the template then is. */
#include "api/api_private.h"
#include "api/body.h"
#include "api/page.h"
#include "base/clock.h"
#include "base/log.h"
#include "mail/template.h"
#include <stdlib.h>

static const char *state_word(enum template_state s)
{
    switch (s) {
    case TEMPLATE_DRAFT: return "draft";
    case TEMPLATE_PUBLISHING: return "publishing";
    case TEMPLATE_PUBLISHED: return "published";
    case TEMPLATE_REFUSED: return "refused";
    }
    return "unknown";
}

static void state_json(struct json_out *j, const struct template_row *t)
{
    json_strz(j, "state", state_word(t->state));
    if (t->report.ptr)
        json_raw(j, "report", t->report);
    else
        json_null(j, "report");
}

/* ---- reading ---- */

static void template_json(struct arena *a, struct json_out *j, const struct template_row *t)
{
    json_object(j, NULL);
    json_int(j, "template_id", t->template_id);
    json_str(j, "name", t->name);
    json_strz(j, "size", arena_printf(a, "%d", t->size));
    json_bool(j, "is_full_html", t->is_full_html);
    json_bool(j, "is_proofed", t->is_proofed);
    json_str(j, "html", t->html);
    json_str(j, "front", t->front);
    json_str(j, "back", t->back);
    json_int(j, "count", t->n_pages);
    json_bool(j, "is_double_sided", t->is_double_sided);
    json_str(j, "font_family", t->font_family);
    json_time(j, "created_date", t->created_at);
    json_null(j, "thumbnail");
    json_null(j, "thumbnail_back");
    json_bool(j, "is_strict", t->is_strict);
    json_int(j, "version", t->version);
    state_json(j, t);
    json_end(j);
}

static void reply_templates(struct http_exchange *x, const struct template_row *rows, int n)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = 0; i < n; i++) template_json(http_arena(x), j, &rows[i]);
    json_end(j);
    reply_end(&r, 200);
}

void handle_templates_get(struct http_exchange *x)
{
    struct template_row *rows;
    struct page_range page;
    struct fault f;
    int first, shown;
    if (!page_request_open(x, &page)) return;
    int n = template_all(api_store(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    first = page_cut(&page, n, &shown);
    reply_templates(x, rows + first, shown);
}

void handle_template_get(struct http_exchange *x)
{
    struct template_row row;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "template", &id)) return;
    if (request_failed(x, template_get(api_store(x), http_arena(x), api_account(x), id, &row, &f), &f)) return;
    reply_templates(x, &row, 1);
}

/* ---- writing ---- */

struct template_body {
    struct str name, html, front, back, font_family;
    int64_t size, count;
    int is_full_html, is_proofed, is_double_sided, is_strict;
};
#define AT(member) offsetof(struct template_body, member)
static const struct body_field template_fields[] = {
    {"name", NULL, BODY_TEXT, true, AT(name)},
    {"size", NULL, BODY_INT, true, AT(size)},
    {"is_full_html", NULL, BODY_FLAG, false, AT(is_full_html)},
    {"is_proofed", NULL, BODY_FLAG, false, AT(is_proofed)},
    {"html", NULL, BODY_TEXT, false, AT(html)},
    {"front", NULL, BODY_TEXT, false, AT(front)},
    {"back", NULL, BODY_TEXT, false, AT(back)},
    {"count", NULL, BODY_INT, false, AT(count)},
    {"is_double_sided", NULL, BODY_FLAG, false, AT(is_double_sided)},
    {"font_family", NULL, BODY_TEXT, false, AT(font_family)},
    {"is_strict", NULL, BODY_FLAG, false, AT(is_strict)},
};
#undef AT

static void take_body(const struct template_body *b, struct template_row *t)
{
    *t = (struct template_row){
        .name = b->name,
        .html = b->html,
        .front = b->front,
        .back = b->back,
        .font_family = b->font_family,
        .size = b->size == DB_NULL ? 0 : (int)b->size,
        .n_pages = b->count == DB_NULL ? 0 : (int)b->count,
        .is_full_html = b->is_full_html != 0, /* absent: true */
        .is_proofed = b->is_proofed == 1,
        .is_double_sided = b->is_double_sided == 1,
        .is_strict = b->is_strict == 1,
    };
}

static bool numbers_check(const struct template_body *b, struct fault *f)
{
    if (b->size != DB_NULL && (b->size < 0 || b->size > 100))
        return fault_user(f, 400, "size %lld is not known.", (long long)b->size);
    if (b->count != DB_NULL && (b->count < 0 || b->count > 1000)) return fault_user(f, 400, "count is out of range.");
    return true;
}

static bool read_template(struct http_exchange *x, struct template_row *t, struct fault *f)
{
    struct template_body b;
    struct json_value root;
    size_t n = sizeof template_fields / sizeof *template_fields;
    if (!body_parse(x, false, &root, f) || !body_read(root, http_arena(x), template_fields, n, &b, f)) return false;
    if (b.size == DB_NULL) return fault_user(f, 400, "size is required.");
    if (!numbers_check(&b, f)) return false;
    take_body(&b, t);
    return true;
}

struct wait {
    struct http_exchange *x;
    int64_t id;
};

/* Any thread, once. The exchange's arena holds the wait, so nothing of it is touched after the release. */
static void template_answer(void *arg)
{
    struct wait *w = arg;
    struct http_exchange *x = w->x;
    struct http_server *server = http_server_of(x);
    struct template_row row;
    struct fault f;
    if (!request_failed(x, template_get(api_store(x), http_arena(x), api_account(x), w->id, &row, &f), &f)) {
        struct reply r;
        struct json_out *j = reply_begin(&r, x);
        json_object(j, NULL);
        json_time(j, "created_date", row.created_at);
        json_int(j, "template_id", row.template_id);
        state_json(j, &row);
        json_end(j);
        reply_end(&r, 200);
    }
    http_release(x);
    http_wake(server);
}

static void answer_when_compiled(struct http_exchange *x, int64_t id)
{
    struct wait *w = ARENA_NEW(http_arena(x), struct wait);
    *w = (struct wait){x, id};
    struct mail *m = api_mail(x);
    int64_t account = api_account(x);
    http_hold(x);
    template_when_compiled(m, account, id, (int)limit_get(LIMIT_TEMPLATE_WAIT_S) * 1000, template_answer, w);
}

static void template_made_json(void *made, struct buf *out, bool is_kept)
{
    const struct template_row *t = made;
    struct json_out j = json_out_begin(out);
    (void)is_kept;
    json_object(&j, NULL);
    json_time(&j, "created_date", t->created_at);
    json_int(&j, "template_id", t->template_id);
    json_strz(&j, "state", state_word(TEMPLATE_PUBLISHING));
    json_null(&j, "report");
    json_end(&j);
    json_out_end(&j);
}

/* With an Idempotency-Key the answer is the one that is kept, so it says what is true when the template is made: publishing. */
void handle_template_post(struct http_exchange *x)
{
    struct template_row row;
    struct fault f;
    struct once once;
    if (request_failed(x, api_takes_mail(x, &f), &f)) return;
    if (!once_begin(&once, x, template_made_json, &row)) return;
    bool ok = read_template(x, &row, &f) && template_create(api_mail(x), api_account(x), &row, &f);
    if (ok && !once.has_key)
        answer_when_compiled(x, row.template_id);
    else
        once_reply(&once, ok, &f);
}

/* ---- changing ---- */

/* Null clears a text; a number or a flag that is null is not named. */
static struct template_named named_of(struct json_value root, const struct template_body *b)
{
    return (struct template_named){
        .name = body_has(root, "name"),
        .html = body_has(root, "html"),
        .front = body_has(root, "front"),
        .back = body_has(root, "back"),
        .font_family = body_has(root, "font_family"),
        .size = b->size != DB_NULL,
        .n_pages = b->count != DB_NULL,
        .is_full_html = b->is_full_html >= 0,
        .is_proofed = b->is_proofed >= 0,
        .is_double_sided = b->is_double_sided >= 0,
        .is_strict = b->is_strict >= 0,
    };
}

static bool read_patch(struct http_exchange *x, struct template_row *t, struct template_named *named, struct fault *f)
{
    enum { N_FIELDS = sizeof template_fields / sizeof *template_fields };
    static const struct template_named none;
    struct body_field fields[N_FIELDS];
    struct template_body b;
    struct json_value root;
    memcpy(fields, template_fields, sizeof fields);
    for (int i = 0; i < N_FIELDS; i++) fields[i].is_required = false;
    if (!body_parse(x, false, &root, f) || !body_read(root, http_arena(x), fields, N_FIELDS, &b, f) || !numbers_check(&b, f))
        return false;
    take_body(&b, t);
    *named = named_of(root, &b);
    return memcmp(named, &none, sizeof none) != 0 || fault_user(f, 400, "The body names no field of a template.");
}

void handle_template_patch(struct http_exchange *x)
{
    struct template_row row;
    struct template_named named;
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "template", &id) || request_failed(x, read_patch(x, &row, &named, &f), &f)) return;
    row.template_id = id;
    if (request_failed(x, template_patch(api_mail(x), api_account(x), &row, &named, &f), &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_time(j, "updated_date", clock_now_ms());
    json_int(j, "template_id", id);
    json_int(j, "version", row.version);
    json_strz(j, "state", state_word(row.state));
    json_end(j);
    reply_end(&r, 200);
}

void handle_template_delete(struct http_exchange *x)
{
    struct fault f;
    int64_t id;
    if (!request_id(x, "id", "template", &id)) return;
    if (request_failed(x, template_delete(api_store(x), api_account(x), id, &f), &f)) return;
    reply_done(x, "deleted_date", "template_id", id);
}
