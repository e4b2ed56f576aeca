/* page_lists.c: contact lists with their newest imports, one import with the rows it could not use, and templates with what the
 * press says of them. Called on pool threads. */
#include "base/json.h"
#include "mail/contact.h"
#include "web/import_rows.h"
#include "web/show.h"

struct import_read {
    struct page *p;
    int n;
    struct r_web_imports_newest *rows;
};

/* Texts are copied: they would end with the closure. */
static bool read_imports(struct tx *tx, void *arg)
{
    struct import_read *r = arg;
    int at = 0;
    struct rows rows = tx_rows(tx, Q_WEB_IMPORTS_NEWEST, &(struct q_web_imports_newest){r->p->account, r->n});
    while (at < r->n && rows_next(&rows, &r->rows[at])) {
        r->rows[at].list_name = arena_str(r->p->arena, r->rows[at].list_name);
        r->rows[at].last_error = arena_str(r->p->arena, r->rows[at].last_error);
        at++;
    }
    rows_end(&rows);
    r->n = at;
    return tx_ok(tx);
}

int import_rows_read(struct page *p, int n, struct r_web_imports_newest **out, struct fault *f)
{
    struct import_read r = {p, n, ARENA_ARRAY(p->arena, struct r_web_imports_newest, n)};
    if (!store_read(p->store, read_imports, &r, f)) return -1;
    *out = r.rows;
    return r.n;
}

static void add_intake(struct view *v, const struct intake *in)
{
    view_number(v, "import_id", in->intake_id);
    show_intake_state(v, in);
    show_count(v, "n_rows", in->n_rows);
    show_count(v, "n_used", in->n_used);
    show_count(v, "n_refused", in->n_refused);
    show_time(v, "received", in->received_at);
    view_flag(v, "has_refused", in->n_refused > 0);
    view_str(v, "import_error", in->last_error);
}

void import_rows(struct page *p, const struct r_web_imports_newest *rows, int n)
{
    for (int i = 0; i < n; i++) {
        struct intake in = {.intake_id = rows[i].intake_id,
                            .state = (enum intake_state)rows[i].state,
                            .n_rows = rows[i].n_rows,
                            .n_used = rows[i].n_used,
                            .n_refused = rows[i].n_refused,
                            .received_at = rows[i].received_at,
                            .last_error = rows[i].last_error};
        struct view *row = view_item(p->view, "imports");
        add_intake(row, &in);
        view_str(row, "list_name", rows[i].list_name);
    }
}

static bool fill_lists(struct page *p, struct fault *f)
{
    struct contact_list *lists;
    struct r_web_imports_newest *imports;
    int n = list_all(p->store, p->arena, p->account, &lists, f);
    if (n < 0) return false;
    for (int i = 0; i < n; i++) {
        struct view *row = view_item(p->view, "lists");
        view_number(row, "list_id", lists[i].contact_list_id);
        view_str(row, "list_name", lists[i].name);
        show_count(row, "contacts", lists[i].count);
        show_time(row, "made", lists[i].created_at);
    }
    n = import_rows_read(p, page_rows(), &imports, f);
    if (n < 0) return false;
    import_rows(p, imports, n);
    return true;
}

void page_lists(struct http_exchange *x)
{
    struct page p;
    struct fault f = {0};
    if (!page_begin(&p, x, NAV_LISTS)) return;
    if (fill_lists(&p, &f))
        page_answer(&p, "lists", "Lists");
    else
        page_fault(&p, "list", STR(""), &f);
}

