/* The link to HighLevel as rows of {what an earlier attempt left, the answers in turn, what comes of it}, on a real piece and connection: which
 * requests it makes in which order, and that nothing is done twice. */
#include <stdio.h>
#include "house.h"
#include "base/clock.h"
#include "base/seal.h"
#include "fake_press.h"
#include "links/crm.h"
#include "links/highlevel/highlevel.h"
#include "mail/send.h"
#include "queries.h"
#include <semaphore.h>

#define NOTES_WITHOUT "{\"notes\":[{\"id\":\"n1\",\"body\":\"Mailed: somebody else [pennypost 1-1]\"}]}"
#define FOUND         "{\"contact\":{\"id\":\"found1\"}}"
#define NOT_FOUND     "{\"contact\":null}"
#define TAGS          "{\"tags\":[\"postalytics event: mailed\"]}"
#define NOTE          "{\"note\":{\"id\":\"n9\"}}"
#define HTML          "<html><body>502 from a proxy</body></html>"
#define PIT           "pit-0123abcd-4567-89ab-cdef-0123456789ab"

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
    int64_t pause_ms;      /* LINK_PAUSE_DESTINATION: at least */
} rows[] = {
    {"id, tag, note",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS}, {"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    {"by e-mail",
     "",
     WITH_EMAIL | WITH_PHONE,
     STATUS_MAILED,
     NULL,
     false,
     {{"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, FOUND},
      {"POST /contacts/found1/tags", 201, TAGS},
      {"POST /contacts/found1/notes", 201, NOTE}},
     LINK_OK,
     .remembers = "found1"},
    {"by phone when not by e-mail",
     "",
     WITH_EMAIL | WITH_PHONE,
     STATUS_MAILED,
     NULL,
     false,
     {{"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, NOT_FOUND},
      {"GET /contacts/search/duplicate?locationId=loc%201&number=%2B12125550100", 200, "{\"contacts\":[{\"id\":\"found1\"}]}"},
      {"POST /contacts/found1/tags", 201, TAGS},
      {"POST /contacts/found1/notes", 201, NOTE}},
     LINK_OK,
     .remembers = "found1"},
    {"nobody",
     "",
     WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, NOT_FOUND}},
     LINK_PERMANENT,
     .sentence = "create_contacts"},
    {"nothing to find by",
     ",\"create_contacts\":\"yes\"",
     0,
     STATUS_MAILED,
     NULL,
     false,
     {{0}},
     LINK_PERMANENT,
     .sentence = "Send one of them"},
    {"created",
     ",\"create_contacts\":\"yes\"",
     WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, "{\"contacts\":[]}"},
      {"POST /contacts/upsert", 200, "{\"new\":true,\"contact\":{\"id\":\"found1\"}}"},
      {"POST /contacts/found1/tags", 201, TAGS},
      {"POST /contacts/found1/notes", 201, NOTE}},
     LINK_OK,
     .remembers = "found1"},
    {"remembered",
     "",
     REMEMBERED | WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/known/tags", 201, TAGS}, {"POST /contacts/known/notes", 201, NOTE}},
     LINK_OK,
     .remembers = "known"},
    /* deleted there */
    {"gone, found again",
     "",
     REMEMBERED | WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/known/tags", 404, "{\"message\":\"Not found\"}"},
      {"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, FOUND},
      {"POST /contacts/found1/tags", 201, TAGS},
      {"POST /contacts/found1/notes", 201, NOTE}},
     LINK_OK,
     .remembers = "found1"},
    {"gone, said with 400",
     "",
     WITH_ID | WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 400, "{\"message\":\"Contact with id theirs not found\"}"},
      {"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, FOUND},
      {"POST /contacts/found1/tags", 201, TAGS},
      {"POST /contacts/found1/notes", 201, NOTE}},
     LINK_OK,
     .remembers = "found1"},
    {"gone, and nobody: not created again",
     ",\"create_contacts\":\"yes\"",
     REMEMBERED | WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/known/tags", 404, HTML},
      {"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, NOT_FOUND}},
     LINK_PERMANENT,
     .sentence = "was deleted in HighLevel"},
    {"gone twice",
     "",
     REMEMBERED | WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/known/tags", 404, "{}"},
      {"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200,
       "{\"contact\":{\"id\":\"known\"}}"},
      {"POST /contacts/known/tags", 404, "{}"}},
     LINK_PERMANENT,
     .sentence = "was deleted in HighLevel"},
    {"gone, and an error while looking",
     "",
     WITH_ID | WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 404, "{}"},
      {"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 500, "{}"}},
     LINK_RETRY_LATER,
     "gone "},
    {"… the next attempt looks on",
     "",
     WITH_ID | WITH_EMAIL,
     STATUS_MAILED,
     "gone ",
     false,
     {{"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, FOUND},
      {"POST /contacts/found1/tags", 201, TAGS},
      {"POST /contacts/found1/notes", 201, NOTE}},
     LINK_OK,
     .remembers = "found1"},
    /* going on where another attempt stopped */
    {"tag done, note refused for now",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS}, {"POST /contacts/theirs/notes", 429, "{\"message\":\"Too Many Requests\"}"}},
     LINK_PAUSE_DESTINATION,
     "tagged at=theirs",
     .pause_ms = 10000,
     .sentence = "goes on by itself"},
    {"… goes on with the note",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged at=theirs",
     false,
     {{"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    {"note timed out",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged at=theirs",
     false,
     {{"POST /contacts/theirs/notes", TIMEDOUT}},
     LINK_RETRY_LATER,
     "tagged noting at=theirs"},
    {"note's answer broke off",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged at=theirs",
     false,
     {{"POST /contacts/theirs/notes", BROKEN}},
     LINK_RETRY_LATER,
     "tagged noting at=theirs"},
    {"note in an error of theirs",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged at=theirs",
     false,
     {{"POST /contacts/theirs/notes", 502, HTML}},
     LINK_RETRY_LATER,
     "tagged noting at=theirs"},
    {"note answered in HTML",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged at=theirs",
     false,
     {{"POST /contacts/theirs/notes", 201, HTML}},
     LINK_RETRY_LATER,
     "tagged noting at=theirs",
     .sentence = "base_url"},
    {"note's answer cut off",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged at=theirs",
     false,
     {{"POST /contacts/theirs/notes", 201, "{\"note\":{\"id\":\"n"}},
     LINK_RETRY_LATER,
     "tagged noting at=theirs"},
    {"note never left",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged at=theirs",
     false,
     {{"POST /contacts/theirs/notes", NO_ROAD}},
     LINK_RETRY_LATER,
     "tagged at=theirs"},
    {"… looks, finds it",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged noting at=theirs",
     false,
     {{"GET /contacts/theirs/notes", 200, "MARKER"}},
     LINK_OK},
    {"… looks, does not find it",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged noting at=theirs",
     false,
     {{"GET /contacts/theirs/notes", 200, NOTES_WITHOUT}, {"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    {"… looks, and that fails",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged noting at=theirs",
     false,
     {{"GET /contacts/theirs/notes", 500, "{}"}},
     LINK_RETRY_LATER,
     "tagged noting at=theirs"},
    {"… looks, and it is HTML",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged noting at=theirs",
     false,
     {{"GET /contacts/theirs/notes", 200, HTML}},
     LINK_RETRY_LATER,
     "tagged noting at=theirs"},
    {"… looks, not there, and is not acted on",
     "",
     WITH_ID,
     STATUS_MAILED,
     "tagged noting at=theirs",
     false,
     {{"GET /contacts/theirs/notes", 200, NOTES_WITHOUT}, {"POST /contacts/theirs/notes", 429, ""}},
     LINK_PAUSE_DESTINATION,
     "tagged at=theirs"},
    {"an earlier life may have written it",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     true,
     {{"POST /contacts/theirs/tags", 201, TAGS}, {"GET /contacts/theirs/notes", 200, "MARKER"}},
     LINK_OK},
    /* visits */
    {"a visit",
     "",
     WITH_ID,
     STATUS_PURL_OPENED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS}, {"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    {"a visit that fires again",
     ",\"refire_visits\":\"yes\"",
     WITH_ID,
     STATUS_PURL_OPENED,
     NULL,
     false,
     {{"DELETE /contacts/theirs/tags", 200, TAGS},
      {"POST /contacts/theirs/tags", 201, TAGS},
      {"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    {"… stopped between",
     ",\"refire_visits\":\"yes\"",
     WITH_ID,
     STATUS_PURL_COMPLETED,
     NULL,
     false,
     {{"DELETE /contacts/theirs/tags", 200, "{\"tags\":[]}"}, {"POST /contacts/theirs/tags", 503, ""}},
     LINK_RETRY_LATER,
     "untagged at=theirs"},
    {"… goes on",
     ",\"refire_visits\":\"yes\"",
     WITH_ID,
     STATUS_PURL_COMPLETED,
     "untagged at=theirs",
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS}, {"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    {"a scan does not fire again",
     ",\"refire_visits\":\"yes\"",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS}, {"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    /* what is set */
    {"tag only",
     ",\"write_note\":\"no\"",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS}},
     LINK_OK},
    {"note only",
     ",\"write_tag\":\"no\"",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/notes", 201, NOTE}},
     LINK_OK},
    {"nothing", ",\"write_tag\":\"no\",\"write_note\":\"no\"", WITH_ID, STATUS_MAILED, NULL, false, {{0}}, LINK_OK},
    /* what is answered */
    {"401",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 401, "{\"statusCode\":401,\"message\":\"Invalid Private Integration token " PIT "\"}"}},
     LINK_AUTH,
     "at=theirs",
     .sentence = "refuses the connection's token (Invalid Private Integration token"},
    {"403",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 403, "{\"message\":\"The token does not have access to this location.\"}"}},
     LINK_AUTH,
     .sentence = "location_id"},
    {"422, a list",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 422,
       "{\"statusCode\":422,\"message\":[\"tags must be an array\",\"second\"],\"error\":\"Unprocessable Entity\"}"}},
     LINK_PERMANENT,
     .sentence = "422 (tags must be an array; second)"},
    {"400, a text",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 400, "{\"statusCode\":400,\"message\":\"Bad\\nRequest.\"}"}},
     LINK_PERMANENT,
     .sentence = "400 (Bad Request)"},
    {"429, Retry-After",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 429, "", "Retry-After: 90\r\n"}},
     LINK_PAUSE_DESTINATION,
     "at=theirs",
     .pause_ms = 90000},
    {"429, the interval",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 429, "", "X-RateLimit-Interval-Milliseconds: 20000\r\n"}},
     LINK_PAUSE_DESTINATION,
     .pause_ms = 20000},
    {"429, the day's",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 429, "",
       "X-RateLimit-Limit-Daily: 200000\r\nX-RateLimit-Daily-Remaining: 0\r\nX-RateLimit-Daily-Reset: 7200000\r\n"}},
     LINK_PAUSE_DESTINATION,
     .pause_ms = 7200000,
     .sentence = "daily limit of 200000 requests"},
    {"the day's last",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS, "x-ratelimit-daily-remaining: 0\r\n"}},
     LINK_PAUSE_DESTINATION,
     "tagged at=theirs",
     .pause_ms = 3600000,
     .sentence = "daily limit"},
    {"the burst's last",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, TAGS, "X-RateLimit-Remaining: 0\r\nX-RateLimit-Interval-Milliseconds: 10000\r\n"}},
     LINK_PAUSE_DESTINATION,
     "tagged at=theirs",
     .pause_ms = 10000},
    {"503 with Retry-After",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 503, HTML, "Retry-After: 30\r\n"}},
     LINK_PAUSE_DESTINATION,
     .pause_ms = 30000},
    {"500",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 500, "{\"message\":\"oops\"}"}},
     LINK_RETRY_LATER,
     "at=theirs",
     .sentence = "(oops)"},
    {"a redirect",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 302, "", "Location: https://example.com/\r\n"}},
     LINK_RETRY_LATER,
     .sentence = "base_url"},
    {"HTML",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 200, HTML}},
     LINK_RETRY_LATER,
     "at=theirs",
     .sentence = "not in JSON"},
    {"no body",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, ""}},
     LINK_RETRY_LATER,
     "at=theirs"},
    {"the wrong shape",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", 201, "[1]"}},
     LINK_RETRY_LATER,
     "at=theirs",
     .sentence = "without the contact's tags"},
    {"a contact of the wrong shape",
     "",
     WITH_EMAIL,
     STATUS_MAILED,
     NULL,
     false,
     {{"GET /contacts/search/duplicate?locationId=loc%201&email=ada%2Bx%40example.com", 200, "{\"contact\":{\"id\":7}}"}},
     LINK_RETRY_LATER,
     "",
     .sentence = "without a contact"},
    {"reset",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", BROKEN}},
     LINK_RETRY_LATER,
     "at=theirs",
     .sentence = "did not answer"},
    {"an address we do not speak to",
     "",
     WITH_ID,
     STATUS_MAILED,
     NULL,
     false,
     {{"POST /contacts/theirs/tags", -FETCH_REFUSED}},
     LINK_PERMANENT,
     .sentence = "cannot be made"},
};

