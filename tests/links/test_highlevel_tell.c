/* The link to HighLevel as rows of {what an earlier attempt left, the answers in turn, what comes of it}, on a real piece and connection: which
 * requests it makes in which order, and that nothing is done twice. */
#include <stdio.h>
#include "house.h"
#include "base/clock.h"
#include "base/seal.h"
#include "fake_press.h"
#include "links/crm.h"
#include "links/highlevel/highlevel.h"
#include "links/tokens.h"
#include "mail/send.h"
#include "queries.h"
#include <semaphore.h>

/* What a row does not say is nothing. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

#define NOTES_WITHOUT "{\"notes\":[{\"id\":\"n1\",\"body\":\"Mailed: somebody else [pennypost 1-1]\"}]}"
/* requests */
#define FIND        "GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com"
#define TAG         "POST /contacts/theirs/tags"
#define WRITE       "POST /contacts/theirs/notes"
#define LOOK        "GET /contacts/theirs/notes"
#define TAG_KNOWN   "POST /contacts/known/tags"
#define TAG_FOUND   "POST /contacts/found1/tags", 201, TAGS
#define WRITE_FOUND "POST /contacts/found1/notes", 201, NOTE
/* answers */
#define FOUND     "{\"contact\":{\"id\":\"found1\"}}"
#define NOT_FOUND "{\"contact\":null}"
#define TAGS      "{\"tags\":[\"postalytics event: mailed\"]}"
#define NOTE      "{\"note\":{\"id\":\"n9\"}}"
#define HTML      "<html><body>502 from a proxy</body></html>"
#define ELSEWHERE "{\"statusCode\":403,\"message\":\"The token does not have access to this location.\"}"
#define NO_SCOPE  "{\"statusCode\":401,\"message\":\"The token is not authorized for this scope.\"}"
#define NEVER     "{\"statusCode\":404,\"message\":\"Contact with id theirs not found\",\"traceId\":\"0af7651916cd\"}"
#define PIT       "pit-0123abcd-4567-89ab-cdef-0123456789ab"

enum person { WITH_ID = 1, WITH_EMAIL = 2, WITH_PHONE = 4, REMEMBERED = 8 };
struct exchange {
    const char *asks; /* "METHOD path?query"; NULL: the row's end */
    int status;       /* below 0: a fetch_error */
    const char *answer, *head;
};
#define BROKEN   (-FETCH_BROKEN)
#define NO_ROAD  (-FETCH_NO_CONNECTION)
#define TIMEDOUT (-FETCH_TIMEOUT)

static const struct row {
    const char *name, *settings; /* settings: more of them */
    int person;
    int code;
    const char *mark; /* of an earlier attempt */
    bool is_of_earlier_life;
    struct exchange way[8];
    enum link_result want;
    const char *want_mark; /* NULL: not looked at */
    const char *sentence;  /* a part of it */
    const char *remembers; /* after settle: NULL: nothing */
    int64_t pause_ms;      /* LINK_PAUSE_DESTINATION, LINK_REST: at least */
} rows[] = {
#include "highlevel_tell.def"
};

/* ---- a house with a connection ---- */

static struct house h;
static struct link_house links;
static struct drop drip;

static void test_done(struct send *s) { sem_post(s->arg); }

static bool put_connection(struct tx *tx, void *arg) { return connection_put(tx, links.seal, arg); }

static struct connection put_in(const char *more, const char *secrets)
{
    struct connection c = {.account_id = h.account, .kind = HIGHLEVEL_NUMBER, .label = STR("HL")};
    struct fault f;
    c.settings = str_of(arena_printf(h.arena, "{\"location_id\":\"loc 1\",\"base_url\":\"http://127.0.0.1:1/\"%s}", more));
    c.secrets = str_of(secrets);
    if (!store_write(h.store, put_connection, &c, &f)) fail_msg("%s", f.text);
    return c;
}

static struct send piece_of(const struct connection *c, int person)
{
    struct send s = {.account = h.account, .endpoint = drip.endpoint, .done = test_done};
    struct fault f;
    sem_t done;
    sem_init(&done, 0, 0);
    s.arg = &done;
    house_recipient(s.values, "Ada");
    if (person & WITH_EMAIL) s.values[FIELD_EMAIL_ADDRESS] = STR("ada+x@example.com");
    if (person & WITH_PHONE) s.values[FIELD_PHONE] = STR("+12125550100");
    if (person & WITH_ID) s.source_ref = source_ref_write(h.arena, c->connection_id, STR("theirs"));
    if (!send_begin(h.mail, &s, h.arena, &f)) fail_msg("%s", f.text);
    sem_wait(&done);
    sem_destroy(&done);
    assert_true(s.unit.committed);
    return s;
}

