/* test_connection_save.c: a save whose trial is refused: what it takes back, and what it leaves of what happened meanwhile. The CRM answers as
 * settings.place says; what happens during a trial is done by the connector, which is asked in the middle of it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "../net/fetch_peer.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/json_out.h"
#include "base/log.h"
#include "base/seal.h"
#include "fresh_store.h"
#include "links/connection_end.h"
#include "links/connection_save.h"
#include "links/per_connection.h"
#include "links/tokens.h"
#include "queries.h"

enum { ACCOUNT = 1 };

static struct {
    char dir[64], address[FRESH_STORE_BYTES];
    struct address_guard *guard;
    struct peer *peer;
    struct jobs *jobs;
    struct link_house house;
    struct arena *arena; /* a case's */
    int64_t id;          /* the connection that is tried */
    int n_renewed, n_removed;
    char alive[20];          /* the refresh token that has not been used */
    const char *over;        /* an access token that is none any more; NULL: all are */
    void (*meanwhile)(void); /* once, in a trial */
} t;

static const struct peer_script scripts[] = {
    {"/200", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
    {"/401", "HTTP/1.1 401 Who\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
    {"/403", "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
    {"/503", "HTTP/1.1 503 Later\r\nContent-Length: 2\r\n\r\n{}", PEER_KEEP, 0, NULL},
};

/* ---- the connector: a refresh token is good for one use, and so is a code, which goes before it; a client without either has tokens made too ---- */

static struct str text_of(struct str object, const char *name)
{
    struct json_parser *p = json_parser_create();
    struct json_value root, v = {.type = JSON_MISSING};
    if (object.ptr && json_parse(p, json_padded(t.arena, object), &root, NULL)) v = json_get(root, name);
    struct str s = v.type == JSON_STRING ? arena_str(t.arena, v.string) : STR_NULL;
    json_parser_destroy(&p);
    return s;
}

static enum authorised authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                                 struct fault *f)
{
    void (*meanwhile)(void) = t.meanwhile;
    (void)ctx, (void)now, (void)f;
    t.meanwhile = NULL;
    t.id = c->connection_id;
    if (meanwhile) meanwhile();
    struct str access = text_of(c->secrets, "access");
    if (!access.ptr || text_of(c->secrets, "code").ptr || (t.over && str_eq(access, str_of(t.over)))) return AUTHORISE_RENEW;
    ask->url = str_of(arena_printf(a, "http://127.0.0.1:%d/%.*s", peer_port(t.peer), STR_ARG(text_of(c->settings, "place"))));
    return AUTHORISED;
}

static bool renew_ask(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                      struct fault *f)
{
    struct str code = text_of(c->secrets, "code"), refresh = text_of(c->secrets, "refresh");
    (void)ctx, (void)now;
    if (str_eq(text_of(c->secrets, "client"), STR("wrong"))) return fault_user(f, 409, "The CRM does not know this client.");
    if (!code.ptr && refresh.ptr && !str_eq(refresh, str_of(t.alive)) && !str_starts(refresh, STR("other")))
        return fault_user(f, 409, "The refresh token is used up.");
    ask->method = "POST";
    ask->url = str_of(arena_printf(a, "http://127.0.0.1:%d/200", peer_port(t.peer)));
    return true;
}

static bool renew_read(void *ctx, const struct connection *c, struct arena *a, int64_t now, const struct fetch_answer *answer,
                       struct str *secrets, struct fault *f)
{
    struct str client = text_of(c->secrets, "client");
    bool by_client = !text_of(c->secrets, "code").ptr && !text_of(c->secrets, "refresh").ptr;
    bool by_alive = !text_of(c->secrets, "code").ptr && str_eq(text_of(c->secrets, "refresh"), str_of(t.alive));
    int n = ++t.n_renewed;
    (void)ctx, (void)now, (void)answer, (void)f;
    if (by_alive) snprintf(t.alive, sizeof t.alive, "R%d", n);
    *secrets = str_of(by_client ? arena_printf(a, "{\"client\":\"%.*s\",\"access\":\"A%d\"}", STR_ARG(client), n)
                                : arena_printf(a, "{\"client\":\"%.*s\",\"refresh\":\"%s%d\",\"access\":\"A%d\"}",
                                               STR_ARG(client), by_alive ? "R" : "X", n, n));
    return true;
}

static enum link_result judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n)
{
    (void)ctx;
    snprintf(sentence, n, "The CRM said %d.", answer->status);
    return answer->status == 200 ? LINK_OK : answer->status == 503 ? LINK_RETRY_LATER : LINK_AUTH;
}

static enum link_result step(void *ctx, struct link_delivery *d, const struct fetch_answer *answer)
{
    (void)ctx, (void)d, (void)answer;
    return LINK_OK;
}

static void removed(void *ctx, int64_t connection_id)
{
    (void)ctx;
    t.n_removed += connection_id == t.id;
}

static const int64_t steps[] = {0};
static const struct retry_ladder ladder = {"once", steps, 1, 0};
static const struct link_def link = {.name = "crm", .number = 5, .ladder = &ladder, .window = 1, .step = step};
static const struct connector_setting settings[] = {
    {.name = "place", .is_required = true, .what = "What it answers."},
    {.name = "host", .leads = true, .what = "Where it is."},
    {.name = "user", .fallback = "u1", .makes_token = true, .what = "Whom the tokens are for."},
    {.name = "client", .is_secret = true, .is_required = true, .what = "A client's secret."},
    {.name = "refresh", .is_secret = true, .is_proof = true, .what = "A refresh token."},
    {.name = "code", .is_secret = true, .is_proof = true, .what = "A code."},
};
static const struct connector_operation look = {.name = "look", .method = "GET", .path = "/"};
static const struct connector crm = {
    .name = "crm",
    .title = "The CRM",
    .number = 5,
    .settings = settings,
    .n_settings = sizeof settings / sizeof *settings,
    .operations = &look,
    .n_operations = 1,
    .try_operation = "look",
    .link = &link,
    .authorise = authorise,
    .judge = judge,
    .renew_ask = renew_ask,
    .renew_read = renew_read,
    .removed = removed,
};

/* ---- the house ---- */

static int open_house(void **state)
{
    (void)state;
    struct fault f;
    char file[100];
    static const struct link_def *links[] = {&link};
    snprintf(t.dir, sizeof t.dir, "/tmp/pennypost-save-XXXXXX");
    assert_non_null(mkdtemp(t.dir));
    snprintf(file, sizeof file, "%s/pennypost.db", t.dir);
    fresh_store(file, t.address);
    t.house.store = store_open(&(struct store_config){.address = t.address, .data_dir = t.dir, .node = 1}, &f);
    if (!t.house.store) fail_msg("%s", f.text);
    snprintf(file, sizeof file, "%s/house.key", t.dir);
    t.house.seal = seal_open(file, &f);
    t.guard = address_guard_create(STR("127.0.0.0/8"), true, STR("all"), &f);
    t.house.fetcher = fetcher_create(&(struct fetcher_config){.guard = t.guard}, &f);
    t.house.jobs = t.jobs = jobs_create(t.house.store);
    struct outbox_config outbox = {
        .store = t.house.store, .jobs = t.jobs, .fetcher = t.house.fetcher, .links = links, .n_links = 1, .seal = t.house.seal};
    t.house.outbox = outbox_create(&outbox, &f);
    if (!t.house.outbox) fail_msg("%s", f.text);
    t.peer = peer_start(scripts, sizeof scripts / sizeof *scripts, "127.0.0.1", 0);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    jobs_stop(&t.jobs);
    outbox_stop(t.house.outbox);
    fetcher_destroy(&t.house.fetcher);
    outbox_destroy(&t.house.outbox);
    peer_stop(&t.peer);
    address_guard_destroy(&t.guard);
    seal_close((struct seal **)&t.house.seal);
    store_close(&t.house.store);
    remove_tree(t.dir, NULL);
    return 0;
}

/* A wish in JSON: {"label", "description", "settings", "secrets"}; true: it was taken. */
static bool save_wish(int64_t id, const char *body, bool is_untried, struct connection_trial *trial, struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    struct connection out;
    assert_true(json_parse(p, json_padded(t.arena, str_of(body)), &root, f));
    struct connection_wish w = {.connector = &crm,
                                .account_id = ACCOUNT,
                                .connection_id = id,
                                .label = json_get(root, "label").string,
                                .description = json_get(root, "description").string,
                                .settings = json_get(root, "settings"),
                                .secrets = json_get(root, "secrets"),
                                .is_untried = is_untried};
    *f = (struct fault){0};
    bool ok = connection_save(&t.house, &w, t.arena, &out, trial, f);
    if (ok) t.id = out.connection_id;
    json_parser_destroy(&p);
    return ok;
}

static void take(int64_t id, const char *body)
{
    struct connection_trial trial;
    struct fault f;
    if (!save_wish(id, body, false, &trial, &f)) fail_msg("%s: %s", body, f.text);
}

static void refuse(const char *name, int64_t id, const char *body, int status, const char *sentence)
{
    struct connection_trial trial;
    struct fault f;
    if (save_wish(id, body, false, &trial, &f) || f.status != status || !strstr(f.text, sentence))
        fail_msg("%s: %d %s", name, f.status, f.text);
}

static int64_t number(const char *what) /* of the destination */
{
    char sql[200];
    snprintf(sql, sizeof sql, "SELECT %s FROM destination WHERE connection_id = %lld", what, (long long)t.id);
    return fresh_store_number(t.address, sql);
}

static void set(const char *what)
{
    char sql[300];
    snprintf(sql, sizeof sql, "UPDATE destination SET %s WHERE connection_id = %lld", what, (long long)t.id);
    fresh_store_script(t.address, sql);
}

static struct connection read_connection(void)
{
    struct connection c;
    struct fault f;
    if (!connection_get(t.house.store, t.house.seal, t.arena, ACCOUNT, t.id, &c, &f)) fail_msg("%s", f.text);
    return c;
}

/* One connection that works, with R1 and A1. */
static int begin(void **state)
{
    (void)state;
    t.arena = arena_create(4096);
    t.meanwhile = NULL;
    t.over = NULL;
    t.n_renewed = 0;
    snprintf(t.alive, sizeof t.alive, "R0");
    t.house.tokens = tokens_create(&t.house);
    t.house.saves = per_connection_create(sizeof(bool), NULL, NULL);
    take(0, "{\"label\":\"Ours\",\"description\":\"Old\",\"settings\":{\"place\":\"200\"},\"secrets\":{\"client\":\"c1\","
            "\"refresh\":\"R0\"}}");
    return 0;
}

static int end(void **state)
{
    (void)state;
    tokens_destroy(&t.house.tokens);
    per_connection_destroy(&t.house.saves);
    arena_destroy(&t.arena);
    return 0;
}

/* ---- what events go through ---- */

static void pause_by_person(void)
{
    struct fault f;
    assert_true(destination_set_state(t.house.outbox, ACCOUNT, number("destination_id"), DESTINATION_PAUSED, &f));
}
static void open_by_person(void)
{
    struct fault f;
    assert_true(destination_set_state(t.house.outbox, ACCOUNT, number("destination_id"), DESTINATION_OPEN, &f));
}
/* What attempts with the secrets of the trial leave (outbox/worker_result.c). */
static void pause_by_attempt(void) { set("state = 1, last_error = 'The token was refused.'"); }
static void open_and_pause_by_attempt(void)
{
    open_by_person();
    pause_by_attempt();
}
static bool mark(struct tx *tx, void *arg)
{
    struct q_destination_mark in = *(const struct q_destination_mark *)arg;
    return tx_run(tx, Q_DESTINATION_MARK, &in, NULL);
}
/* One was under way, and ends with a failure that says nothing of the secrets. */
static void pause_by_person_and_fail(void)
{
    struct fault f;
    pause_by_person();
    struct q_destination_mark late = {ACCOUNT, number("destination_id"), DESTINATION_PAUSED, 0, 1000, STR("Later.")};
    assert_true(store_write(t.house.store, mark, &late, &f));
}
static void rest_by_attempt(void) { set("paused_until = 9000000000000, last_error = 'Later.'"); }
static void nothing(void) {}

static void test_pause(void **state)
{
    static const struct {
        const char *name;
        void (*before)(void), (*meanwhile)(void);
        int state;
        bool rests;
    } cases[] = {
        {"open", nothing, nothing, DESTINATION_OPEN, false},
        {"a delivery met the wrong secrets", nothing, pause_by_attempt, DESTINATION_OPEN, false},
        {"so did one behind a person's opening", nothing, open_and_pause_by_attempt, DESTINATION_OPEN, false},
        {"a person paused it", pause_by_person, nothing, DESTINATION_PAUSED, false},
        {"a person pauses it meanwhile", nothing, pause_by_person, DESTINATION_PAUSED, false},
        {"so does one while an attempt is under way", nothing, pause_by_person_and_fail, DESTINATION_PAUSED, false},
        {"refused long before", pause_by_attempt, nothing, DESTINATION_PAUSED, false},
        {"it rests", rest_by_attempt, nothing, DESTINATION_OPEN, true},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        cases[i].before();
        int64_t n_opened = number("n_opened");
        t.meanwhile = cases[i].meanwhile;
        refuse(cases[i].name, t.id, "{\"settings\":{\"place\":\"403\"}}", 400, "The CRM said 403.");
        if (number("state") != cases[i].state) fail_msg("%s: state %lld", cases[i].name, (long long)number("state"));
        if ((number("paused_until") > 0) != cases[i].rests) fail_msg("%s: its rest", cases[i].name);
        /* what attempts of that time will still say of it counts no more */
        if (cases[i].state == DESTINATION_OPEN) assert_true(number("n_opened") > n_opened);
        end(NULL), begin(NULL);
    }
}

/* ---- secrets ---- */

static void check_secrets(const char *name, const char *want)
{
    static const char *const names[] = {"client", "refresh", "access", "code"};
    struct connection c = read_connection();
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        struct str is = text_of(c.secrets, names[i]), wanted = text_of(str_of(want), names[i]);
        if (!str_eq(is, wanted)) fail_msg("%s: %.*s", name, STR_ARG(c.secrets));
    }
}

