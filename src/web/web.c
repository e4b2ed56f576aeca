/* web.c: the pages' routes and the files that are the same for everybody. app gives the routes to api_routes(); the table is
 * static. Pages and pictures read the database or a print file, so they run on the server's pool. */
#include "web/web.h"
#include "assets.h"
#include "web/page.h"
#include <string.h>

/* Addresses in the pages carry the files' digest, so a browser may keep what it has. */
static void answer_file(struct http_exchange *x, const char *name, const char *content_type)
{
    http_add_header(x, "Cache-Control", "public, max-age=31536000, immutable");
    http_answer_static(x, 200, content_type, web_file(name));
}

static void style(struct http_exchange *x) { answer_file(x, "style.css", "text/css; charset=utf-8"); }
static void mark(struct http_exchange *x) { answer_file(x, "mark.svg", "image/svg+xml"); }
static void sprite(struct http_exchange *x) { answer_file(x, "sprite.svg", "image/svg+xml"); }

#define INFO(who, summary) (&(const struct route_info){who, summary})
#define PAGE(pattern, handler, summary)                                                                                        \
    {                                                                                                                          \
        HTTP_GET, pattern, handler, HTTP_POOL, 0, INFO(WHO_KEY, summary)                                                       \
    }
#define FILE_OPEN(pattern, handler, summary)                                                                                   \
    {                                                                                                                          \
        HTTP_GET, pattern, handler, HTTP_OPEN, 0, INFO(WHO_ANYONE, summary)                                                    \
    }

static const struct http_route routes[] = {
    PAGE("/", page_home, "Page: what needs attention, what is being printed, the newest campaigns"),
    PAGE("/campaigns", page_campaigns, "Page: all campaigns"),
    PAGE("/campaigns/{drop}", page_campaign, "Page: one mail drop, its batches, and who got no piece"),
    PAGE("/batches/{id}", page_batch, "Page: one batch and its pieces"),
    PAGE("/batches/{id}/pieces.pdf", picture_batch, "The batch's print file"),
    PAGE("/pieces/{id}", page_piece, "Page: one piece as printed"),
    PAGE("/pieces/{id}/front.png", picture_front, "Picture of a piece's first side"),
    PAGE("/pieces/{id}/back.png", picture_back, "Picture of a piece's second side"),
    PAGE("/pieces/{id}/pages/{page}", picture_page, "Picture of one page of a piece"),
    PAGE("/pieces/{id}/proof.pdf", picture_proof, "One piece, cut from the print file"),
    PAGE("/templates", page_templates, "Page: templates and why one was refused"),
    PAGE("/lists", page_lists, "Page: contact lists and the newest imports"),
    PAGE("/imports/{id}", page_import, "Page: one import and its refused rows"),
    PAGE("/connections", page_connections, "Page: connections, addresses of webhooks, and what was told last"),
    PAGE("/connections/{id}", page_connection,
         "Page: one connection, its settings, what it is told of, and what was told to it last"),
    FILE_OPEN("/style.css", style, "The pages' style sheet"),
    FILE_OPEN("/mark.svg", mark, "The mark"),
    FILE_OPEN("/sprite.svg", sprite, "The glyphs of states"),
};

const struct http_route *web_routes(size_t *n)
{
    *n = sizeof routes / sizeof *routes;
    return routes;
}

/* A browser says that it takes text/html; programs mostly say nothing, or anything. */
bool web_nothing_here(struct http_exchange *x, void *ctx)
{
    struct str accept = http_header(x, "Accept");
    bool is_reading = http_method(x) == HTTP_GET || http_method(x) == HTTP_HEAD;
    (void)ctx;
    if (!is_reading || !accept.ptr || !strcasestr(arena_str(http_arena(x), accept).ptr, "text/html")) return false;
    page_nothing_here(x);
    return true;
}
