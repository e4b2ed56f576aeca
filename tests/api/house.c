/* house.c: see house.h. */
#include "house.h"
#include "fake_connector.h"
#include "base/digest.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "links/per_connection.h"
#include "links/tokens.h"
#include "outbox/outbox.h"
#include <ctype.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

struct test_house house;
static char answer_bytes[1 << 20];

/* ---- the house ---- */

static void wake(void *server) { http_wake(server); }

static void make_accounts(void)
{
    struct fault f;
    struct account a = {.parent_id = DB_NULL, .mid = DB_NULL, .username = STR("first")};
    assert_true(account_create(house.accounts, &a, &house.account, house.key, &f));
    a.username = STR("other");
    assert_true(account_create(house.accounts, &a, &house.other, house.other_key, &f));
    a.username = STR("sub");
    a.parent_id = house.account;
    assert_true(account_create(house.accounts, &a, &house.sub, house.sub_key, &f));
    assert_true(account_key_create(house.accounts, house.account, STR("old"), house.revoked_key, &f));
    assert_true(account_key_revoke(house.accounts, house.account, str_of(house.revoked_key + 32), &f));
}

static void start_outbox(void)
{
    struct fault f;
    char key[100];
    static const struct link_def *links[3];
    snprintf(key, sizeof key, "%s/house.key", house.dir);
    house.guard = address_guard_create(STR("127.0.0.0/8"), true, STR("all"), &f);
    assert_non_null(house.guard);
    house.fetcher = fetcher_create(&(struct fetcher_config){.guard = house.guard}, &f);
    house.seal = seal_open(key, &f);
    house.webhook = webhook_create();
    links[0] = webhook_link(house.webhook);
    links[1] = fake_connector.link;
    house.mailing = mailing_create(&house.links);
    links[2] = mailing_link(house.mailing);
    struct outbox_config config = {
        .store = house.store, .jobs = house.jobs, .fetcher = house.fetcher, .links = links, .n_links = 3, .seal = house.seal};
    house.outbox = outbox_create(&config, &f);
    if (!house.outbox) fail_msg("%s", f.text);
    house.links = (struct link_house){
        .store = house.store, .jobs = house.jobs, .seal = house.seal, .fetcher = house.fetcher, .outbox = house.outbox};
    house.links.tokens = tokens_create(&house.links);
    house.links.saves = per_connection_create(sizeof(bool), NULL, NULL);
}

static void start_http(void)
{
    struct fault f;
    static const struct connector *const connectors[] = {&fake_connector};
    struct api_config config = {.store = house.store,
                                .accounts = house.accounts,
                                .mail = house.mail,
                                .outbox = house.outbox,
                                .webhook = webhook_link(house.webhook),
                                .mailing = mailing_link(house.mailing),
                                .guard = house.guard,
                                .links = &house.links,
                                .connectors = connectors,
                                .n_connectors = 1,
                                .data_dir = house.dir};
    size_t n;
    house.api = api_create(&config);
    const struct http_route *routes = api_routes(house.api, house.extra, house.n_extra, &n);
    struct http_config http = {.listen = "127.0.0.1:0",
                               .unix_path = house.socket,
                               .n_threads = 1,
                               .spool_dir = house.dir,
                               .routes = routes,
                               .n_routes = n,
                               .door = api_door,
                               .before = api_before,
                               .ctx = house.api};
    house.http = http_start(&http, &f);
    if (!house.http) fail_msg("%s", f.text);
    house.port = http_port(house.http);
    store_after_group(house.store, wake, house.http);
}

int house_open(void **state)
{
    (void)state;
    struct fault f;
    char file[100];
    snprintf(house.dir, sizeof house.dir, "/tmp/pennypost-api-XXXXXX");
    assert_non_null(mkdtemp(house.dir));
    snprintf(house.socket, sizeof house.socket, "%s/socket", house.dir);
    snprintf(file, sizeof file, "%s/pennypost.db", house.dir);
    fresh_store(file, house.address);
    log_set_level(LOG_WARNING);
    limit_set(STR("template.wait"), 1, NULL);
    limit_set(STR("http.request_timeout"), 2, NULL);
    house.store = store_open(&(struct store_config){.address = house.address, .data_dir = house.dir, .node = 1}, &f);
    if (!house.store) fail_msg("%s", f.text);
    house.accounts = accounts_load(house.store, &f);
    house.press = press_create(1, &f);
    if (!house.press) fail_msg("%s", f.text);
    house.jobs = jobs_create(house.store);
    start_outbox();
    struct mail_config mail = {.store = house.store,
                               .jobs = house.jobs,
                               .press = house.press,
                               .accounts = house.accounts,
                               .outbox = house.outbox,
                               .data_dir = house.dir,
                               .purl_base = "http://localhost/p/"};
    house.links.mail = house.mail = mail_create(&mail, &f);
    if (!house.mail) fail_msg("%s", f.text);
    make_accounts();
    start_http();
    return 0;
}

