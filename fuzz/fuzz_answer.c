/* fuzz_answer.c: any bytes as what CRMs answer. Each becomes a result with a sentence that can be stored, and what we know of ourselves is not in it. The
 * first two bytes: what was asked, and the status. */
#include "links/highlevel/highlevel_private.h"
#include "links/postalytics/postalytics_private.h"
#include "links/salesforce/salesforce_delivery.h"
#include "links/salesforce/salesforce_private.h"
#include "links/salesforce/salesforce_wish.h"
#include "base/log.h"
#include "base/redact.h"
#include "base/utf8.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TOKEN    "00D000000000001!AQcAQH0dMHZfz972Szmpkb58urFRkgeBGsxL"
#define SECRETS  "{\"access_token\":\"" TOKEN "\",\"client_secret\":\"pass word&more\"}"
#define SETTINGS "{\"flow\":\"client_credentials\",\"login_url\":\"https://acme.my.salesforce.com\",\"client_id\":\"c\"}"
static const struct link_house nothing;
static struct highlevel *hl;
static struct str no_token = {SECRETS, sizeof SECRETS - 1};

static void check_result(struct arena *a, enum link_result r, char *sentence, size_t n, struct str body)
{
    struct redaction redaction = redaction_begin(a);
    ASSERT(r > LINK_ASK && r < LINK_RESULTS);
    ASSERT(r == LINK_OK || sentence[0] || !body.len);
    redaction_add_json(&redaction, no_token);
    redaction_run_in(&redaction, sentence, n);
    utf8_mend(sentence);
    ASSERT(strlen(sentence) < n && utf8_is_valid(str_of(sentence), NULL));
    ASSERT(!strstr(sentence, "00D000000000001!A") && !strstr(sentence, "pass word&more"));
    struct str left = redaction_run(&redaction, body);
    ASSERT(!left.len || !memmem(left.ptr, left.len, "00D000000000001!A", 17));
}

static void group(struct arena *a, const struct fetch_answer *answer, enum sf_phase phase, bool is_refused)
{
    static const char *const ids[] = {"003000000000001AAA", "003000000000002AAA", "00Q000000000003AAA"};
    struct link_delivery all[3], *const members[] = {&all[0], &all[1], &all[2]};
    enum link_result results[] = {LINK_ASK, LINK_ASK, LINK_ASK};
    struct fault f;
    for (int i = 0; i < 3; i++) {
        struct sf_delivery *s = ARENA_NEW(a, struct sf_delivery);
        all[i] = (struct link_delivery){.arena = a, .state = s, .now = 1000};
        ASSERT(sf_objects_read(a, STR("Contact; Lead"), &s->config, &f));
        s->phase = phase;
        s->object = &s->config.objects[i == 2];
        s->remote_id = str_of(ids[i]);
        s->email = i ? STR("b@x.org") : STR("a@x.org");
        s->field = STR("F__c");
        s->row = i;
    }
    if (is_refused)
        sf_answer_refused(members, 3, answer, "refused", results);
    else
        sf_answer_read(members, 3, answer->body, results);
    for (int i = 0; i < 3; i++)
        if (results[i] != LINK_ASK) check_result(a, results[i], all[i].sentence, sizeof all[i].sentence, STR_NULL);
}

static void renew(struct arena *a, const struct fetch_answer *answer, bool of_highlevel)
{
    struct connection c = {.settings = STR(SETTINGS), .secrets = STR(SECRETS)};
    struct fault f = {0};
    struct str secrets = STR_NULL;
    struct json_value root;
    struct json_parser *p = json_parser_create();
    bool ok = of_highlevel ? highlevel_renew_read(hl, &c, a, 1, answer, &secrets, &f)
                           : sf_renew_read(NULL, &c, a, 1, answer, &secrets, &f);
    if (ok) ASSERT(json_parse(p, json_padded(a, secrets), &root, NULL) && json_get(root, "access_token").type == JSON_STRING);
    if (!ok) ASSERT(f.text[0] && utf8_is_valid(str_of(f.text), NULL));
    json_parser_destroy(&p);
}

