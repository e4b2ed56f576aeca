/* The pages through a real server: each answers, escapes what it shows, and shows one account's rows only. */
#include "mail/visit.h"
#include "site.h"
#include "base/limits.h"
#include "mail/contact_row.h"
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static bool holds(const struct buf *b, const char *text) { return memmem(b->data, b->len, text, strlen(text)) != NULL; }

static void expect(const struct reply *r, const char *path, const char *text, bool is_wanted)
{
    if (holds(&r->body, text) != is_wanted) fail_msg("%s %s \"%s\"", path, is_wanted ? "lacks" : "holds", text);
}

/* Paths with the numbers of the site's rows in them. */
static void get(struct site *s, const char *pattern, int64_t id, const char *key, char path[100], struct reply *r)
{
    snprintf(path, 100, pattern, (long long)id);
    site_get(s, path, key, r);
}

static void expect_page(const struct reply *r, const char *path, int status)
{
    if (r->status != status) fail_msg("%s answers %d, not %d: %s", path, r->status, status, r->body.data);
    if (!holds(&r->head, "text/html")) fail_msg("%s is no page", path);
    expect(r, path, "<script", false);
    expect(r, path, "onerror=y>", false);
    expect(r, path, "FOREIGN", false);
    expect(r, path, "{{", false);
    expect(r, path, "</html>", true);
    if (!holds(&r->head, "default-src 'none'") || !holds(&r->head, "no-referrer") || !holds(&r->head, "private, no-store"))
        fail_msg("%s lacks a header: %s", path, r->head.data);
}

static void test_pages(void **state)
{
    struct site *s = *state;
    const struct {
        const char *path;
        int64_t id;
        const char *holds[5];
    } cases[] = {
        {"/",
         0,
         {"Drop &lt;script&gt;alert(1)&lt;/script&gt;&quot;&#39;&amp;", "1 piece of drop", "1 row of import",
          "cannot be printed"}},
        {"/campaigns", 0, {"Drop &lt;script&gt;", "1 campaign", "Triggered drip", "6x9 postcard"}},
        {"/campaigns/%lld", s->drop, {"Test mode.", "Endpoint", "Missing", "Written", "U+1F600"}},
        {"/batches/%lld", s->batch, {"Ann &lt;script&gt;", "Refused", "/pieces.pdf", "Test mode.", "in the order of the file"}},
        {"/pieces/%lld", s->piece, {"Ann &lt;script&gt;", "front.png", "back.png", "var_field_7", "10118"}},
        {"/pieces/%lld", s->refused, {"This piece was refused", "U+1F600", "Nothing was printed for Refuse Doe"}},
        {"/lists", 0, {"List &lt;script&gt;", "Imports"}},
        {"/imports/%lld", s->import, {"Bob,Doe", "&lt;script&gt;alert(1)", "List &lt;script&gt;"}},
        {"/connections", 0, {"Sales &lt;script&gt;", "Does not work", "No webhook.", "Nothing was told yet."}},
        {"/connections/%lld",
         s->connection,
         {"Sales &lt;script&gt;", "Does not work", "does not know", "It is not told of events"}},
        {"/templates", 0, {"Refused &lt;script&gt;", "The creative asked to be refused.", "Ready to print"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[100];
        struct reply r;
        get(s, cases[i].path, cases[i].id, s->key, path, &r);
        expect_page(&r, path, 200);
        for (int k = 0; k < 5 && cases[i].holds[k]; k++) expect(&r, path, cases[i].holds[k], true);
        reply_finish(&r);
    }
}

/* The second account sees its own name and nothing of the first. */
static void test_other_account(void **state)
{
    struct site *s = *state;
    static const char *const paths[] = {"/", "/campaigns", "/lists", "/templates", "/connections"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        struct reply r;
        site_get(s, paths[i], s->foreign_key, &r);
        assert_int_equal(r.status, 200);
        expect(&r, paths[i], "FOREIGN", true);
        expect(&r, paths[i], "alert(1)", false);
        reply_finish(&r);
    }
}

static void test_not_here(void **state)
{
    struct site *s = *state;
    const struct {
        const char *path;
        int64_t id;
    } cases[] = {
        {"/campaigns/%lld", s->foreign_drop},
        {"/batches/%lld", s->foreign_batch},
        {"/batches/%lld/pieces.pdf", s->foreign_batch},
        {"/pieces/%lld", s->foreign_piece},
        {"/pieces/%lld/front.png", s->foreign_piece},
        {"/pieces/%lld/proof.pdf", s->foreign_piece},
        {"/imports/%lld", s->foreign_import},
        {"/pieces/%lld/front.png", s->refused},
        {"/pieces/%lld/pages/3.png", s->piece},
        {"/pieces/%lld/pages/0.png", s->piece},
        {"/pieces/%lld/pages/1.gif", s->piece},
        {"/campaigns/%lld", 99999999},
        {"/campaigns/x%lld", 1},
        {"/batches/-%lld", 1},
        {"/pieces/99999999999999999999%lld", 1},
        {"/imports/%%3Cscript%%3E%lld", 1},
        {"/connections/%lld", s->foreign_connection},
        {"/connections/%lld", 99999999},
        {"/connections/x%lld", 1},
        {"/pieces/%lld", INT64_MAX},
        {"/batches/%lld", INT64_MAX},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[100];
        struct reply r;
        get(s, cases[i].path, cases[i].id, s->key, path, &r);
        expect_page(&r, path, 404);
        expect(&r, path, "There is no ", true);
        reply_finish(&r);
    }
}

static void test_key_wanted(void **state)
{
    struct site *s = *state;
    static const char *const paths[] = {
        "/",          "/campaigns", "/campaigns/1",        "/batches/1",         "/batches/1/pieces.pdf",
        "/pieces/1",  "/lists",     "/pieces/1/front.png", "/pieces/1/back.png", "/pieces/1/pages/1.png",
        "/templates", "/imports/1", "/pieces/1/proof.pdf", "/connections",       "/connections/1"};
    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        static const char *const keys[] = {NULL, "", "00000000-0000-0000-0000-000000000000"};
        for (size_t k = 0; k < sizeof keys / sizeof *keys; k++) {
            struct reply r;
            site_get(s, paths[i], keys[k], &r);
            if (r.status != 401) fail_msg("%s answers %d without a key", paths[i], r.status);
            assert_true(holds(&r.head, "WWW-Authenticate: Basic"));
            reply_finish(&r);
        }
    }
}

static void test_open_files(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *type, *holds;
    } cases[] = {{"/style.css", "text/css", "light-dark("},
                 {"/mark.svg", "image/svg+xml", "<svg"},
                 {"/sprite.svg?v=1", "image/svg+xml", "id=\"cross\""}};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply r;
        site_get(s, cases[i].path, NULL, &r);
        assert_int_equal(r.status, 200);
        assert_true(holds(&r.head, cases[i].type));
        assert_true(holds(&r.head, "immutable"));
        assert_true(holds(&r.body, cases[i].holds));
        assert_true(r.body.len < 14000);
        reply_finish(&r);
    }
}

