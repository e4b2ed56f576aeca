/* site.c: see site.h. */
#include "site.h"
#include "../mail/fake_press.h"
#include "base/clock.h"
#include "net/http.h"
#include "press/pdf.h"
#include "web/web.h"
#include <curl/curl.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

static void start_server(struct site *s)
{
    struct fault f = {0};
    size_t n_pages, n_routes;
    s->links = (struct link_house){.store = s->h.store, .mail = s->h.mail, .outbox = s->h.outbox};
    struct api_config c = {.store = s->h.store,
                           .accounts = s->h.accounts,
                           .mail = s->h.mail,
                           .outbox = s->h.outbox,
                           .links = &s->links,
                           .data_dir = s->h.dir};
    s->api = api_create(&c);
    const struct http_route *pages = web_routes(&n_pages);
    const struct http_route *routes = api_routes(s->api, pages, n_pages, &n_routes);
    struct http_config http = {.listen = "127.0.0.1:0",
                               .n_threads = 1,
                               .spool_dir = s->h.dir,
                               .routes = routes,
                               .n_routes = n_routes,
                               .before = api_before,
                               .nothing_here = web_nothing_here,
                               .ctx = s->api};
    s->http = http_start(&http, &f);
    if (!s->http) fail_msg("%s", f.text);
}

static void make_key(struct site *s, int64_t account, char key[37])
{
    struct fault f;
    if (!account_key_create(s->h.accounts, account, STR("pages"), key, &f)) fail_msg("%s", f.text);
}

static int64_t make_template(struct site *s, int64_t account, const char *name, const char *html)
{
    struct fault f;
    struct template_row t = {.name = str_of(name), .html = str_of(html), .size = SIZE_6X9, .is_full_html = true}, got;
    if (!template_create(s->h.mail, account, &t, &f)) fail_msg("%s", f.text);
    for (int i = 0; i < 1000; i++, usleep(5000)) {
        assert_true(template_get(s->h.store, s->h.arena, account, t.template_id, &got, &f));
        if (got.state != TEMPLATE_PUBLISHING) return t.template_id;
    }
    fail_msg("the template was not compiled after five seconds");
    return 0;
}

static struct drop make_drop(struct site *s, int64_t account, const char *name)
{
    struct fault f;
    struct drop d = house_drop(make_template(s, account, name, "<p>{{first_name}}</p>"), CAMPAIGN_TRIGGERED), got;
    d.name = str_of(name);
    if (!campaign_create(s->h.mail, account, &d, &f)) fail_msg("%s", f.text);
    assert_true(campaign_get(s->h.store, s->h.arena, account, d.drop_id, &got, NULL, &f));
    return got;
}

static int64_t make_import(struct site *s, int64_t account, int64_t list, const char *csv)
{
    struct fault f;
    struct intake in;
    int64_t id;
    if (!intake_keep_contacts(s->h.mail, account, list, house_write_file(&s->h, "rows.csv", csv), &id, &f))
        fail_msg("%s", f.text);
    for (int i = 0; i < 2000; i++, usleep(5000)) {
        assert_true(intake_get(s->h.store, s->h.arena, account, id, &in, &f));
        if (in.state == INTAKE_DONE || in.state == INTAKE_FAILED) return id;
    }
    fail_msg("the import was not read after ten seconds");
    return 0;
}

/* The played press writes text; pictures need a PDF. Two pieces of two pages. */
static void write_pdf(struct site *s)
{
    struct fault f;
    struct batch b;
    struct buf ops = BUF_INIT;
    assert_true(batch_get(s->h.store, s->h.arena, s->h.account, s->batch, &b, &f));
    int fd = open(batch_pdf(s->h.mail, s->h.arena, &b), O_RDWR | O_TRUNC | O_CLOEXEC);
    assert_true(fd >= 0);
    struct pdf *pdf = pdf_create(fd);
    for (int page = 0; page < 4; page++) {
        buf_clear(&ops);
        buf_addf(&ops, "0.%d 0.4 0.3 rg 60 60 %d 200 re f", page * 2 + 1, 200 + page * 60);
        pdf_page(pdf, &(struct pdf_boxes){666, 450, 9}, &(struct pdf_background){0}, buf_str(&ops));
    }
    assert_true(pdf_finish(pdf, &f));
    pdf_destroy(&pdf);
    buf_finish(&ops);
    close(fd);
}

static bool put_connection(struct tx *tx, void *arg)
{
    struct connection *c = arg;
    if (!connection_put(tx, NULL, c)) return false;
    c->tried = (struct connection_tried){.at = tx_now(tx), .status = 503, .sentence = c->description};
    return connection_keep_trial(tx, c);
}