struct doing {
    const struct link_def *link;
    struct link_delivery *d;
    bool ok;
    enum link_result result;
    int64_t contact_id;
    struct str remembered;
};
static bool load(struct tx *tx, void *arg)
{
    struct doing *w = arg;
    w->ok = w->link->load(w->link->ctx, tx, w->d);
    return tx_ok(tx);
}
static bool remember(struct tx *tx, void *arg)
{
    struct doing *w = arg;
    return crm_remember(tx, h.account, w->d->connection_id, w->contact_id, STR("known"));
}
static bool settle(struct tx *tx, void *arg)
{
    struct doing *w = arg;
    return w->link->settle(w->link->ctx, tx, w->d, w->result);
}
static bool look(struct tx *tx, void *arg)
{
    struct doing *w = arg;
    struct r_remote_contact_find row;
    struct q_remote_contact_find in = {h.account, w->d->connection_id, w->contact_id};
    w->remembered = tx_first(tx, Q_REMOTE_CONTACT_FIND, &in, &row) ? arena_str(h.arena, row.remote_id) : STR_NULL;
    return tx_ok(tx);
}

static struct fetch_answer answer_of(const struct exchange *e, const struct link_delivery *d)
{
    struct fetch_answer a = {.status = e->status > 0 ? e->status : 0,
                             .error = e->status < 0 ? (enum fetch_error) - e->status : FETCH_OK};
    bool marked = e->answer && strcmp(e->answer, "MARKER") == 0;
    a.was_sent = a.error == FETCH_OK || a.error == FETCH_TIMEOUT || a.error == FETCH_BROKEN;
    a.body = marked ? str_of(arena_printf(h.arena, "{\"notes\":[{\"id\":\"n1\",\"body\":\"x %.*s\"}]}",
                                          STR_ARG(crm_marker(h.arena, d))))
                    : str_of(e->answer ? e->answer : "");
    a.head = str_of(arena_printf(h.arena, "HTTP/1.1 %d x\r\n%s\r\n", a.status, e->head ? e->head : ""));
    snprintf(a.sentence, sizeof a.sentence, "said %d", a.status);
    return a;
}

static void check_ask(const struct row *r, const struct link_delivery *d, const char *want)
{
    char got[600];
    struct str path = d->ask.url;
    assert_true(str_starts(path, STR("http://127.0.0.1:1/")));
    path = str_make(path.ptr + 18, path.len - 18);
    snprintf(got, sizeof got, "%s %.*s", d->ask.method, STR_ARG(path));
    if (strcmp(got, want) != 0) fail_msg("%s: asks %s, not %s", r->name, got, want);
    assert_true(d->ask.is_guarded);
    assert_str("Authorization: Bearer " PIT, d->ask.headers[d->ask.body.len ? 1 : 0]);
    assert_str("Version: 2021-07-28", d->ask.headers[d->ask.body.len ? 2 : 1]);
}

/* Whether the sentence says what the last answer said, or that answer was of a person and not why it stops: then it is not shown behind it. */
static bool says_it_all(const struct row *r, const struct link_delivery *d)
{
    const struct exchange *last = NULL;
    for (int i = 0; i < 8 && r->way[i].asks; i++) last = &r->way[i];
    if (r->want == LINK_REST && (!last || last->status < 300)) return true;
    if (strstr(d->sentence, "knows no contact") || strstr(d->sentence, "HighLevel has no contact") || !last)
        return r->want == LINK_PERMANENT;
    return r->want != LINK_OK && last->status >= 300 && last->answer && strstr(last->answer, "message") != NULL;
}

