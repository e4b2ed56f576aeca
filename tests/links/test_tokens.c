/* test_tokens.c: renewing: once at a time however many ask, stored before it is used, and what a refusal, a silence and somebody else's save
 * do. The other side is a scripted peer; the connector counts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "../net/fetch_peer.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include "base/seal.h"
#include "fresh_store.h"
#include "links/call.h"
#include "links/connection_save.h"
#include "base/limits.h"
#include "links/tokens.h"

enum { THREADS = 8, ACCOUNT = 1 };

static struct {
    char dir[64], address[FRESH_STORE_BYTES];
    struct address_guard *guard;
    struct peer *peer;
    struct link_house house;
    _Atomic int asked, read;
    const char *path; /* what the peer is asked for */
    bool saves_meanwhile,
        relabels_meanwhile; /* somebody saves the connection before the renewed token is stored; only its label */
    int64_t connection_id;
} t;

#define JSON_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
static const struct peer_script scripts[] = {
    {"/200", JSON_ANSWER, PEER_KEEP, 0, NULL},
    {"/401", "HTTP/1.1 401 Who\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
    {"/403", "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
    {"/500", "HTTP/1.1 500 Fault\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
    {"/renew", JSON_ANSWER, PEER_KEEP, 0, NULL},
    {"/refuse", "HTTP/1.1 400 Bad Request\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
    {"/echo",
     "HTTP/1.1 400 No\r\nContent-Length: 76\r\n\r\n{\"message\":\"the token 0123456789-first-0123456789 and cGVubnk6cG9zdA== "
     "oh\"}\n",
     PEER_KEEP, 0, NULL},
    {"/fail", "HTTP/1.1 500 Oh\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
    {"/slowly", "HTTP/1.1 429 Slowly\r\nContent-Length: 0\r\n\r\n", PEER_KEEP, 0, NULL},
};

/* ---- the connector ---- */

static bool renew_ask(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                      struct fault *f)
{
    (void)ctx, (void)now, (void)f;
    atomic_fetch_add(&t.asked, 1);
    ask->method = "POST";
    ask->url = str_of(arena_printf(a, "http://127.0.0.1:%d%s", peer_port(t.peer), t.path));
    ask->body = arena_str(a, c->secrets);
    return true;
}

static int64_t save_connection(int64_t id, const char *secrets);

static bool renew_read(void *ctx, const struct connection *c, struct arena *a, int64_t now, const struct fetch_answer *answer,
                       struct str *secrets, struct fault *f)
{
    (void)ctx, (void)now;
    if (strcmp(t.path, "/echo") == 0) return fault_user(f, 409, "It says: %.*s", STR_ARG(answer->body));
    if (answer->status != 200) return fault_user(f, 409, "The refresh token is used up. Authorise again.");
    if (t.saves_meanwhile) save_connection(c->connection_id, "{\"token\":\"saved\"}");
    if (t.relabels_meanwhile) save_connection(c->connection_id, NULL);
    *secrets = str_of(arena_printf(a, "{\"token\":\"renewed %d\"}", atomic_fetch_add(&t.read, 1) + 1));
    return true;
}

static enum authorised authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                                 struct fault *f)
{
    (void)ctx, (void)c, (void)now, (void)f;
    ask->url = str_of(arena_printf(a, "http://127.0.0.1:%d%.*s", peer_port(t.peer), STR_ARG(ask->url)));
    ask->headers[ask->n_headers++] = STR("Authorization: Basic cGVubnk6cG9zdA==");
    return AUTHORISED;
}

/* As strict as can be: every no is one to the credentials. */
static enum link_result judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    (void)ctx;
    snprintf(sentence, n, "The CRM said %d.", answer->status);
    return answer->status == 200 ? LINK_OK : LINK_AUTH;
}

static const struct connector_operation look_at = {.name = "look", .method = "GET", .path = "/401"};
static const struct connector crm = {.name = "crm",
                                     .title = "The CRM",
                                     .operations = &look_at,
                                     .n_operations = 1,
                                     .try_operation = "look",
                                     .number = 5,
                                     .authorise = authorise,
                                     .judge = judge,
                                     .renew_ask = renew_ask,
                                     .renew_read = renew_read};

static enum link_result judge_saying(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    (void)ctx;
    snprintf(sentence, n, "It says: %.*s", STR_ARG(answer->body));
    return LINK_PERMANENT;
}

static const struct connector asking = {
    .name = "asking", .title = "It", .number = 7, .authorise = authorise, .judge = judge_saying};
static const struct connector fixed = {.name = "fixed", .title = "The other", .number = 6};

/* ---- the house ---- */

struct save {
    struct connection c;
};
static bool save(struct tx *tx, void *arg) { return connection_put(tx, t.house.seal, &((struct save *)arg)->c); }

static int64_t save_connection(int64_t id, const char *secrets)
{
    struct fault f;
    struct save s = {{.account_id = ACCOUNT,
                      .connection_id = id,
                      .kind = 5,
                      .label = STR("Sales"),
                      .settings = STR("{}"),
                      .secrets = str_of(secrets)}};
    if (!store_write(t.house.store, save, &s, &f)) fail_msg("%s", f.text);
    return s.c.connection_id;
}

static struct connection read_connection(struct arena *a)
{
    struct connection c;
    struct fault f;
    assert_true(connection_get(t.house.store, t.house.seal, a, ACCOUNT, t.connection_id, &c, &f));
    return c;
}

static int open_house(void **state)
{
    (void)state;
    struct fault f;
    char file[100];
    snprintf(t.dir, sizeof t.dir, "/tmp/pennypost-tokens-XXXXXX");
    assert_non_null(mkdtemp(t.dir));
    snprintf(file, sizeof file, "%s/pennypost.db", t.dir);
    fresh_store(file, t.address);
    t.house.store = store_open(&(struct store_config){.address = t.address, .data_dir = t.dir, .node = 1}, &f);
    if (!t.house.store) fail_msg("%s", f.text);
    snprintf(file, sizeof file, "%s/house.key", t.dir);
    t.house.seal = seal_open(file, &f);
    t.guard = address_guard_create(STR("127.0.0.0/8"), true, STR("all"), &f);
    t.house.fetcher = fetcher_create(&(struct fetcher_config){.guard = t.guard}, &f);
    t.peer = peer_start(scripts, sizeof scripts / sizeof *scripts, "127.0.0.1", 0);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    fetcher_destroy(&t.house.fetcher);
    peer_stop(&t.peer);
    address_guard_destroy(&t.guard);
    seal_close((struct seal **)&t.house.seal);
    store_close(&t.house.store);
    remove_tree(t.dir, NULL);
    return 0;
}

/* A connection of its own and no memory of renewals for each case. */
static int begin(void **state)
{
    (void)state;
    t.path = "/renew";
    t.saves_meanwhile = t.relabels_meanwhile = false;
    t.asked = t.read = 0;
    t.connection_id = save_connection(0, "{\"token\":\"first\"}");
    t.house.tokens = tokens_create(&t.house);
    return 0;
}

static int end(void **state)
{
    (void)state;
    tokens_destroy(&t.house.tokens);
    return 0;
}

/* Until it is no longer under way. */
static enum token_state renew(const struct connector *d, const struct connection *c, struct fault *why)
{
    enum token_state s;
    for (int i = 0; (s = token_renew(t.house.tokens, d, c, why)) == TOKEN_RENEWING; i++) {
        assert_true(i < 2000);
        usleep(5000);
    }
    return s;
}

/* ---- the cases ---- */

static void *one_of_many(void *arg)
{
    struct arena *a = arena_create(1024);
    struct connection *c = arg;
    struct connection mine = *c;
    struct fault f;
    bool ok = token_renew_now(t.house.tokens, &crm, &mine, a, &f);
    bool is_new = ok && mine.version == c->version + 1 && str_eq(mine.secrets, STR("{\"token\":\"renewed 1\"}"));
    arena_destroy(&a);
    return is_new ? NULL : arg;
}

static void test_once_at_a_time(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct connection c = read_connection(a);
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&threads[i], NULL, one_of_many, &c), 0);
    for (int i = 0; i < THREADS; i++) {
        void *trouble;
        pthread_join(threads[i], &trouble);
        assert_null(trouble);
    }
    assert_int_equal(t.asked, 1);
    assert_int_equal(peer_seen(t.peer, "/renew"), 1);
    arena_destroy(&a);
}

/* Whoever is told that it is renewed finds it stored. */
static void test_stored_before_used(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct connection c = read_connection(a), now;
    struct fault f;
    assert_int_equal(renew(&crm, &c, &f), TOKEN_RENEWED);
    now = read_connection(a);
    assert_true(str_eq(now.secrets, STR("{\"token\":\"renewed 1\"}")));
    assert_int_equal(now.version, c.version + 1);
    /* one who read the old one long ago is told the same, and asks for nothing */
    assert_int_equal(renew(&crm, &c, &f), TOKEN_RENEWED);
    assert_int_equal(t.asked, 1);
    /* the new one refused at once: the other side is at odds with itself; asked again when it is no longer young */
    for (int i = 0; i < 5; i++) assert_int_equal(renew(&crm, &now, &f), TOKEN_FAILED);
    assert_string_equal(f.text, "The CRM refuses the token that it has just renewed.");
    assert_int_equal(t.asked, 1);
    arena_destroy(&a);
}

/* What is refused again and again is not asked for for ever. */
static void test_young(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct connection c = read_connection(a);
    struct fault f;
    assert_true(limit_set(STR("connector.young"), 300, &f));
    assert_int_equal(renew(&crm, &c, &f), TOKEN_RENEWED);
    for (int n = 1; n <= 2; n++) {
        c = read_connection(a);
        assert_int_equal(renew(&crm, &c, &f), TOKEN_FAILED);
        usleep(350000);
        assert_int_equal(renew(&crm, &c, &f), TOKEN_RENEWED);
        assert_int_equal(t.asked, n + 1);
    }
    c = read_connection(a);
    assert_int_equal(renew(&crm, &c, &f), TOKEN_REFUSED);
    assert_string_equal(
        f.text, "The CRM refuses the token that it has just renewed, 3 times in a row. Authorise the connection again.");
    token_forget(t.house.tokens, c.account_id, c.connection_id); /* a person tries it */
    assert_int_equal(renew(&crm, &c, &f), TOKEN_FAILED);
    assert_true(limit_set(STR("connector.young"), 60000, &f));
    arena_destroy(&a);
}

static void test_refused(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct connection c = read_connection(a);
    struct fault f;
    t.path = "/refuse";
    assert_int_equal(renew(&crm, &c, &f), TOKEN_REFUSED);
    assert_string_equal(f.text, "The refresh token is used up. Authorise again.");
    assert_int_equal(renew(&crm, &c, &f), TOKEN_REFUSED); /* remembered */
    assert_false(token_renew_now(t.house.tokens, &crm, &c, a, &f));
    assert_string_equal(f.text, "The refresh token is used up. Authorise again.");
    assert_int_equal(t.asked, 1);
    assert_true(str_eq(read_connection(a).secrets, STR("{\"token\":\"first\"}")));
    /* saved again, it is tried again */
    t.path = "/renew";
    save_connection(t.connection_id, "{\"token\":\"second\"}");
    c = read_connection(a);
    assert_true(token_renew_now(t.house.tokens, &crm, &c, a, &f));
    assert_int_equal(t.asked, 2);
    arena_destroy(&a);
}

/* A person who tries a connection is told what is so now, not what was remembered. */
static void test_tried_now(void **state)
{
    (void)state;
    static const char *const paths[] = {"/refuse", "/fail", "/refuse", "/renew"};
    struct arena *a = arena_create(1024);
    for (int i = 0; i < 4; i++) {
        struct connection_trial trial;
        struct fault f;
        t.path = paths[i];
        assert_true(connection_try(&t.house, &crm, ACCOUNT, t.connection_id, a, &trial, &f));
        assert_false(trial.is_working);
        assert_int_equal(t.asked, i + 1);
        assert_int_equal(trial.is_refused, i != 1); /* with the new token it is the CRM itself that refuses */
    }
    assert_true(str_eq(read_connection(a).secrets, STR("{\"token\":\"renewed 1\"}")));
    arena_destroy(&a);
}

/* What came of a trial is kept as no change of the connection, and only where what was tried stands still. */
static void test_trial_kept(void **state)
{
    static const struct {
        const char *name, *path;
        bool saves, relabels, is_kept;
        int n_changes; /* of the connection */
        const char *sentence;
    } cases[] = {
        {"refused", "/refuse", false, false, true, 0, "The refresh token is used up. Authorise again."},
        {"with a token that was renewed on the way", "/renew", false, false, true, 1, "The CRM said 401."},
        {"a label meanwhile", "/renew", false, true, true, 2, "The CRM said 401."},
        {"other secrets meanwhile", "/renew", true, false, false, 1, ""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *a = arena_create(1024);
        struct connection before = read_connection(a), after;
        struct connection_trial trial;
        struct fault f;
        t.path = cases[i].path;
        t.saves_meanwhile = cases[i].saves;
        t.relabels_meanwhile = cases[i].relabels;
        assert_true(before.tried.at == DB_NULL);
        assert_true(connection_try(&t.house, &crm, ACCOUNT, t.connection_id, a, &trial, &f));
        after = read_connection(a);
        if ((after.tried.at != DB_NULL) != cases[i].is_kept) fail_msg("%s: it is kept, or is not", cases[i].name);
        if (cases[i].is_kept && !str_eq(after.tried.sentence, str_of(cases[i].sentence)))
            fail_msg("%s: %.*s", cases[i].name, STR_ARG(after.tried.sentence));
        assert_false(after.tried.is_working);
        assert_int_equal(after.version - before.version, cases[i].n_changes);
        arena_destroy(&a);
        end(NULL), begin(NULL);
    }
}

static void test_failed(void **state)
{
    (void)state;
    static const char *const silent[] = {"/fail", "/slowly"};
    for (size_t i = 0; i < 2; i++) {
        struct arena *a = arena_create(1024);
        struct connection c = read_connection(a);
        struct fault f;
        int before = t.asked;
        t.path = silent[i];
        assert_int_equal(renew(&crm, &c, &f), TOKEN_FAILED);
        assert_int_equal(f.whose, FAULT_REMOTE);
        assert_int_equal(renew(&crm, &c, &f), TOKEN_FAILED); /* not at once again */
        assert_int_equal(t.asked, before + 1);
        /* another version does not wait for it */
        t.path = "/renew";
        save_connection(t.connection_id, "{\"token\":\"second\"}");
        c = read_connection(a);
        assert_int_equal(renew(&crm, &c, &f), TOKEN_RENEWED);
        end(NULL), begin(NULL);
        arena_destroy(&a);
    }
}

/* Of a renewal and a save the save wins: its token is the newer one. */
static void test_saved_meanwhile(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct connection c = read_connection(a);
    struct fault f;
    t.saves_meanwhile = true;
    assert_true(token_renew_now(t.house.tokens, &crm, &c, a, &f));
    assert_true(str_eq(c.secrets, STR("{\"token\":\"saved\"}")));
    arena_destroy(&a);
}

/* A save that leaves the secrets alone does not cost the new one: the old one is used up. */
static void test_relabelled_meanwhile(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct connection c = read_connection(a);
    struct fault f;
    t.relabels_meanwhile = true;
    assert_true(token_renew_now(t.house.tokens, &crm, &c, a, &f));
    assert_true(str_eq(c.secrets, STR("{\"token\":\"renewed 1\"}")));
    arena_destroy(&a);
}

/* What the other side says again of what it was told is neither shown nor kept: of a renewal, and of any request. */
static void test_echo(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct fault f;
    struct connector_answer answer;
    static const char said[] = "{\"message\":\"the token [secret] and [secret] oh\"}\n";
    save_connection(t.connection_id, "{\"token\":\"0123456789-first-0123456789\"}");
    struct connection c = read_connection(a);
    struct fetch_ask ask = {.method = "GET", .url = STR("/echo")};
    t.path = "/echo";
    assert_true(connector_call(&t.house, &asking, &c, &ask, a, &answer, &f));
    if (!str_eq(answer.body, str_of(said))) fail_msg("%.*s", STR_ARG(answer.body));
    assert_true(str_ends(str_of(answer.sentence), STR("{\"message\":\"the token [secret] and [secret] oh\"} "))); /* one line */
    assert_int_equal(renew(&crm, &c, &f), TOKEN_REFUSED);
    assert_string_equal(f.text, "It says: {\"message\":\"the token [secret] and cGVubnk6cG9zdA== oh\"} ");
    arena_destroy(&a);
}

static void test_nothing_to_renew(void **state)
{
    (void)state;
    struct arena *a = arena_create(1024);
    struct connection c = read_connection(a);
    struct fault f;
    assert_int_equal(renew(&fixed, &c, &f), TOKEN_REFUSED);
    assert_string_equal(f.text, "The other refuses this connection's token. Save the connection with a new one.");
    assert_int_equal(f.status, 409);
    arena_destroy(&a);
}

/* A call renews a token that was refused, whatever status says so (SOAP: 500); a token that lacks rights would lack them again. */
static void test_calls(void **state)
{
    static const struct {
        const char *path, *renewal;
        int n_asked, n_renewals, status; /* 0: there is no answer, for want of a token */
    } cases[] = {
        {"/200", "/renew", 1, 0, 200}, {"/401", "/renew", 2, 1, 401},  {"/500", "/renew", 2, 1, 500},
        {"/403", "/renew", 1, 0, 403}, {"/403", "/refuse", 1, 0, 403}, {"/401", "/refuse", 1, 1, 0},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *a = arena_create(1024);
        struct connection c = read_connection(a);
        struct fetch_ask ask = {.method = "GET", .url = str_of(cases[i].path)};
        struct connector_answer answer;
        struct fault f = {0};
        int before = peer_seen(t.peer, cases[i].path);
        t.path = cases[i].renewal;
        bool ok = connector_call(&t.house, &crm, &c, &ask, a, &answer, &f);
        if (ok != (cases[i].status != 0) || (ok && answer.status != cases[i].status) || t.asked != cases[i].n_renewals ||
            peer_seen(t.peer, cases[i].path) - before != cases[i].n_asked)
            fail_msg("%s, %s: %d, %d renewals, %s", cases[i].path, cases[i].renewal, answer.status, t.asked, f.text);
        if (ok && answer.status == 403) assert_string_equal(answer.sentence, "The CRM said 403.");
        arena_destroy(&a);
        end(NULL), begin(NULL);
    }
}

static bool lacks_scope(void *ctx, const struct fetch_answer *answer)
{
    (void)ctx;
    return answer->status == 401;
}

/* Of a token that has only just been made, and of rights, which a new one would lack too, the answer counts: nothing is renewed. */
static void test_no_age(void **state)
{
    static const struct {
        const char *path;
        bool is_young, knows_scopes;
        int n_renewals;
    } cases[] = {
        {"/401", false, false, 1}, {"/401", true, false, 0}, {"/401", false, true, 0},
        {"/500", true, false, 0},  {"/500", false, true, 1},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *a = arena_create(1024);
        struct connector d = crm;
        struct connection c = read_connection(a);
        struct connector_answer answer;
        struct fault f = {0};
        if (cases[i].knows_scopes) d.lacks_scope = lacks_scope;
        if (cases[i].is_young) assert_true(token_renew_now(t.house.tokens, &crm, &c, a, &f));
        t.asked = 0;
        for (int n = 0; n < 2; n++) { /* the second finds it young in every case */
            struct fetch_ask ask = {.method = "GET", .url = str_of(cases[i].path)};
            bool ok = connector_call(&t.house, &d, &c, &ask, a, &answer, &f);
            if (!ok || answer.result != LINK_AUTH || answer.status != atoi(cases[i].path + 1) || t.asked != cases[i].n_renewals)
                fail_msg("%s, case %zu: %d, %d renewals, %s", cases[i].path, i, answer.status, t.asked, f.text);
        }
        arena_destroy(&a);
        end(NULL), begin(NULL);
    }
}

/* Somebody's patience: the request is cut to what is left of it, and not begun with too little left. "/silence" hangs. */
static void test_patience(void **state)
{
    static const struct {
        const char *path;
        int left_ms; /* 0: no bound */
        bool ok, is_asked;
        enum fetch_error error;
    } cases[] = {
        {"/200", 0, true, true, FETCH_OK},
        {"/200", 10000, true, true, FETCH_OK},
        {"/200", 100, false, false, FETCH_OK},
        {"/200", -1, false, false, FETCH_OK},
        {"/silence", 2500, false, true, FETCH_TIMEOUT},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct arena *a = arena_create(1024);
        struct connection c = read_connection(a);
        struct fetch_ask ask = {.method = "GET", .url = str_of(cases[i].path)};
        struct connector_answer answer;
        struct fault f = {0};
        int before = peer_seen(t.peer, cases[i].path);
        int64_t from = clock_mono_ms(), until = cases[i].left_ms ? from + cases[i].left_ms : 0;
        bool ok = connector_call_by(&t.house, &crm, &c, &ask, until, a, &answer, &f);
        int64_t took = clock_mono_ms() - from;
        if (ok != cases[i].ok || answer.error != cases[i].error ||
            (peer_seen(t.peer, cases[i].path) > before) != cases[i].is_asked)
            fail_msg("%s, %d ms: %d, %d, %s", cases[i].path, cases[i].left_ms, ok, answer.error, f.text);
        if (!cases[i].is_asked) assert_non_null(strstr(f.text, "was not asked"));
        if (cases[i].error == FETCH_TIMEOUT) assert_in_range(took, 1000, 8000);
        arena_destroy(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_once_at_a_time, begin, end),
        cmocka_unit_test_setup_teardown(test_stored_before_used, begin, end),
        cmocka_unit_test_setup_teardown(test_young, begin, end),
        cmocka_unit_test_setup_teardown(test_refused, begin, end),
        cmocka_unit_test_setup_teardown(test_tried_now, begin, end),
        cmocka_unit_test_setup_teardown(test_trial_kept, begin, end),
        cmocka_unit_test_setup_teardown(test_failed, begin, end),
        cmocka_unit_test_setup_teardown(test_saved_meanwhile, begin, end),
        cmocka_unit_test_setup_teardown(test_relabelled_meanwhile, begin, end),
        cmocka_unit_test_setup_teardown(test_nothing_to_renew, begin, end),
        cmocka_unit_test_setup_teardown(test_calls, begin, end),
        cmocka_unit_test_setup_teardown(test_no_age, begin, end),
        cmocka_unit_test_setup_teardown(test_patience, begin, end),
        cmocka_unit_test_setup_teardown(test_echo, begin, end),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
