/* purl_url.c: see purl_url.h. */
#include "mail/purl_url.h"
#include "base/buf.h"
#include "base/limits.h"
#include "net/url.h"

static bool is_ours(struct str pair)
{
    struct str value;
    return str_eq(str_cut(pair, '=', &value), STR(PURL_PARAMETER));
}

/* The pairs of a query but ours, each with a separator in front; the first with `first`. */
static void add_pairs(struct buf *out, struct str query, char first)
{
    while (query.ptr) {
        struct str pair = str_cut(query, '&', &query);
        if (!pair.len || is_ours(pair)) continue;
        buf_add_byte(out, first);
        buf_add_str(out, pair);
        first = '&';
    }
}

/* A header's bytes: others as they would be sent in a request. */
static void add_ascii(struct buf *out, struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        unsigned char c = (unsigned char)s.ptr[i];
        if (c > ' ' && c < 0x7f && c != '"' && c != '<' && c != '>' && c != '\\')
            buf_add_byte(out, (char)c);
        else
            buf_addf(out, "%%%02X", c);
    }
}

char *purl_location(struct arena *a, struct str starting_url, struct str code, int64_t visit_id, struct str query)
{
    struct buf b = BUF_INIT, out = BUF_INIT;
    struct str fragment, page = str_cut(starting_url, '#', &fragment);
    if (query.len > (size_t)limit_get(LIMIT_URL_MAX_BYTES)) query = STR_NULL;
    buf_add_str(&b, page);
    buf_addf(&b, "%c" PURL_PARAMETER "=%.*s", page.ptr && memchr(page.ptr, '?', page.len) ? '&' : '?', STR_ARG(code));
    if (visit_id) buf_addf(&b, "-%lld", (long long)visit_id);
    add_pairs(&b, query, '&');
    if (fragment.ptr) buf_addf(&b, "#%.*s", STR_ARG(fragment));
    add_ascii(&out, buf_str(&b));
    char *z = arena_printf(a, "%.*s", STR_ARG(buf_str(&out)));
    buf_finish(&b);
    buf_finish(&out);
    return z;
}

struct str purl_page(struct arena *a, struct str url)
{
    struct buf b = BUF_INIT;
    struct str fragment, query, page = str_cut(url, '#', &fragment);
    buf_add_str(&b, str_cut(page, '?', &query));
    add_pairs(&b, query, '?');
    if (fragment.ptr) buf_addf(&b, "#%.*s", STR_ARG(fragment));
    struct str s = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return s;
}

static struct str without_slash(struct str path)
{
    while (path.len && path.ptr[path.len - 1] == '/') path.len--;
    return path;
}

static bool has_pair(struct str query, struct str want)
{
    while (query.ptr)
        if (str_eq(str_cut(query, '&', &query), want)) return true;
    return false;
}

static bool standard_port(const struct url_parts *p) { return p->port == 80 || p->port == 443; }

static bool same_place(struct str goal_url, struct str url)
{
    struct url_parts goal, page;
    if (!url_parse(goal_url, &goal) || !url_parse(url, &page)) return false;
    if (!str_eq_nocase(goal.host, page.host) || !str_eq(without_slash(goal.path), without_slash(page.path))) return false;
    if (goal.port != page.port && !(standard_port(&goal) && standard_port(&page))) return false;
    while (goal.query.ptr) {
        struct str pair = str_cut(goal.query, '&', &goal.query);
        if (pair.len && !is_ours(pair) && !has_pair(page.query, pair)) return false;
    }
    return true;
}

bool purl_is_goal(struct str goal_url, struct str url)
{
    struct buf goal = BUF_INIT, page = BUF_INIT;
    add_ascii(&goal, goal_url); /* browsers say it so */
    add_ascii(&page, url);
    bool is_there = same_place(buf_str(&goal), buf_str(&page));
    buf_finish(&goal);
    buf_finish(&page);
    return is_there;
}
