/* page.h: what all pages share: who asks, the frame around a page, its headers, and the page that says no. For src/web only. */
#pragma once
#include "account/account.h"
#include "api/api.h"
#include "mail/piece.h"
#include "web/view.h"

enum page_nav { NAV_HOME, NAV_CAMPAIGNS, NAV_TEMPLATES, NAV_LISTS, NAV_CONNECTIONS, NAV_NONE };

struct page {
    struct http_exchange *x;
    struct arena *arena;
    struct store *store;
    struct mail *mail;
    int64_t account;
    struct view *view;
};
/* Names the caller and starts the frame. False: answered (the operator's socket without an account). */
bool page_begin(struct page *p, struct http_exchange *x, enum page_nav nav);
/* Renders web/NAME.html and answers 200 with the pages' headers. */
void page_answer(struct page *p, const char *template_name, const char *title);
/* The browser asks again in a few seconds: only while something moves by itself. */
void page_again(struct page *p);
/* Where there is no page: nobody is asked who he is, so it shows no account. */
void page_nothing_here(struct http_exchange *x);
/* A plain page. missing: "There is no piece 17 in this account. It may have been deleted." */
void page_missing(struct page *p, const char *noun, struct str id);
/* A user's 404 is page_missing; anything else is told as far as it concerns the reader, and logged. */
void page_fault(struct page *p, const char *noun, struct str id, const struct fault *f);
/* A number in the path: false: answered with page_missing. */
bool page_id(struct page *p, const char *param, const char *noun, int64_t *id);
int64_t page_start(struct page *p); /* ?start=, 0 when absent or not a number */
int page_rows(void);                /* web.page_rows */
/* "51 to 100 of 240" with Newer and Older; `path` without query. */
void page_pager(struct page *p, const char *path, int64_t start, int64_t shown, int64_t total);

/* ---- the pages ---- */
http_handler page_home, page_campaigns, page_campaign, page_batch, page_piece, page_import, page_lists, page_templates,
    page_connections, page_connection;
http_handler picture_front, picture_back, picture_page, picture_proof, picture_batch;