static void run_row(const struct row *r)
{
    struct highlevel *hl = highlevel_create(&links); /* each its own pace */
    const struct link_def *link = highlevel_connector(hl)->link;
    struct connection c = put_in(r->settings, "{\"token\":\"" PIT "\"}");
    struct send s = piece_of(&c, r->person);
    struct link_delivery d = {.arena = h.arena, .delivery_id = 7, .connection_id = c.connection_id, .now = clock_now_ms()};
    struct doing w = {.link = link, .d = &d, .contact_id = s.contact_id};
    struct fault f;
    d.sent_mark = str_of(r->mark);
    d.event = (struct event){.account_id = h.account,
                             .source = EVENT_DROP,
                             .source_id = drip.drop_id,
                             .event_id = 4711,
                             .code = r->code,
                             .subject_id = s.piece_id,
                             .happened_at = 1777890660000,
                             .recorded_at = d.now};
    d.may_be_known = r->is_of_earlier_life;
    if (r->person & REMEMBERED) assert_true(store_write(h.store, remember, &w, &f));
    assert_true(store_read(h.store, load, &w, &f));
    if (!w.ok) fail_msg("%s: %s", r->name, d.sentence);
    w.result = link->step(link->ctx, &d, NULL);
    for (const struct exchange *e = r->way; e->asks; e++) {
        if (w.result != LINK_ASK)
            fail_msg("%s: %s before \"%s\": %s", r->name, link_result_word(w.result), e->asks, d.sentence);
        check_ask(r, &d, e->asks);
        struct fetch_answer answer = answer_of(e, &d);
        w.result = link->step(link->ctx, &d, &answer);
    }
    if (w.result != r->want) fail_msg("%s: %s, \"%s\"", r->name, link_result_word(w.result), d.sentence);
    if (r->sentence && !strstr(d.sentence, r->sentence))
        fail_msg("%s: \"%s\" does not say \"%s\"", r->name, d.sentence, r->sentence);
    if (d.says_it_all != says_it_all(r, &d))
        fail_msg("%s: its answer is %sput behind \"%s\"", r->name, d.says_it_all ? "not " : "", d.sentence);
    if (w.result != LINK_OK && !d.sentence[0]) fail_msg("%s: no sentence", r->name);
    if (strstr(d.sentence, "0123456789ab")) fail_msg("%s: a secret in \"%s\"", r->name, d.sentence);
    if (r->want_mark && !str_eq(d.leave_mark, str_of(r->want_mark)))
        fail_msg("%s: leaves \"%.*s\"", r->name, STR_ARG(d.leave_mark));
    if (r->pause_ms && (d.pause_until < d.now + r->pause_ms || d.pause_until > d.now + r->pause_ms + 2000))
        fail_msg("%s: pauses %lld ms", r->name, (long long)(d.pause_until - d.now));
    assert_true(store_write(h.store, settle, &w, &f) && store_read(h.store, look, &w, &f));
    if (!str_eq(w.remembered, r->remembers ? str_of(r->remembers) : STR_NULL) ||
        (w.remembered.ptr != NULL) != (r->remembers != NULL))
        fail_msg("%s: remembers %.*s", r->name, STR_ARG(w.remembered));
    highlevel_destroy(&hl);
}

static void test_ways(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) run_row(&rows[i]);
}

/* ---- words ---- */

/* The lists of status codes, US and Canadian, exactly as customers set up their workflows by them. */
static const struct {
    int code;
    const char *tag;
    bool in_ca;
} tags[] = {
    {STATUS_CREATED, "Postalytics Event: MailPieceCreated", true},
    {STATUS_ADDRESSED, "Postalytics Event: Addressed", true},
    {STATUS_PRINTED, "Postalytics Event: Printed", true},
    {STATUS_MAILED, "Postalytics Event: Mailed", true},
    {STATUS_IN_TRANSIT, "Postalytics Event: InTransit", false},
    {STATUS_IN_LOCAL_AREA, "Postalytics Event: InLocalArea", false},
    {STATUS_PROCESSED, "Postalytics Event: ProcessedForDelivery", false},
    {STATUS_REROUTED, "Postalytics Event: ReRouted", false},
    {STATUS_RETURNED, "Postalytics Event: ReturnedToSender", false},
    {STATUS_PURL_OPENED, "Postalytics Event: pURLOpened", true},
    {STATUS_PURL_COMPLETED, "Postalytics Event: pURLCompleted", true},
};

