/* test_incoming.c: requests from the other side: tokens that open and tokens that do not, pieces that are durable before the answer, and
 * requests that come again. */
#include "house.h"
#include "base/limits.h"
#include "base/log.h"
#include "links/connection_end.h"
#include "links/incoming.h"
#include "links/postalytics/postalytics.h"
#include "press/press.h"
#include <pthread.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int64_t connection;
static char hook[200], endpoint[64];

#define PERSON                                                                                                                 \
    "{\"first_name\":\"Ada\",\"last_name\":\"Lovelace\",\"address_street\":\"12 St James Square\","                            \
    "\"address_city\":\"Sacramento\",\"address_state\":\"CA\",\"address_zip\":\"95814\",\"shoe\":\"38\"}"

static int64_t pieces(void) { return fresh_store_number(house.address, "SELECT count(*) FROM piece"); }

static void make_endpoint(void)
{
    char body[500];
    struct answer a = ask(house.key, "POST", "/api/v1/templates", "{\"name\":\"Card\",\"size\":2,\"html\":\"<p>x</p>\"}");
    int64_t template_id = answer_number(a, "template_id");
    house_publish(template_id);
    snprintf(
        body, sizeof body,
        "{\"DirectMailName\":\"Drip\",\"TemplateFrontId\":%lld,\"CreditTypeId\":22,\"PostageType\":0,\"SenderName\":\"P\","
        "\"SenderAddress1\":\"1 Penny Lane\",\"SenderCity\":\"Springfield\",\"SenderState\":\"IL\",\"SenderZip\":\"62701\"}",
        (long long)template_id);
    answer_text(ask(house.key, "POST", "/api/v1/campaigns", body), "endpoint", endpoint, sizeof endpoint);
}

static char *connection_path(const char *rest)
{
    static char text[200];
    snprintf(text, sizeof text, "/v1/connections/%lld%s", (long long)connection, rest);
    return text;
}

static void make_hook(void)
{
    struct answer a = ask(house.key, "POST", connection_path("/hook"), NULL);
    assert_answer(a, 200, "{\"connection_id\":#,\"token\":\"#-#-~");
    answer_text(a, "path", hook, sizeof hook);
}

static void make_connection(void)
{
    connection =
        answer_number(ask(house.key, "POST", "/v1/connections",
                          "{\"kind\":\"crm\",\"is_tested\":false,\"settings\":{\"base\":\"http://127.0.0.1:9\"},\"secrets\":{"
                          "\"token\":\"s3cret\"}}"),
                      "connection_id");
    make_hook();
}

static int open_all(void **state)
{
    if (house_open(state)) return 1;
    make_connection();
    make_endpoint();
    return 0;
}

/* %E in a body is the campaign's endpoint. */
static struct answer call(const char *text)
{
    static char body[120000];
    const char *mark;
    size_t n = 0;
    while ((mark = strstr(text, "%E"))) {
        n += (size_t)snprintf(body + n, sizeof body - n, "%.*s%s", (int)(mark - text), text, endpoint);
        text = mark + 2;
    }
    snprintf(body + n, sizeof body - n, "%s", text);
    return ask(NULL, "POST", hook, body);
}

#define PIECE(more)   "{\"endpoint\":\"%E\",\"body\":" PERSON more "}"
#define REQUEST(list) "{\"proof\":\"s3cret\",\"pieces\":[" list "]}"
#define NO_CITY       "{\"first_name\":\"Ada\",\"address_street\":\"12 St James Square\"}"