static void test_pictures(void **state)
{
    struct site *s = *state;
    const struct {
        const char *path;
        int64_t id;
        const char *type, *begins;
    } cases[] = {
        {"/pieces/%lld/front.png", s->piece, "image/png", "\x89PNG"},
        {"/pieces/%lld/back.png", s->piece, "image/png", "\x89PNG"},
        {"/pieces/%lld/pages/2.png", s->piece, "image/png", "\x89PNG"},
        {"/pieces/%lld/proof.pdf", s->piece, "application/pdf", "%PDF-"},
        {"/batches/%lld/pieces.pdf", s->batch, "application/pdf", "%PDF-"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char path[100];
        struct reply r;
        get(s, cases[i].path, cases[i].id, s->key, path, &r);
        if (r.status != 200) fail_msg("%s answers %d: %s", path, r.status, r.body.data);
        assert_true(holds(&r.head, cases[i].type) && holds(&r.head, "private, no-store"));
        assert_true(str_starts(buf_str(&r.body), str_of(cases[i].begins)));
        reply_finish(&r);
    }
}

struct breaking {
    int64_t account;
    const struct contact *contact;
};

static bool break_contact(struct tx *tx, void *arg)
{
    const struct breaking *b = arg;
    struct q_contact_put in = contact_row_put(b->account, b->contact, STR("no JSON"));
    return tx_run(tx, Q_CONTACT_PUT, &in, NULL);
}

static void expect_in(struct site *s, const char *path, const char *text)
{
    struct reply r;
    site_get(s, path, s->key, &r);
    expect_page(&r, path, 200);
    expect(&r, path, text, true);
    reply_finish(&r);
}

/* What failed for good says why, on its own page and at home. */
static void test_failed(void **state)
{
    struct site *s = *state;
    struct house *h = &s->h;
    struct fault f;
    struct intake in = {0};
    int64_t list = house_list(h, h->account, "Broken"), id;
    assert_true(limit_set(STR("job.attempts"), 1, &f));
    assert_true(intake_keep_contacts(h->mail, h->account, list, house_write_file(h, "bad.csv", "a,b\n1,2\n"), &id, &f));
    for (int i = 0; i < 2000 && in.state != INTAKE_FAILED; i++, usleep(5000))
        assert_true(intake_get(h->store, h->arena, h->account, id, &in, &f));
    expect_in(s, arena_printf(h->arena, "/imports/%lld", (long long)id),
              "ended so:</strong> The file&#39;s first line names no column");
    expect_in(s, "/lists", "names no column for first_name");
    expect_in(s, "/", arena_printf(h->arena, "Import %lld stopped", (long long)id));

    struct drop got;
    assert_true(campaign_get(h->store, h->arena, h->account, s->drop, &got, NULL, &f));
    struct drop d = house_drop(got.template_id, CAMPAIGN_SMART_SEND);
    struct contact c = house_contact(list, "Ann");
    d.contact_list_id = list;
    assert_true(contact_create(h->mail, h->account, &c, &f));
    assert_true(store_write(h->store, break_contact, &(struct breaking){h->account, &c}, &f));
    house_expect_log("Sending campaign");
    if (!campaign_create(h->mail, h->account, &d, &f)) fail_msg("%s", f.text);
    for (int i = 0; i < 2000 && got.state != DROP_FAILED; i++, usleep(5000))
        assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, NULL, &f));
    expect_in(s, arena_printf(h->arena, "/campaigns/%lld", (long long)d.drop_id), "The last attempt ended so:");
    expect_in(s, "/", "could not be sent to its whole list");
    assert_true(limit_set(STR("job.attempts"), 8, &f));
}