/* Of a kind that this program does not know, tried in vain. */
static int64_t make_connection(struct site *s, int64_t account, const char *name)
{
    struct fault f;
    struct connection c = {
        .account_id = account, .kind = 99, .label = str_of(name), .description = str_of(name), .settings = STR("{}")};
    if (!store_write(s->h.store, put_connection, &c, &f)) fail_msg("%s", f.text);
    return c.connection_id;
}

static void fill_own(struct site *s)
{
    struct fault f;
    struct send first, second, third;
    int64_t a = s->h.account;
    struct drop d = make_drop(s, a, "Drop " EVIL);
    s->drop = d.drop_id;
    if (!house_send(&s->h, a, d.endpoint, "Ann " EVIL, &first, &f)) fail_msg("%s", f.text);
    assert_true(house_send(&s->h, a, d.endpoint, "Refuse", &second, &f));
    assert_true(house_send(&s->h, a, d.endpoint, "Zoe", &third, &f));
    s->connection = make_connection(s, a, "Sales " EVIL);
    s->piece = first.piece_id;
    s->refused = second.piece_id;
    s->batch = PIECE_BATCH(first.piece_id);
    house_wait_batch(&s->h, a, s->batch, BATCH_READY);
    write_pdf(s);
    s->template_refused = make_template(s, a, "Refused " EVIL, "<p>refuse me</p>");
    s->list = house_list(&s->h, a, "List " EVIL);
    s->import = make_import(s, a, s->list,
                            "first_name,last_name,address_street,address_city,address_state,address_zip\n"
                            "Ann,Doe,350 5th Ave,New York,NY,10118\n"
                            "Bob,Doe,350 5th Ave,New York,<script>alert(1)</script>,<img src=x onerror=y>\n");
}

static void fill_foreign(struct site *s)
{
    struct fault f;
    struct send one;
    int64_t a = s->h.other;
    struct drop d = make_drop(s, a, "FOREIGN drop");
    assert_true(house_send(&s->h, a, d.endpoint, "FOREIGN", &one, &f));
    s->foreign_drop = d.drop_id;
    s->foreign_connection = make_connection(s, a, "FOREIGN");
    s->foreign_piece = one.piece_id;
    s->foreign_batch = PIECE_BATCH(one.piece_id);
    house_wait_batch(&s->h, a, s->foreign_batch, BATCH_READY);
    s->foreign_import = make_import(s, a, house_list(&s->h, a, "FOREIGN list"),
                                    "first_name,last_name,address_street,address_city,address_state,address_zip\n"
                                    "FOREIGN,Doe,350 5th Ave,New York,ZZ,bad\n");
}

void site_open(struct site *s)
{
    *s = (struct site){0};
    house_open(&s->h, fake_press(), true);
    make_key(s, s->h.account, s->key);
    make_key(s, s->h.other, s->foreign_key);
    start_server(s);
    fill_own(s);
    fill_foreign(s);
}

void site_close(struct site *s)
{
    http_stop(&s->http, 1000);
    api_destroy(&s->api);
    house_close(&s->h);
}

static size_t add(char *bytes, size_t size, size_t n, void *buf)
{
    buf_add(buf, bytes, size * n);
    return size * n;
}

void site_get(struct site *s, const char *path, const char *key, struct reply *r) { site_get_as(s, path, key, NULL, r); }

void site_get_as(struct site *s, const char *path, const char *key, const char *header, struct reply *r)
{
    struct curl_slist *headers = header ? curl_slist_append(NULL, header) : NULL;
    char url[300];
    long status = 0;
    CURL *c = curl_easy_init();
    *r = (struct reply){0};
    snprintf(url, sizeof url, "http://127.0.0.1:%d%s", http_port(s->http), path);
    curl_easy_setopt(c, CURLOPT_URL, url);
    curl_easy_setopt(c, CURLOPT_TIMEOUT, 30L);
    curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, add);
    curl_easy_setopt(c, CURLOPT_WRITEDATA, &r->body);
    curl_easy_setopt(c, CURLOPT_HEADERFUNCTION, add);
    curl_easy_setopt(c, CURLOPT_HEADERDATA, &r->head);
    if (headers) curl_easy_setopt(c, CURLOPT_HTTPHEADER, headers);
    if (key) {
        curl_easy_setopt(c, CURLOPT_USERNAME, key);
        curl_easy_setopt(c, CURLOPT_PASSWORD, "");
    }
    assert_int_equal(curl_easy_perform(c), CURLE_OK);
    curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    r->status = (int)status;
    curl_easy_cleanup(c);
    curl_slist_free_all(headers);
    buf_addz(&r->body, "");
    buf_addz(&r->head, "");
}

void reply_finish(struct reply *r)
{
    buf_finish(&r->head);
    buf_finish(&r->body);
}