static const struct {
    const char *name, *body;
    int status, made;
    const char *has;
} requests[] = {
    {"nothing is asked for", REQUEST(""), 200, 0, "<Ack>true</Ack>"},
    {"one piece", REQUEST(PIECE("")), 200, 1, "<Ack>true</Ack>"},
    {"the same without an id is another piece", REQUEST(PIECE("")), 200, 1, "<Ack>true</Ack>"},
    {"with an id", REQUEST(PIECE(",\"repeat_id\":\"n1\"")), 200, 1, "<Ack>true</Ack>"},
    {"the same id", REQUEST(PIECE(",\"repeat_id\":\"n1\"")), 200, 0, "<Ack>true</Ack>"},
    {"two, one of them new", REQUEST(PIECE(",\"repeat_id\":\"n1\"") "," PIECE(",\"repeat_id\":\"n2\"")), 200, 1, "<Ack>"},
    {"twice in one request", REQUEST(PIECE(",\"repeat_id\":\"n3\"") "," PIECE(",\"repeat_id\":\"n3\"")), 200, 1, "<Ack>"},
    {"no JSON", "<x/>", 400, 0, "{\"error\":{\"message\":\"That is no JSON.\",\"status_code\":400}}"},
    {"its proof is wrong", "{\"proof\":\"x\"}", 401, 0,
     "{\"error\":{\"message\":\"The proof is wrong.\",\"status_code\":401}}"},
    {"no campaign of that name", "{\"proof\":\"s3cret\",\"pieces\":[{\"endpoint\":\"none\",\"body\":" PERSON "}]}", 404, 0,
     "\"error\""},
    {"no address", "{\"proof\":\"s3cret\",\"pieces\":[{\"endpoint\":\"%E\",\"body\":" NO_CITY "}]}", 400, 0, "\"error\""},
    {"one bad one leaves the others alone",
     "{\"proof\":\"s3cret\",\"pieces\":[{\"endpoint\":\"%E\",\"body\":" NO_CITY
     ",\"repeat_id\":\"n4\"}," PIECE(",\"repeat_id\":\"n5\"") "]}",
     400, 1, "Number 1 of 2 cannot be mailed, the others are: "},
    {"and again: only it is tried again",
     "{\"proof\":\"s3cret\",\"pieces\":[{\"endpoint\":\"%E\",\"body\":" PERSON
     ",\"repeat_id\":\"n4\"}," PIECE(",\"repeat_id\":\"n5\"") "]}",
     200, 1, "<Ack>true</Ack>"},
    {"a body that is no object", "{\"proof\":\"s3cret\",\"pieces\":[{\"endpoint\":\"%E\",\"body\":7}]}", 400, 0, "\"error\""},
};

static void test_requests(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof *requests; i++) {
        int64_t before = pieces();
        struct answer a = call(requests[i].body);
        if (a.status != requests[i].status || !strstr(a.body, requests[i].has) || pieces() - before != requests[i].made)
            fail_msg("%s: %d %s, %d pieces", requests[i].name, a.status, a.body, (int)(pieces() - before));
        assert_null(strstr(a.body, "s3cret"));
    }
    assert_non_null(strstr(ask(house.key, "GET", connection_path(""), NULL).body,
                           "\"requests\":{\"has_token\":true,\"last_refused_date\":\"20"));
}

static void test_content(void **state)
{
    (void)state;
    char header[80];
    struct answer a = call(REQUEST(PIECE(",\"remote_id\":\"c0ffee\"")));
    assert_int_equal(a.status, 200);
    assert_string_equal(answer_header(a, "Content-Type", header, sizeof header), "text/xml");
    char sql[300];
    snprintf(sql, sizeof sql, "SELECT count(*) FROM piece WHERE source_ref = '%lld:c0ffee' AND recipient LIKE '%%shoe%%'",
             (long long)connection);
    assert_int_equal(fresh_store_number(house.address, sql), 1);
}