/* ?after=LINE: refused rows behind that line. */
static bool add_refused_rows(struct page *p, const struct intake *in, struct fault *f)
{
    struct refused_row *rows;
    int64_t after;
    if (!str_to_int64(http_query(p->x, "after"), &after) || after < 0) after = 0;
    int n = intake_refused(p->store, p->arena, p->account, in->intake_id, after, page_rows(), &rows, f);
    if (n < 0) return false;
    for (int i = 0; i < n; i++) {
        struct view *row = view_item(p->view, "rows");
        show_count(row, "line", rows[i].line);
        view_str(row, "row_reason", rows[i].reason);
        view_str(row, "row_detail", str_eq(rows[i].reason, rows[i].detail) ? STR_NULL : rows[i].detail);
        view_str(row, "raw", rows[i].raw);
    }
    if (n == page_rows())
        view_fmt(p->view, "next_rows", "/imports/%lld?after=%lld", (long long)in->intake_id, (long long)rows[n - 1].line);
    return true;
}

static bool fill_import(struct page *p, int64_t id, struct fault *f)
{
    struct intake in;
    struct contact_list list;
    struct fault gone = {0}; /* the list may have been deleted since */
    if (!intake_get(p->store, p->arena, p->account, id, &in, f)) return false;
    add_intake(p->view, &in);
    if (list_get(p->store, p->arena, p->account, in.target_id, &list, &gone)) view_str(p->view, "list_name", list.name);
    if (in.state == INTAKE_KEPT || in.state == INTAKE_RUNNING) {
        struct view *now = view_item(p->view, "progress");
        view_number(now, "done_value", in.at_byte);
        view_number(now, "of_value", in.bytes > 0 ? in.bytes : 1);
        show_bytes(now, "done", in.at_byte);
        show_bytes(now, "of", in.bytes);
        page_again(p);
    }
    return add_refused_rows(p, &in, f);
}

void page_import(struct http_exchange *x)
{
    struct page p;
    struct fault f = {0};
    int64_t id;
    if (!page_begin(&p, x, NAV_LISTS) || !page_id(&p, "id", "import", &id)) return;
    if (fill_import(&p, id, &f))
        page_answer(&p, "import", arena_printf(p.arena, "Import %lld", (long long)id));
    else
        page_fault(&p, "import", http_param(x, "id"), &f);
}

/* The report is the press's JSON: {"reason": "…", "warnings": ["…"]}. One that cannot be read says nothing. */
static void add_report(struct view *row, struct json_parser *parser, struct str report)
{
    struct json_value root, warning;
    struct json_iter it = {0};
    struct str key;
    struct fault f = {0};
    if (!report.ptr || !json_parse(parser, json_padded(view_arena(row), report), &root, &f)) return;
    struct json_value reason = json_get(root, "reason");
    if (reason.type == JSON_STRING) view_str(row, "template_reason", arena_str(view_arena(row), reason.string));
    struct json_value warnings = json_get(root, "warnings");
    if (warnings.type != JSON_ARRAY) return;
    while (json_next(warnings, &it, &key, &warning))
        if (warning.type == JSON_STRING)
            view_str(view_item(row, "warnings"), "warning", arena_str(view_arena(row), warning.string));
}

void page_templates(struct http_exchange *x)
{
    struct page p;
    struct template_row *rows;
    struct fault f = {0};
    if (!page_begin(&p, x, NAV_TEMPLATES)) return;
    int n = template_all(p.store, p.arena, p.account, &rows, &f);
    if (n < 0) {
        page_fault(&p, "template", STR(""), &f);
        return;
    }
    struct json_parser *parser = json_parser_create();
    bool is_moving = false;
    for (int i = 0; i < n; i++) {
        struct view *row = view_item(p.view, "templates");
        view_number(row, "template_id", rows[i].template_id);
        view_str(row, "template_name", rows[i].name);
        view_strz(row, "size", show_size(rows[i].size));
        view_strz(row, "made_of", rows[i].is_full_html ? "HTML" : "pictures");
        view_number(row, "version", rows[i].version);
        show_template_state(row, rows[i].state);
        show_time(row, "made", rows[i].created_at);
        add_report(row, parser, rows[i].report);
        is_moving |= rows[i].state == TEMPLATE_PUBLISHING;
    }
    json_parser_destroy(&parser);
    if (is_moving) page_again(&p);
    page_answer(&p, "templates", "Templates");
}