/* A page of a query as rows: as many line ends outside of quotes as records. */
static void rows(struct arena *a, const struct fetch_answer *answer)
{
    struct sf_wish w = {.n_columns = 3,
                        .columns = {{STR("company"), STR("Account.Name")}, {STR("a"), STR("S#1")}, {STR("b"), STR("S#2")}}};
    struct json_parser *p = json_parser_create();
    struct json_value root;
    struct buf b = BUF_INIT;
    if (json_parse(p, json_padded(a, answer->body), &root, NULL) && json_get(root, "records").type == JSON_ARRAY) {
        int64_t n = sf_rows_add(a, &w, json_get(root, "records"), &b), n_lines = 0;
        bool is_quoted = false;
        for (size_t i = 0; i < b.len; i++) {
            is_quoted ^= b.data[i] == '"';
            n_lines += !is_quoted && b.data[i] == '\n';
        }
        ASSERT(n < 0 || (n == n_lines && n == (int64_t)json_count(json_get(root, "records")) && !is_quoted));
        ASSERT(utf8_is_valid(buf_str(&b), NULL));
    }
    buf_finish(&b);
    json_parser_destroy(&p);
}

static void sent(struct arena *a, const struct fetch_answer *answer)
{
    struct connector_answer in = {.status = answer->status, .body = answer->body, .sentence = "said", .was_sent = true};
    struct sender_piece piece = {.status = 0};
    struct json_parser *p = json_parser_create();
    enum sender_outcome out = postalytics_send_outcome(p, a, &in, &piece);
    ASSERT(out == SENDER_SENT || piece.why.text[0]);
    ASSERT(out != SENDER_SENT || (answer->status >= 200 && answer->status <= 299));
    struct str said = postalytics_message(p, a, answer->body);
    ASSERT(!said.ptr || utf8_is_valid(said, NULL));
    json_parser_destroy(&p);
}

static void judge(struct arena *a, const struct fetch_answer *answer, bool of_highlevel)
{
    char sentence[300] = "";
    int64_t used, most;
    struct sf_error e;
    enum link_result r =
        of_highlevel ? highlevel_judge(answer, sentence, sizeof sentence) : sf_judge(NULL, answer, sentence, sizeof sentence);
    check_result(a, r, sentence, sizeof sentence, answer->body);
    sf_error_read(answer->body, &e);
    ASSERT(utf8_is_valid(str_of(e.message), NULL));
    if (sf_limit_read(answer->body, &used, &most)) ASSERT(used >= 0 && most > 0);
    (void)highlevel_says_gone(answer);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int statuses[] = {200, 201, 204, 300, 400, 401, 403, 404, 408, 422, 429, 500, 503};
    if (!hl) hl = highlevel_create(&nothing);
    if (size < 2) return 0;
    struct arena *a = arena_create(1 << 16);
    struct fetch_answer answer = {.status = statuses[data[1] % (sizeof statuses / sizeof *statuses)],
                                  .body = str_make(data + 2, size - 2)};
    snprintf(answer.sentence, sizeof answer.sentence, "%d", answer.status);
    switch (*data) {
    case 'J': judge(a, &answer, false); break;
    case 'j': judge(a, &answer, true); break;
    case 'W': group(a, &answer, SF_PHASE_WRITE, false); break;
    case 'F': group(a, &answer, SF_PHASE_SEARCH, false); break;
    case 'R': group(a, &answer, SF_PHASE_WRITE, true); break;
    case 'T': renew(a, &answer, false); break;
    case 't': renew(a, &answer, true); break;
    case 'P': sent(a, &answer); break;
    case 'Q': rows(a, &answer); break;
    default: break;
    }
    arena_destroy(&a);
    return 0;
}