/* What the trial has spent is not to be had back, what it has not is. */
static void test_secrets(void **state)
{
    static const char before[] = "{\"client\":\"c1\",\"refresh\":\"R1\",\"access\":\"A1\"}";
    static const struct {
        const char *name, *wish, *sentence, *secrets;
    } cases[] = {
        {"another place", "{\"settings\":{\"place\":\"403\"}}", "The CRM said 403.", before},
        {"another client", "{\"settings\":{\"place\":\"403\"},\"secrets\":{\"client\":\"c2\"}}", "The CRM said 403.",
         "{\"client\":\"c1\",\"refresh\":\"R2\",\"access\":\"A2\"}"},
        {"a client that is not known", "{\"secrets\":{\"client\":\"wrong\"}}", "does not know this client", before},
        {"another refresh token", "{\"settings\":{\"place\":\"403\"},\"secrets\":{\"refresh\":\"other\"}}", "The CRM said 403.",
         before},
        {"a code", "{\"settings\":{\"place\":\"403\"},\"secrets\":{\"code\":\"x\"}}", "The CRM said 403.", before},
        {"another client, and no code", "{\"settings\":{\"place\":\"403\"},\"secrets\":{\"client\":\"c2\",\"code\":null}}",
         "The CRM said 403.", "{\"client\":\"c1\",\"refresh\":\"R2\",\"access\":\"A2\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct connection_trial trial;
        struct fault f;
        check_secrets("before", before);
        refuse(cases[i].name, t.id, cases[i].wish, 400, cases[i].sentence);
        check_secrets(cases[i].name, cases[i].secrets);
        assert_true(str_eq(text_of(read_connection().settings, "place"), STR("200")));
        assert_true(connection_try(&t.house, &crm, ACCOUNT, t.id, t.arena, &trial, &f));
        if (!trial.is_working || !str_eq(text_of(read_connection().secrets, "refresh"), str_of(t.alive)))
            fail_msg("%s: %s", cases[i].name, trial.sentence);
        end(NULL), begin(NULL);
    }
}

/* Tokens that a client has made, as often as it likes: those of a trial that is refused were made with what is taken back. */
static void test_made(void **state)
{
    static const char client[] = "{\"client\":\"c1\",\"access\":\"A2\"}",
                      one[] = "{\"client\":\"c1\",\"refresh\":\"R1\",\"access\":\"A1\"}";
    static const struct {
        const char *name;
        bool is_client; /* else it has a refresh token */
        const char *over, *wish, *sentence /* NULL: it is taken */, *secrets;
    } cases[] = {
        {"another client", true, NULL, "{\"settings\":{\"place\":\"403\"},\"secrets\":{\"client\":\"c2\"}}", "said 403",
         client},
        {"and user", true, NULL, "{\"settings\":{\"place\":\"403\",\"user\":\"u2\"},\"secrets\":{\"client\":\"c2\"}}",
         "said 403", client},
        {"another user", true, NULL, "{\"settings\":{\"place\":\"403\",\"user\":\"u2\"}}", "said 403", client},
        {"another place, the token is over", true, "A2", "{\"settings\":{\"place\":\"403\"}}", "said 403", client},
        {"so is one with a refresh token", false, "A1", "{\"settings\":{\"place\":\"403\"}}", "said 403",
         "{\"client\":\"c1\",\"refresh\":\"R2\",\"access\":\"A2\"}"},
        {"a good user", true, NULL, "{\"settings\":{\"user\":\"u2\"}}", NULL, "{\"client\":\"c1\",\"access\":\"A3\"}"},
        {"a good user with a refresh token", false, NULL, "{\"settings\":{\"user\":\"u2\"}}", NULL,
         "{\"client\":\"c1\",\"refresh\":\"R2\",\"access\":\"A2\"}"},
        {"the same user", true, NULL, "{\"settings\":{\"user\":\"u1\"}}", NULL, client},
        {"another place", false, NULL, "{\"settings\":{\"place\":\"503\"}}", NULL, one},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        if (cases[i].is_client) take(0, "{\"settings\":{\"place\":\"200\"},\"secrets\":{\"client\":\"c1\"}}");
        check_secrets("before", cases[i].is_client ? client : one);
        t.over = cases[i].over;
        if (cases[i].sentence)
            refuse(cases[i].name, t.id, cases[i].wish, 400, cases[i].sentence);
        else
            take(t.id, cases[i].wish);
        check_secrets(cases[i].name, cases[i].secrets);
        end(NULL), begin(NULL);
    }
}

/* Secrets that would go to another place are said again; not those that are not there any more. */
static void test_address(void **state)
{
    static const struct {
        const char *wish, *sentence; /* NULL: it is taken */
    } cases[] = {
        {"{\"settings\":{\"place\":\"200\",\"host\":\"b\"}}", "secrets.client."},
        {"{\"settings\":{\"host\":\"b\"},\"secrets\":{\"client\":\"c1\"}}", "secrets.refresh."},
        {"{\"settings\":{\"host\":\"b\"},\"secrets\":{\"code\":\"x\"}}", "secrets.client."},
        {"{\"settings\":{\"host\":\"b\"},\"secrets\":{\"client\":\"c1\",\"code\":\"x\"}}", NULL},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        if (cases[i].sentence)
            refuse(cases[i].wish, t.id, cases[i].wish, 400, cases[i].sentence);
        else
            take(t.id, cases[i].wish);
}

/* Of secrets that each prove who asks the one that is said counts: no old one is left that would go before it. */
static void test_proofs(void **state)
{
    static const struct {
        const char *wish, *secrets;
    } cases[] = {
        {"{\"secrets\":{\"code\":\"x\"}}", "{\"client\":\"c1\",\"code\":\"x\"}"},
        {"{\"secrets\":{\"client\":\"c2\"}}", "{\"client\":\"c2\",\"code\":\"x\"}"},
        {"{\"secrets\":{\"refresh\":\"other\"}}", "{\"client\":\"c2\",\"refresh\":\"other\"}"},
        {"{\"secrets\":{\"refresh\":\"other2\",\"code\":\"y\"}}", "{\"client\":\"c2\",\"refresh\":\"other2\",\"code\":\"y\"}"},
        {"{\"secrets\":{\"code\":null}}", "{\"client\":\"c2\",\"refresh\":\"other2\"}"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct connection_trial trial;
        struct fault f;
        if (!save_wish(t.id, cases[i].wish, true, &trial, &f)) fail_msg("%s: %s", cases[i].wish, f.text);
        check_secrets(cases[i].wish, cases[i].secrets);
    }
}

/* ---- somebody else meanwhile ---- */

static void relabel(void) { take(t.id, "{\"label\":\"Theirs\"}"); }
static void describe(void) { take(t.id, "{\"description\":\"\"}"); }

/* Two that change where it leads do not cross: what the first is put back to would not be there any more. */
static void change(void)
{
    struct connection_trial trial;
    struct fault f;
    refuse("a second trial", t.id, "{\"settings\":{\"place\":\"503\"}}", 409, "is being tried at The CRM");
    refuse("secrets", t.id, "{\"secrets\":{\"client\":\"c9\"}}", 409, "Try again in a minute.");
    assert_false(save_wish(t.id, "{\"settings\":{\"place\":\"503\"}}", true, &trial, &f));
    assert_int_equal(f.status, 409);
}

static void change_another(void)
{
    int64_t id = t.id;
    take(0, "{\"settings\":{\"place\":\"200\"},\"secrets\":{\"client\":\"c5\",\"refresh\":\"other\"}}");
    take(t.id, "{\"settings\":{\"place\":\"503\"}}");
    t.id = id;
}

static bool put_elsewhere(struct tx *tx, void *arg) { return connection_put(tx, t.house.seal, arg); }

static void change_on_another_node(void)
{
    struct connection c = read_connection();
    struct fault f;
    c.settings = STR("{ \"place\": \"403\" }");
    assert_true(store_write(t.house.store, put_elsewhere, &c, &f));
}

static void drop(void)
{
    struct fault f;
    assert_true(connection_drop(&t.house, &crm, ACCOUNT, t.id, &f));
}

#define REFUSED "\"settings\":{\"place\":\"403\"}}"
#define A_NEW   "{\"label\":\"New\",\"secrets\":{\"client\":\"c7\",\"refresh\":\"other\"}," REFUSED

/* What becomes of it when the first is refused. */
static const struct {
    const char *name, *wish;
    bool is_new;
    void (*meanwhile)(void);
    bool is_there;
    const char *label, *description, *place;
} crossed[] = {
    {"nobody", "{\"label\":\"Mine\",\"description\":\"Mine\"," REFUSED, false, nothing, true, "Ours", "Old", "200"},
    {"a label", "{" REFUSED, false, relabel, true, "Theirs", "Old", "200"},
    {"a label that both say", "{\"label\":\"Mine\"," REFUSED, false, relabel, true, "Theirs", "Old", "200"},
    {"a description", "{\"label\":\"Mine\"," REFUSED, false, describe, true, "Ours", "", "200"},
    {"settings", "{" REFUSED, false, change, true, "Ours", "Old", "200"},
    {"settings of another connection", "{" REFUSED, false, change_another, true, "Ours", "Old", "200"},
    {"settings on another node", "{" REFUSED, false, change_on_another_node, true, "Ours", "Old", "403"},
    {"its removal", "{" REFUSED, false, drop, false, NULL, NULL, NULL},
    {"a new one", A_NEW, true, nothing, false, NULL, NULL, NULL},
    {"a new one's label", A_NEW, true, relabel, false, NULL, NULL, NULL},
    {"a new one's settings", A_NEW, true, change, false, NULL, NULL, NULL},
    {"a new one's settings on another node", A_NEW, true, change_on_another_node, true, "New", "", "403"},
    {"a new one's removal", A_NEW, true, drop, false, NULL, NULL, NULL},
};

static bool is_there(void)
{
    struct connection c;
    struct fault f;
    return connection_get(t.house.store, t.house.seal, t.arena, ACCOUNT, t.id, &c, &f);
}

static void test_meanwhile(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof crossed / sizeof *crossed; i++) {
        const char *name = crossed[i].name;
        t.n_removed = 0;
        t.meanwhile = crossed[i].meanwhile;
        refuse(name, crossed[i].is_new ? 0 : t.id, crossed[i].wish, 400,
               crossed[i].meanwhile == drop ? "" : "The CRM said 403.");
        if (is_there() != crossed[i].is_there || t.n_removed != !crossed[i].is_there)
            fail_msg("%s: is it there? %d times removed", name, t.n_removed);
        if (!crossed[i].is_there) {
            end(NULL), begin(NULL);
            continue;
        }
        struct connection c = read_connection();
        if (!str_eq(c.label, str_of(crossed[i].label)) || !str_eq(c.description, str_of(crossed[i].description)) ||
            !str_eq(text_of(c.settings, "place"), str_of(crossed[i].place)))
            fail_msg("%s: %.*s, %.*s, %.*s", name, STR_ARG(c.label), STR_ARG(c.description), STR_ARG(c.settings));
        take(t.id, "{\"settings\":{\"place\":\"200\"}}"); /* and the next may change it */
        end(NULL), begin(NULL);
    }
}

/* ---- a fresh token ---- */

/* A new connection whose token, made in the trial, is not let in: it is the CRM that refuses, with its own sentence. */
static void test_fresh(void **state)
{
    (void)state;
    t.n_removed = 0;
    refuse("a fresh token", 0,
           "{\"settings\":{\"place\":\"401\"},\"secrets\":{\"client\":\"c1\",\"refresh\":\"other\",\"code\":\"x\"}}", 400,
           "The CRM said 401.");
    assert_false(is_there());
    assert_int_equal(t.n_removed, 1);
    assert_int_equal(t.n_renewed, 2); /* begin's, and this one's */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_pause, begin, end),   cmocka_unit_test_setup_teardown(test_secrets, begin, end),
        cmocka_unit_test_setup_teardown(test_proofs, begin, end),  cmocka_unit_test_setup_teardown(test_meanwhile, begin, end),
        cmocka_unit_test_setup_teardown(test_fresh, begin, end),   cmocka_unit_test_setup_teardown(test_made, begin, end),
        cmocka_unit_test_setup_teardown(test_address, begin, end),
    };
    return cmocka_run_group_tests(tests, open_house, close_house);
}