int house_close(void **state)
{
    (void)state;
    store_after_group(house.store, NULL, NULL);
    http_stop(&house.http, 1000);
    jobs_stop(&house.jobs);
    outbox_stop(house.outbox);
    api_destroy(&house.api);
    mail_destroy(&house.mail);
    tokens_destroy(&house.links.tokens);
    per_connection_destroy(&house.links.saves);
    fetcher_destroy(&house.fetcher);
    outbox_destroy(&house.outbox);
    webhook_destroy(&house.webhook);
    mailing_destroy(&house.mailing);
    seal_close(&house.seal);
    address_guard_destroy(&house.guard);
    press_destroy(&house.press);
    accounts_destroy(&house.accounts);
    store_close(&house.store);
    remove_tree(house.dir, NULL);
    return 0;
}

/* ---- the client ---- */

static int open_port(void)
{
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in a = {
        .sin_family = AF_INET, .sin_port = htons((uint16_t)house.port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

static int open_socket(void)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    snprintf(a.sun_path, sizeof a.sun_path, "%s", house.socket);
    assert_true(fd >= 0 && connect(fd, (struct sockaddr *)&a, sizeof a) == 0);
    return fd;
}

/* The server closes after the answer, or the test fails by its time. */
static struct answer exchange(int fd, const char *bytes, size_t n)
{
    struct answer a = {0, "", "", 0};
    size_t len = 0;
    for (size_t at = 0; at < n;) {
        ssize_t sent = send(fd, bytes + at, n - at, MSG_NOSIGNAL);
        if (sent <= 0) break; /* refused early: the answer is there to read */
        at += (size_t)sent;
    }
    while (len < sizeof answer_bytes - 1) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t got = poll(&p, 1, 20000) > 0 ? recv(fd, answer_bytes + len, sizeof answer_bytes - 1 - len, 0) : -1;
        if (got <= 0) break;
        len += (size_t)got;
    }
    close(fd);
    answer_bytes[len] = '\0';
    char *body = strstr(answer_bytes, "\r\n\r\n");
    if (len < 12 || !body) return a;
    *body = '\0';
    a = (struct answer){atoi(answer_bytes + 9), answer_bytes, body + 4, len - (size_t)(body + 4 - answer_bytes)};
    return a;
}

struct answer ask_raw(const char *bytes, size_t n) { return exchange(open_port(), bytes, n); }

int house_ask_bytes(const char *request, char *body, size_t size)
{
    char got[4000];
    size_t len = 0, n = strlen(request);
    ssize_t part;
    int fd = open_port();
    assert_int_equal(send(fd, request, n, MSG_NOSIGNAL), (ssize_t)n);
    while (len < sizeof got - 1 && (part = recv(fd, got + len, sizeof got - 1 - len, 0)) > 0) len += (size_t)part;
    close(fd);
    got[len] = 0;
    const char *at = strstr(got, "\r\n\r\n");
    snprintf(body, size, "%s", at ? at + 4 : "");
    return len > 12 ? atoi(got + 9) : 0;
}

static struct answer ask_over(int fd, const char *extra, const char *method, const char *path, const char *body)
{
    char head[2000];
    struct buf b = BUF_INIT;
    snprintf(head, sizeof head, "%s %s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s", method, path, extra);
    buf_addz(&b, head);
    if (body) buf_addf(&b, "Content-Type: application/json\r\nContent-Length: %zu\r\n", strlen(body));
    buf_addz(&b, "\r\n");
    if (body) buf_addz(&b, body);
    struct answer a = exchange(fd, b.data, b.len);
    buf_finish(&b);
    return a;
}

void house_base64(const char *s, char *out)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    size_t n = strlen(s);
    for (size_t i = 0; i < n; i += 3) {
        unsigned v = (unsigned)(unsigned char)s[i] << 16;
        if (i + 1 < n) v |= (unsigned)(unsigned char)s[i + 1] << 8;
        if (i + 2 < n) v |= (unsigned)(unsigned char)s[i + 2];
        *out++ = letters[v >> 18], *out++ = letters[v >> 12 & 63];
        *out++ = i + 1 < n ? letters[v >> 6 & 63] : '=', *out++ = i + 2 < n ? letters[v & 63] : '=';
    }
    *out = '\0';
}