/* ---- a house with a connection ---- */

static struct house h;
static struct link_house links;
static struct drop drip;

static void test_done(struct send *s) { sem_post(s->arg); }

static bool put_connection(struct tx *tx, void *arg) { return connection_put(tx, links.seal, arg); }

static struct connection connect(const char *more, const char *secrets)
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

static void run_row(const struct row *r)
{
    struct highlevel *hl = highlevel_create(&links); /* each its own pace */
    const struct link_def *link = highlevel_connector(hl)->link;
    struct connection c = connect(r->settings, "{\"token\":\"" PIT "\"}");
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
                             .recorded_at = d.now + (r->is_of_earlier_life ? -60000 : 60000)};
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

static struct link_delivery begin(const struct highlevel *hl, const struct connection *c, const struct send *s, int code,
                                  const char *mark)
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
                             .recorded_at = d.now + 60000};
    d.event.detail = STR("{\"url\":\"https://example.com/p/abc\"}");
    assert_true(store_read(h.store, load, &w, &f) && w.ok);
    assert_int_equal(link->step(link->ctx, &d, NULL), LINK_ASK);
    return d;
}

static void test_words(void **state)
{
    (void)state;
    struct highlevel *hl = highlevel_create(&links);
    struct connection c = connect(",\"burst\":\"off\"", "{\"token\":\"" PIT "\"}");
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
    c = connect(",\"tag\":\"Card {code}!\"", "{\"token\":\"" PIT "\"}");
    s = piece_of(&c, WITH_ID);
    assert_str("{\"tags\":[\"Card Mailed!\"]}", begin(hl, &c, &s, STATUS_MAILED, NULL).ask.body);
    c = connect(",\"create_contacts\":\"yes\"", "{\"token\":\"" PIT "\"}");
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
    struct connection c = connect(",\"burst\":\"5\"", "{\"token\":\"" PIT "\"}");
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
                             .recorded_at = d.now + 60000};
    assert_true(store_read(h.store, load, &w, &f) && w.ok);
    assert_int_equal(link->step(link->ctx, &d, NULL), LINK_PAUSE_DESTINATION);
    assert_true(d.pause_until > d.now + 9000 && d.pause_until <= d.now + 10000);
    assert_non_null(strstr(d.sentence, "own bound of 5 requests"));
    d.now += 10001;
    assert_int_equal(link->step(link->ctx, &d, NULL), LINK_ASK);
    highlevel_destroy(&hl);
}

static void test_other_events(void **state)
{
    (void)state;
    struct highlevel *hl = highlevel_create(&links);
    struct connection c = connect("", "{\"token\":\"" PIT "\"}");
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
                                       cmocka_unit_test(test_other_events)};
    return cmocka_run_group_tests(tests, open_house, close_house);
}