/* An address that nobody has: a page for a browser, who needs no key for it, and JSON for programs. */
static void test_nothing_here(void **state)
{
    struct site *s = *state;
    static const struct {
        const char *path, *accept;
        bool is_page;
    } cases[] = {
        {"/nothing<b>/at/all", "Accept: text/html,application/xhtml+xml,*/*;q=0.8", true},
        {"/campaigns/1/2/3", "Accept: application/json, TEXT/HTML", true},
        {"/nothing<b>/at/all", "Accept: */*", false},
        {"/nothing<b>/at/all", "Accept: application/json", false},
        {"/api/v1/nothing", "Accept:", false},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct reply r;
        site_get_as(s, cases[i].path, NULL, cases[i].accept, &r);
        if (cases[i].is_page) {
            expect_page(&r, cases[i].path, 404);
            expect(&r, cases[i].path, "There is nothing at /", true);
            expect(&r, cases[i].path, "<b>", false);
            expect(&r, cases[i].path, "house", false); /* no account's name */
        } else {
            assert_int_equal(r.status, 404);
            assert_true(holds(&r.head, "application/json"));
            expect(&r, cases[i].path, "\"status_code\":404", true);
        }
        reply_finish(&r);
    }
}

/* Not a test of its own: PENNYPOST_LOOK=1 keeps the site up for a browser and prints where. */
static void look(struct site *s)
{
    printf("http://%s:@127.0.0.1:%d/ drop %lld batch %lld piece %lld refused %lld import %lld\n", s->key, http_port(s->http),
           (long long)s->drop, (long long)s->batch, (long long)s->piece, (long long)s->refused, (long long)s->import);
    fflush(stdout);
    getchar();
}

static int open_site(void **state)
{
    static struct site s;
    site_open(&s);
    *state = &s;
    if (getenv("PENNYPOST_LOOK")) look(&s);
    return 0;
}

static int close_site(void **state)
{
    site_close(*state);
    return 0;
}

/* A piece's visits are on its page and in its campaign's numbers; what a stranger's address says is text. */
static void test_visits(void **state)
{
    struct site *s = *state;
    struct house *h = &s->h;
    struct fault f;
    struct purl p;
    char code[13];
    purl_code(h->mail, h->account, s->piece, code);
    if (!purl_find(h->mail, h->arena, str_of(code), 0, &p, &f)) fail_msg("%s", f.text);
    const char *campaign = arena_printf(h->arena, "/campaigns/%lld", (long long)s->drop);
    const char *piece = arena_printf(h->arena, "/pieces/%lld", (long long)s->piece);
    struct visit v = {.purl = &p, .url = STR("https://a.example/?" EVIL), .agent = STR("Mozilla")};
    if (!visit_open(h->mail, &v, &f)) fail_msg("%s", f.text);
    expect_in(s, campaign, "Test pieces and test visits");
    expect_in(s, campaign, "</svg>Unique visitors</span></th><td class=\"wide\"><progress value=\"1\"");
    expect_in(s, piece, "<strong>Personal URL opened</strong> <span class=\"test\">Test</span>");
    expect_in(s, piece, "<small>https://a.example/?&lt;script&gt;alert(1)&lt;/script&gt;");
    expect_in(s, piece, "<strong>Accepted</strong>");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_open_files),    cmocka_unit_test(test_key_wanted), cmocka_unit_test(test_pages),
        cmocka_unit_test(test_other_account), cmocka_unit_test(test_not_here),   cmocka_unit_test(test_pictures),
        cmocka_unit_test(test_nothing_here),  cmocka_unit_test(test_failed),     cmocka_unit_test(test_visits),
    };
    return cmocka_run_group_tests(tests, open_site, close_site);
}