struct answer ask_with(const char *key, const char *headers, const char *method, const char *path, const char *body)
{
    char pair[200], coded[300] = "", extra[1000];
    if (key) {
        snprintf(pair, sizeof pair, "%s:", key);
        house_base64(pair, coded);
    }
    snprintf(extra, sizeof extra, "%s%s%s%s", key ? "Authorization: Basic " : "", coded, key ? "\r\n" : "", headers);
    return ask_over(open_port(), extra, method, path, body);
}

struct answer ask(const char *key, const char *method, const char *path, const char *body)
{
    return ask_with(key, "", method, path, body);
}

struct answer ask_operator(int64_t account, const char *method, const char *path, const char *body)
{
    char extra[60] = "";
    if (account) snprintf(extra, sizeof extra, "X-Account: %lld\r\n", (long long)account);
    return ask_over(open_socket(), extra, method, path, body);
}

/* ---- looking at answers ---- */

static bool matches(const char *s, const char *pattern)
{
    static const char time[] = "dddd-dd-ddTdd:dd:ddZ", guid[] = "hhhhhhhh-hhhh-hhhh-hhhh-hhhhhhhhhhhh";
    for (; *pattern; pattern++) {
        const char *shape = *pattern == '@' ? time : *pattern == '$' ? guid : NULL;
        if (*pattern == '~') return true;
        if (*pattern == '#') {
            if (!isdigit((unsigned char)*s)) return false;
            while (isdigit((unsigned char)*s)) s++;
        } else if (shape) {
            for (; *shape; shape++, s++)
                if (*shape == 'd' ? !isdigit((unsigned char)*s) : *shape == 'h' ? !isxdigit((unsigned char)*s) : *s != *shape)
                    return false;
        } else if (*s++ != *pattern) {
            return false;
        }
    }
    return *s == '\0';
}

void assert_answer_at(struct answer a, int status, const char *pattern, const char *file, int line)
{
    if (a.status == status && matches(a.body, pattern)) return;
    print_error("got  %d %.1500s\nwant %d %s\n", a.status, a.body, status, pattern);
    _fail(file, line);
}

int64_t answer_number(struct answer a, const char *name)
{
    char key[80];
    snprintf(key, sizeof key, "\"%s\":", name);
    const char *at = strstr(a.body, key);
    if (!at) fail_msg("no %s in %d %.500s", name, a.status, a.body);
    return atoll(at + strlen(key));
}

const char *answer_text(struct answer a, const char *name, char *out, size_t size)
{
    char key[80];
    snprintf(key, sizeof key, "\"%s\":\"", name);
    const char *at = strstr(a.body, key);
    if (!at) fail_msg("no %s in %d %.500s", name, a.status, a.body);
    snprintf(out, size, "%.*s", (int)strcspn(at + strlen(key), "\""), at + strlen(key));
    return out;
}

const char *answer_header(struct answer a, const char *name, char *out, size_t size)
{
    char key[80];
    snprintf(key, sizeof key, "\r\n%s: ", name);
    const char *at = strcasestr(a.head, key);
    if (!at) fail_msg("no header %s in %s", name, a.head);
    snprintf(out, size, "%.*s", (int)strcspn(at + strlen(key), "\r"), at + strlen(key));
    return out;
}

/* ---- looking into the database, from beside the store ---- */

int64_t house_rows(void)
{
    static const char *const tables[] = {"account",      "api_key",     "mailer_id",  "contact_list",    "contact", "template",
                                         "asset",        "campaign",    "mail_drop",  "batch",           "piece",   "intake",
                                         "subscription", "destination", "connection", "suppression_list"};
    char sql[1000];
    size_t n = (size_t)snprintf(sql, sizeof sql, "SELECT 0");
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
        n += (size_t)snprintf(sql + n, sizeof sql - n, " + (SELECT count(*) FROM %s)", tables[i]);
    return fresh_store_number(house.address, sql);
}

void house_publish(int64_t template_id)
{
    char sql[200];
    snprintf(sql, sizeof sql,
             "UPDATE template_version SET state = 2, due_at = NULL, report = '{\"ok\":true}' WHERE template_id = %lld "
             "RETURNING version",
             (long long)template_id);
    assert_true(fresh_store_number(house.address, sql) > 0);
}

void house_count(int64_t drop_id, int64_t day, int code, int64_t n)
{
    char sql[200];
    snprintf(
        sql, sizeof sql,
        "INSERT INTO drop_stat (account_id, drop_id, day, code, slot, n) VALUES (%lld, %lld, %lld, %d, 1, %lld) RETURNING n",
        (long long)house.account, (long long)drop_id, (long long)day, code, (long long)n);
    assert_int_equal(fresh_store_number(house.address, sql), n);
}