static struct link_delivery begin_as(const struct highlevel *hl, const struct connection *c, const struct send *s, int code,
                                     const char *mark, enum link_result want)
{
    const struct link_def *link = highlevel_connector(hl)->link;
    struct link_delivery d = {
        .arena = h.arena, .connection_id = c->connection_id, .now = clock_now_ms(), .sent_mark = str_of(mark)};
    struct doing w = {.link = link, .d = &d};
    struct fault f;
    d.event = (struct event){.account_id = h.account,
                             .source = EVENT_DROP,
                             .source_id = drip.drop_id,
                             .event_id = 4711,
                             .code = code,
                             .subject_id = s->piece_id,
                             .happened_at = 1777890660000,
                             .recorded_at = d.now};
    d.event.detail = STR("{\"url\":\"https://example.com/p/abc\"}");
    assert_true(store_read(h.store, load, &w, &f) && w.ok);
    assert_int_equal(link->step(link->ctx, &d, NULL), want);
    return d;
}

static struct link_delivery begin(const struct highlevel *hl, const struct connection *c, const struct send *s, int code,
                                  const char *mark)
{
    return begin_as(hl, c, s, code, mark, LINK_ASK);
}

static void test_words(void **state)
{
    (void)state;
    struct highlevel *hl = highlevel_create(&links);
    struct connection c = put_in(",\"burst\":\"off\"", "{\"token\":\"" PIT "\"}");
    struct send s = piece_of(&c, WITH_ID);
    int n = 0;
    for (size_t i = 0; i < sizeof tags / sizeof *tags; i++) {
        struct link_delivery d = begin(hl, &c, &s, tags[i].code, NULL);
        assert_str(arena_printf(h.arena, "{\"tags\":[\"%s\"]}", tags[i].tag), d.ask.body);
        assert_int_equal(status_find(tags[i].code)->in_ca, tags[i].in_ca);
    }
    while (status_at((size_t)n)) n++;
    assert_int_equal(n, sizeof tags / sizeof *tags);
    struct link_delivery d = begin(hl, &c, &s, STATUS_PURL_OPENED, "tagged");
    assert_str(arena_printf(h.arena,
                            "{\"body\":\"pURLOpened: Spring, mail drop %lld, 2026-05-04 10:31 UTC, https://example.com/p/abc "
                            "[pennypost %lld-4711]\"}",
                            (long long)drip.drop_id, (long long)drip.drop_id),
               d.ask.body);
    c = put_in(",\"tag\":\"Card {code}!\"", "{\"token\":\"" PIT "\"}");
    s = piece_of(&c, WITH_ID);
    assert_str("{\"tags\":[\"Card Mailed!\"]}", begin(hl, &c, &s, STATUS_MAILED, NULL).ask.body);
    c = put_in(",\"create_contacts\":\"yes\"", "{\"token\":\"" PIT "\"}");
    s = piece_of(&c, WITH_EMAIL);
    d = begin(hl, &c, &s, STATUS_MAILED, NULL);
    struct fetch_answer none = {.status = 200, .body = STR(NOT_FOUND), .head = STR("HTTP/1.1 200 x\r\n\r\n")};
    const struct link_def *link = highlevel_connector(hl)->link;
    assert_int_equal(link->step(link->ctx, &d, &none), LINK_ASK);
    assert_str("{\"locationId\":\"loc 1\",\"firstName\":\"Ada\",\"lastName\":\"Doe\",\"address1\":\"350 5th "
               "Ave\",\"city\":\"New York\","
               "\"state\":\"NY\",\"postalCode\":\"10118\",\"email\":\"ada+x@example.com\",\"source\":\"Pennypost\"}",
               d.ask.body);
    highlevel_destroy(&hl);
}

/* Our own bound: what is over it waits, and begins nothing. */
static void test_bound(void **state)
{
    (void)state;
    struct highlevel *hl = highlevel_create(&links);
    const struct link_def *link = highlevel_connector(hl)->link;
    struct connection c = put_in(",\"burst\":\"5\"", "{\"token\":\"" PIT "\"}");
    struct send s = piece_of(&c, WITH_ID);
    begin(hl, &c, &s, STATUS_MAILED, NULL);
    begin(hl, &c, &s, STATUS_PRINTED, NULL); /* four of five are taken, by two deliveries */
    struct link_delivery d = {.arena = h.arena, .connection_id = c.connection_id, .now = clock_now_ms()};
    struct doing w = {.link = link, .d = &d};
    struct fault f;
    d.event = (struct event){.account_id = h.account,
                             .source = EVENT_DROP,
                             .source_id = drip.drop_id,
                             .event_id = 1,
                             .code = STATUS_MAILED,
                             .subject_id = s.piece_id,
                             .recorded_at = d.now};
    assert_true(store_read(h.store, load, &w, &f) && w.ok);
    assert_int_equal(link->step(link->ctx, &d, NULL), LINK_REST);
    assert_true(d.pause_until > d.now + 9000 && d.pause_until <= d.now + 10000);
    assert_non_null(strstr(d.sentence, "own bound of 5 requests"));
    d.now += 10001;
    assert_int_equal(link->step(link->ctx, &d, NULL), LINK_ASK);
    highlevel_destroy(&hl);
}