/* A request may be known by as much as it likes: what is kept of it has a bound, and two that differ in their last letter are two. */
static void test_long_ids(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        int len;
        char last;
        int made;
    } ids[] = {{"the longest that is kept as it is", 200, 'a', 1},
               {"again", 200, 'a', 0},
               {"one byte more", 201, 'a', 1},
               {"again", 201, 'a', 0},
               {"another one", 201, 'b', 1},
               {"very long", 100000, 'a', 1},
               {"again", 100000, 'a', 0},
               {"very long, another one", 100000, 'b', 1}};
    enum { MOST = 100000 };
    char *body = malloc(MOST + 1000), *id = malloc(MOST + 1);
    for (size_t i = 0; i < sizeof ids / sizeof *ids; i++) {
        int64_t before = pieces();
        memset(id, 'x', (size_t)ids[i].len);
        id[ids[i].len - 1] = ids[i].last;
        id[ids[i].len] = 0;
        snprintf(body, MOST + 1000,
                 "{\"proof\":\"s3cret\",\"pieces\":[{\"endpoint\":\"%%E\",\"body\":" PERSON ",\"repeat_id\":\"%s\"}]}", id);
        struct answer a = call(body);
        if (a.status != 200 || pieces() - before != ids[i].made)
            fail_msg("%s: %d %s, %d pieces", ids[i].name, a.status, a.body, (int)(pieces() - before));
    }
    assert_int_equal(fresh_store_number(house.address, "SELECT max(length(repeat_id)) FROM hook_seen"), 200);
    assert_false(limit_set(STR("incoming.id_bytes"), 100, NULL)); /* or what is stored would not be known again */
    free(body);
    free(id);
}

/* Seven days later it means something new. */
static void test_old(void **state)
{
    (void)state;
    int64_t before = pieces();
    assert_int_equal(call(REQUEST(PIECE(",\"repeat_id\":\"old\""))).status, 200);
    assert_int_equal(
        fresh_store_number(house.address,
                           "UPDATE hook_seen SET seen_at = seen_at - 604801000 WHERE repeat_id = 'old' RETURNING 1"),
        1);
    assert_int_equal(call(REQUEST("")).status, 200);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM hook_seen WHERE repeat_id = 'old'"),
                     1); /* nothing asked, nothing trimmed */
    assert_int_equal(call(REQUEST(PIECE(",\"repeat_id\":\"old\""))).status, 200);
    assert_int_equal(pieces(), before + 2);
    assert_int_equal(
        fresh_store_number(house.address,
                           "UPDATE hook_seen SET seen_at = seen_at - 604801000 WHERE repeat_id = 'old' RETURNING 1"),
        1);
    assert_int_equal(call(REQUEST(PIECE(""))).status, 200);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM hook_seen WHERE repeat_id = 'old'"), 0);
}

/* ---- tokens ---- */

static const char nothing[] = "{\"error\":{\"message\":\"There is nothing at this address.\",\"status_code\":404}}";

