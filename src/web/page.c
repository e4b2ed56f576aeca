/* page.c: the frame of every page, its headers, and the pages that say no. Called by each page on a thread of the server's pool.
 *
 * A page holds personal data and is never kept by browsers or proxies. The policy forbids everything that is not ours, scripts
 * altogether. */
#include "web/page.h"
#include "web/show.h"
#include "assets.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"

static void add_headers(struct http_exchange *x)
{
    http_add_header(x, "Content-Security-Policy",
                    "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; "
                    "frame-ancestors 'none'");
    http_add_header(x, "Referrer-Policy", "no-referrer");
    http_add_header(x, "Cache-Control", "private, no-store");
}

static void answer(struct page *p, int status, const char *template_name, const char *title)
{
    struct buf out = BUF_INIT;
    view_strz(p->view, "title", title);
    view_render(p->view, template_name, &out);
    add_headers(p->x);
    http_answer(p->x, status, "text/html; charset=utf-8", buf_str(&out));
    buf_finish(&out);
}

void page_answer(struct page *p, const char *template_name, const char *title) { answer(p, 200, template_name, title); }

/* A header, so that the page itself stays the same whether it is asked for again or not. */
void page_again(struct page *p) { http_add_header(p->x, "Refresh", "4"); }

static void refuse(struct page *p, int status, const char *title, const char *what)
{
    view_strz(p->view, "what", what);
    answer(p, status, "refused", title);
}

static void add_nav(struct view *v, enum page_nav here)
{
    static const struct {
        const char *href, *word;
    } links[] = {{"/", "Home"}, {"/campaigns", "Campaigns"}, {"/templates", "Templates"}, {"/lists", "Lists"}};
    for (size_t i = 0; i < sizeof links / sizeof *links; i++) {
        struct view *item = view_item(v, "nav");
        view_strz(item, "href", links[i].href);
        view_strz(item, "word", links[i].word);
        view_flag(item, "is_here", i == here);
    }
}

static void page_start_frame(struct page *p, struct http_exchange *x, int64_t account, enum page_nav nav)
{
    struct arena *a = http_arena(x);
    *p = (struct page){.x = x, .arena = a, .account = account, .view = view_create(a)};
    view_strz(p->view, "tag", WEB_ASSETS_TAG);
    view_flag(p->view, "no_cage", strcmp(setting_get(SETTING_PRESS_SANDBOX), "off") == 0);
    add_nav(p->view, nav);
}

void page_nothing_here(struct http_exchange *x)
{
    struct page p;
    page_start_frame(&p, x, 0, NAV_NONE);
    struct str path = http_path(x);
    refuse(&p, 404, "Not here",
           arena_printf(p.arena, "There is nothing at %.*s.", (int)(path.len > 200 ? 200 : path.len), path.ptr));
}

bool page_begin(struct page *p, struct http_exchange *x, enum page_nav nav)
{
    const struct caller *caller = api_caller(x);
    page_start_frame(p, x, caller ? caller->account_id : 0, nav);
    p->store = api_store(x);
    p->mail = api_mail(x);
    struct account account;
    struct fault f = {0};
    if (p->account && account_get(p->store, p->arena, p->account, &account, &f)) {
        view_str(p->view, "account", str_is_empty(account.company) ? account.username : account.company);
        view_str(p->view, "user", account.username);
        view_flag(p->view, "only_tests", account.mid == DB_NULL);
        return true;
    }
    if (p->account)
        page_fault(p, "account", STR(""), &f);
    else
        refuse(p, 404, "No account", "These pages show one account. Ask for them with that account's key.");
    return false;
}

void page_missing(struct page *p, const char *noun, struct str id)
{
    refuse(p, 404, "Not here",
           arena_printf(p->arena, "There is no %s %.*s in this account. It may have been deleted.", noun,
                        (int)(id.len > 40 ? 40 : id.len), id.ptr ? id.ptr : ""));
}

void page_fault(struct page *p, const char *noun, struct str id, const struct fault *f)
{
    if (f->whose == FAULT_USER && f->status == 404) {
        page_missing(p, noun, id);
        return;
    }
    if (f->whose == FAULT_OURS)
        log_error("web", "%.*s: %s", STR_ARG(http_path(p->x)), f->text);
    else if (f->whose == FAULT_OPERATOR)
        log_warning("web", "%.*s: %s", STR_ARG(http_path(p->x)), f->text);
    bool is_theirs = f->whose == FAULT_USER || f->whose == FAULT_REMOTE;
    const char *hidden = f->whose == FAULT_OURS ? "Something went wrong on our side; the server's log says what."
                                                : "The server cannot do this at the moment; its log says why.";
    refuse(p, fault_http_status(f), "Not now", is_theirs ? f->text : hidden);
}

bool page_id(struct page *p, const char *param, const char *noun, int64_t *id)
{
    struct str text = http_param(p->x, param);
    if (str_to_int64(text, id) && *id > 0) return true;
    page_missing(p, noun, text);
    return false;
}

int page_rows(void) { return (int)limit_get(LIMIT_WEB_PAGE_ROWS); }

int64_t page_start(struct page *p)
{
    int64_t start;
    return str_to_int64(http_query(p->x, "start"), &start) && start > 0 && start < INT32_MAX ? start : 0;
}

void page_pager(struct page *p, const char *path, int64_t start, int64_t shown, int64_t total)
{
    int64_t rows = page_rows();
    if (total <= rows && start == 0) return;
    struct view *v = view_item(p->view, "pager");
    show_count(v, "from", shown ? start + 1 : start);
    show_count(v, "to", start + shown);
    show_count(v, "of", total);
    if (start > 0) view_fmt(v, "before", "%s?start=%lld", path, (long long)(start > rows ? start - rows : 0));
    if (start + shown < total && shown > 0) view_fmt(v, "after", "%s?start=%lld", path, (long long)(start + shown));
}