/* What can be renewed is waited for, which is no failure of the other side; what no renewal mends is not renewed. */
static void test_renewal(void **state)
{
    static const struct {
        const char *name, *secrets, *answer; /* NULL: the token is over before anything is asked */
        int status;
        enum link_result want;
    } cases[] = {
        {"over", "\"expires_at\":1", NULL, 0, LINK_WAIT},
        {"refused", "\"expires_at\":99999999999999", "{}", 401, LINK_WAIT},
        {"without the scope", "\"expires_at\":99999999999999", NO_SCOPE, 401, LINK_AUTH},
        {"of another location", "\"expires_at\":99999999999999", ELSEWHERE, 403, LINK_PERMANENT},
    };
    (void)state;
    struct fault f;
    struct address_guard *guard = address_guard_create(STR_NULL, false, STR_NULL, &f); /* the renewal itself goes nowhere */
    links.fetcher = fetcher_create(&(struct fetcher_config){.guard = guard}, &f);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct highlevel *hl = highlevel_create(&links);
        const struct link_def *link = highlevel_connector(hl)->link;
        links.tokens = tokens_create(&links);
        struct connection c = put_in(",\"client_id\":\"app\"", arena_printf(h.arena,
                                                                            "{\"client_secret\":\"s\",\"access_token\":\"a\","
                                                                            "\"refresh_token\":\"r\",%s}",
                                                                            cases[i].secrets));
        struct send s = piece_of(&c, WITH_ID);
        enum link_result want = cases[i].answer ? LINK_ASK : cases[i].want;
        struct link_delivery d = begin_as(hl, &c, &s, STATUS_MAILED, NULL, want);
        if (cases[i].answer) {
            struct exchange e = {.status = cases[i].status, .answer = cases[i].answer};
            struct fetch_answer answer = answer_of(&e, &d);
            enum link_result got = link->step(link->ctx, &d, &answer);
            if (got != cases[i].want) fail_msg("%s: %s, %s", cases[i].name, link_result_word(got), d.sentence);
        }
        if (cases[i].want == LINK_WAIT) assert_true(d.pause_until > d.now && d.pause_until <= d.now + 1000);
        tokens_destroy(&links.tokens);
        highlevel_destroy(&hl);
    }
    fetcher_destroy(&links.fetcher);
    address_guard_destroy(&guard);
}

static void test_other_events(void **state)
{
    (void)state;
    struct highlevel *hl = highlevel_create(&links);
    struct connection c = put_in("", "{\"token\":\"" PIT "\"}");
    struct link_delivery d = {.arena = h.arena, .connection_id = c.connection_id};
    struct doing w = {.link = highlevel_connector(hl)->link, .d = &d};
    struct fault f;
    d.event = (struct event){.account_id = h.account, .source = EVENT_LIST, .source_id = 1, .code = CONTACT_CREATED};
    assert_true(store_read(h.store, load, &w, &f));
    assert_false(w.ok);
    assert_string_equal(d.sentence, "CRMs are told of what happens to pieces of mail only.");
    highlevel_destroy(&hl);
}

static int open_house(void **state)
{
    (void)state;
    char key[100];
    struct fault f;
    house_open(&h, fake_press(), true);
    drip = house_campaign(&h, h.account);
    snprintf(key, sizeof key, "%s/house.key", h.dir);
    links =
        (struct link_house){.store = h.store, .jobs = h.jobs, .mail = h.mail, .outbox = h.outbox, .seal = seal_open(key, &f)};
    assert_non_null(links.seal);
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    seal_close((struct seal **)&links.seal);
    house_close(&h);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_ways), cmocka_unit_test(test_words), cmocka_unit_test(test_bound),
                                       cmocka_unit_test(test_renewal), cmocka_unit_test(test_other_events)};
    return cmocka_run_group_tests(tests, open_house, close_house);
}