static void test_tokens(void **state)
{
    (void)state;
    const char *token = strrchr(hook, '/') + 1, *letters = strrchr(hook, '-') + 1;
    char other[8][300];
    int64_t before = pieces();
    assert_int_equal(strlen(letters), 26);
    snprintf(other[0], 300, "/v1/hooks/none/%s", token);
    snprintf(other[1], 300, "%.*s", (int)strlen(hook) - 1, hook);
    snprintf(other[2], 300, "%sx", hook);
    snprintf(other[3], 300, "%s", hook);
    other[3][strlen(hook) - 1] = hook[strlen(hook) - 1] == 'a' ? 'b' : 'a';
    snprintf(other[4], 300, "/v1/hooks/crm/%lld-%lld-%s", (long long)house.other, (long long)connection, letters);
    snprintf(other[5], 300, "/v1/hooks/crm/%lld-424242-%s", (long long)house.account, letters);
    snprintf(other[6], 300, "/v1/hooks/crm/x");
    snprintf(other[7], 300, "/v1/hooks/crm/0-0-%s", letters);
    for (size_t i = 0; i < 8; i++) {
        struct answer a = ask(NULL, "POST", other[i], REQUEST(""));
        print_message("%s\n", other[i]);
        assert_answer(a, 404, nothing);
    }
    assert_int_equal(ask(NULL, "POST", hook, REQUEST("")).status, 200);
    /* it is kept for its connector, and for nobody else */
    struct arena *arena = arena_create(1000);
    struct str kept;
    struct fault f;
    assert_true(incoming_token_kept(&house.links, house.account, connection, arena, &kept, &f));
    assert_true(str_eq(kept, str_of(token)));
    assert_true(incoming_token_kept(&house.links, house.other, connection, arena, &kept, &f));
    assert_null(kept.ptr);
    arena_destroy(&arena);
    /* the digest is not the token, and nobody is shown either */
    assert_null(strstr(ask(house.key, "GET", connection_path(""), NULL).body, letters));
    /* another account's key makes none */
    assert_int_equal(ask(house.other_key, "POST", connection_path("/hook"), NULL).status, 404);
    char old[200];
    snprintf(old, sizeof old, "%s", hook);
    make_hook();
    assert_answer(ask(NULL, "POST", old, REQUEST("")), 404, nothing);
    assert_int_equal(ask(NULL, "POST", hook, REQUEST("")).status, 200);
    /* a secret that is replaced leaves it alone */
    assert_int_equal(
        ask(house.key, "PATCH", connection_path(""), "{\"secrets\":{\"token\":\"s3cret\"},\"is_tested\":false}").status, 200);
    assert_int_equal(ask(NULL, "POST", hook, REQUEST("")).status, 200);
    assert_int_equal(ask(house.key, "DELETE", connection_path("/hook"), NULL).status, 200);
    assert_answer(ask(NULL, "POST", hook, REQUEST("")), 404, nothing);
    make_hook();
    assert_int_equal(pieces(), before);
}

/* Wrong ones are slowed down; a good one from the same address is not. */
static void test_pace(void **state)
{
    (void)state;
    int n = 0;
    char wait[20];
    struct answer a;
    limit_set(STR("incoming.wrong_per_minute"), 20, NULL);
    do a = ask(NULL, "POST", "/v1/hooks/crm/1-1-aaaaaaaaaaaaaaaaaaaaaaaaaa", REQUEST(""));
    while (a.status == 404 && ++n < 40);
    assert_int_equal(a.status, 429);
    assert_true(atoi(answer_header(a, "Retry-After", wait, sizeof wait)) > 0);
    assert_int_equal(ask(NULL, "POST", hook, REQUEST("")).status, 200);
    limit_set(STR("incoming.wrong_per_minute"), 60, NULL);
    usleep(1100000); /* for the tests behind this one: a wrong one a second is taken again */
}

/* A token is a key of its own with a daily cap: what is above waits in a held batch. */
static void test_cap(void **state)
{
    (void)state;
    char target[100], sql[200];
    struct answer a = ask(house.key, "GET", "/api/v1/campaigns", NULL);
    int64_t drop = answer_number(a, "drop_id");
    snprintf(target, sizeof target, "/v1/accounts/%lld/mailer-ids/123456", (long long)house.account);
    ask_operator(0, "PUT", target, NULL);
    snprintf(target, sizeof target, "/api/v1/campaigns/%lld", (long long)drop);
    a = ask(house.key, "PUT", target, "{\"is_live_mode\":1}");
    if (a.status != 200) fail_msg("%s", a.body);
    limit_set(STR("send.key_day"), 1, NULL);
    assert_int_equal(call(REQUEST(PIECE("") "," PIECE(""))).status, 200);
    limit_set(STR("send.key_day"), 10000, NULL);
    snprintf(sql, sizeof sql, "SELECT n FROM day_count WHERE name = 'key %s'", hook + strlen(hook) - 4);
    assert_int_equal(fresh_store_number(house.address, sql), 1); /* the second one is above it */
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM batch WHERE is_test = 0"),
                     2); /* the one to be held is another */
}

/* A connection that is gone takes its token along. */
static void test_gone(void **state)
{
    (void)state;
    assert_int_equal(ask(house.key, "DELETE", connection_path(""), NULL).status, 200);
    assert_answer(call(REQUEST("")), 404, nothing);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM hook_seen"), 0);
}

