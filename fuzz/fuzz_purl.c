/* fuzz_purl.c: any bytes as what strangers send to personal URLs: the code, the query, the address of a page. Three parts, each behind a
 * newline: a Starting or Goal URL, a query, a code. */
#include "mail/mail_private.h"
#include "mail/purl_url.h"
#include "mail/robots.h"
#include "base/log.h"
#include <ctype.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A code that is read is the one that is written of what it said, but for the case of its letters. */
static void check_code(struct arena *a, struct str code)
{
    struct mail m = {.purl_key = {1, 2, 3}};
    int64_t account, piece;
    char again[13];
    if (!purl_decode(&m, arena_str(a, code).ptr, &account, &piece)) return;
    ASSERT(account > 0 && account < 1 << 20 && piece > 0 && piece < INT64_C(1) << 40);
    purl_code(&m, account, piece, again);
    ASSERT(code.len >= 12 && str_eq_nocase(str_make(code.ptr, 12), str_of(again)));
}

/* What stands in Location cannot end the line, and the page's own address does not hold our parameter any more. */
static void check_location(struct arena *a, struct str url, struct str query)
{
    const char *location = purl_location(a, url, STR("kkkkkkkkkkkk"), 17, query);
    for (const char *c = location; *c; c++) ASSERT(*c > ' ' && *c < 0x7f);
    ASSERT(strstr(location, "pp=kkkkkkkkkkkk-17"));
    struct str page = purl_page(a, str_of(location));
    ASSERT(page.len < strlen(location));
    ASSERT(str_eq(purl_page(a, page), page));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct robots *robots;
    if (!robots) robots = robots_load("", NULL);
    struct arena *a = arena_create(4096);
    struct str rest, query = STR_NULL, code = STR_NULL, url = str_cut(str_make(data, size), '\n', &rest);
    if (rest.ptr) query = str_cut(rest, '\n', &code);
    check_location(a, url, query);
    if (code.ptr) check_code(a, code);
    if (query.ptr) (void)purl_is_goal(url, query);
    if (purl_is_goal(url, url)) ASSERT(purl_is_goal(url, purl_page(a, url)));
    (void)robots_is_one(robots, url);
    arena_destroy(&a);
    return 0;
}