/* ---- a connection that ends while a request is under way ---- */

static struct {
    pthread_t thread;
    sem_t has_begun;
    int64_t id;
} ending;

/* Whoever comes meanwhile reads the connection as it was, and writes behind this unit. */
static bool end_slowly(struct tx *tx, void *arg)
{
    (void)arg;
    sem_post(&ending.has_begun);
    usleep(400000);
    return connection_end(tx, &house.links, house.account, ending.id);
}

static void *end_it(void *arg)
{
    struct fault f;
    (void)arg;
    if (!store_write(house.store, end_slowly, NULL, &f)) fprintf(stderr, "it did not end: %s\n", f.text);
    return NULL;
}

static void begin_to_end(int64_t id)
{
    ending.id = id;
    sem_init(&ending.has_begun, 0, 0);
    assert_int_equal(pthread_create(&ending.thread, NULL, end_it, NULL), 0);
    sem_wait(&ending.has_begun);
}

static void test_piece_meanwhile(void **state)
{
    (void)state;
    int64_t before = pieces();
    make_connection();
    begin_to_end(connection);
    struct answer a = call(REQUEST(PIECE(",\"repeat_id\":\"late\"")));
    pthread_join(ending.thread, NULL);
    assert_answer(a, 404, "{\"error\":{\"message\":\"There is no connection #.\",\"status_code\":404}}");
    assert_int_equal(pieces(), before);
    connection_clear(&house.links, house.account);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM hook_seen"), 0);
}

static bool put_watched(struct tx *tx, void *arg) { return connection_put(tx, house.seal, arg); }

/* Of one that is watched, whose drop was seen already. */
static void test_post_meanwhile(void **state)
{
    (void)state;
    char sql[200];
    struct fault f = {0};
    struct hook_answer answer = {0};
    struct postalytics *pl = postalytics_create(&house.links, house.dir);
    const struct connector *d = postalytics_connector(pl);
    struct connection c = {.account_id = house.account,
                           .kind = POSTALYTICS_NUMBER,
                           .label = STR("Theirs"),
                           .settings = STR("{\"watch\":\"webhooks\"}"),
                           .secrets = STR("{\"api_key\":\"k\"}")};
    assert_true(store_write(house.store, put_watched, &c, &f));
    snprintf(sql, sizeof sql, "INSERT INTO mirror_drop (account_id, connection_id, drop_id, seen_at) VALUES (%lld, %lld, 7, 1)",
             (long long)c.account_id, (long long)c.connection_id);
    fresh_store_script(house.address, sql);
    struct hook_call h = {.arena = arena_create(1 << 14),
                          .connection = &c,
                          .body = STR("{\"eventType\":11,\"eventDate\":\"2026-05-04T10:31:00Z\",\"meta\":{\"dropId\":7,"
                                      "\"dataId\":812}}")};
    assert_int_equal(d->hook(d->ctx, &h, NULL, &answer, &f), 0);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM mirror_post"), 1);
    begin_to_end(c.connection_id);
    assert_int_equal(d->hook(d->ctx, &h, NULL, &answer, &f), -1);
    pthread_join(ending.thread, NULL);
    assert_int_equal(f.status, 404);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM mirror_post"), 1);
    connection_clear(&house.links, house.account);
    assert_int_equal(fresh_store_number(house.address, "SELECT count(*) FROM mirror_post"), 0);
    arena_destroy(&h.arena);
    postalytics_destroy(&pl);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_content),
        cmocka_unit_test(test_long_ids),
        cmocka_unit_test(test_old),
        cmocka_unit_test(test_tokens),
        cmocka_unit_test(test_pace),
        cmocka_unit_test(test_cap),
        cmocka_unit_test(test_gone),
        cmocka_unit_test(test_piece_meanwhile),
        cmocka_unit_test(test_post_meanwhile),
    };
    return cmocka_run_group_tests(tests, open_all, house_close);
}
