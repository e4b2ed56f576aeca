/* Campaigns: what they must say, what another account sees of them, and smart sends of a whole list. */
#include "house.h"
#include "base/clock.h"
#include "base/limits.h"
#include "fake_press.h"
#include "mail/contact_row.h"
#include <stdio.h>
#include <unistd.h>

static int setup(void **state)
{
    static struct house h;
    house_open(&h, fake_press(), true);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    struct fault f;
    house_close(*state);
    assert_true(limit_set(STR("batch.max_pieces"), 5000, &f));
    return 0;
}

enum change { NAME, TYPE, TEMPLATE, POSTAGE, CREDIT, SENDER, CITY, STATE, ZIP, COUNTRY, URL, LIST };

static void test_checks(void **state)
{
    struct house *h = *state;
    struct fault f;
    int64_t template_id = house_template(h, h->account, "<p>x</p>");
    static char x[101];
    memset(x, 'x', sizeof x);
    const struct {
        const char *name;
        enum change what;
        int number;
        struct str text;
        int status; /* 0: taken */
        const char *words;
    } cases[] = {
        {"no name", NAME, 0, STR_NULL, 400, "DirectMailName is required"},
        {"long name", NAME, 0, {x, 101}, 400, "DirectMailName is longer"},
        {"no such type", TYPE, 7, STR_NULL, 400, "CampaignType 7"},
        {"no template", TEMPLATE, 0, STR_NULL, 400, "TemplateFrontId is required"},
        {"no such template", TEMPLATE, 9999, STR_NULL, 404, "template 9999"},
        {"postage", POSTAGE, 2, STR_NULL, 400, "PostageType 2"},
        {"unknown credit", CREDIT, 20, STR_NULL, 400, "CreditTypeId 20 is not known"},
        {"credit of another size", CREDIT, 21, STR_NULL, 400, "CreditTypeId 21 is for another size"},
        {"credit of another class", CREDIT, 32, STR_NULL, 400, "CreditTypeId 32 is not for PostageType 0"},
        {"no sender", SENDER, 0, STR("  "), 400, "SenderName is required"},
        {"no city", CITY, 0, STR_NULL, 400, "SenderCity is required"},
        {"no such state", STATE, 0, STR("ZZ"), 400, "SenderState \"ZZ\""},
        {"bad zip", ZIP, 0, STR("abc"), 400, "SenderZip \"abc\""},
        {"foreign sender", COUNTRY, 0, STR("CA"), 400, "SenderCountry"},
        {"script address", URL, 0, STR("javascript:alert(1)"), 400, "StartingUrl"},
        {"good address", URL, 0, STR("https://x.test/a"), 0, NULL},
        {"smart send without a list", LIST, 0, STR_NULL, 400, "ContactListId is required"},
        {"smart send of no list", LIST, 9999, STR_NULL, 404, "list 9999"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct drop d = house_drop(template_id, CAMPAIGN_TRIGGERED);
        switch (cases[i].what) {
        case NAME: d.name = cases[i].text; break;
        case TYPE: d.kind = (enum campaign_kind)cases[i].number; break;
        case TEMPLATE: d.template_id = cases[i].number; break;
        case POSTAGE: d.postage_type = cases[i].number; break;
        case CREDIT: d.credit_type = cases[i].number; break;
        case SENDER: d.sender_name = cases[i].text; break;
        case CITY: d.sender_city = cases[i].text; break;
        case STATE: d.sender_state = cases[i].text; break;
        case ZIP: d.sender_zip = cases[i].text; break;
        case COUNTRY: d.sender_country = cases[i].text; break;
        case URL: d.starting_url = cases[i].text; break;
        case LIST: d.kind = CAMPAIGN_SMART_SEND, d.contact_list_id = cases[i].number; break;
        }
        bool ok = campaign_create(h->mail, h->account, &d, &f);
        if (ok != !cases[i].status) fail_msg("%s: %s", cases[i].name, ok ? "taken" : f.text);
        if (!ok && (f.status != cases[i].status || !strstr(f.text, cases[i].words)))
            fail_msg("%s: %d %s", cases[i].name, f.status, f.text);
    }
}

static void test_round_trip_and_others(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop d = house_drop(house_template(h, h->account, "<p>x</p>"), CAMPAIGN_TRIGGERED), got, *all;
    struct drop_stats stats;
    d.sender_address2 = STR("Suite \"9\"");
    d.starting_url = STR("https://x.test/");
    d.is_live = true; /* not asked: a drip starts in test mode */
    assert_true(campaign_create(h->mail, h->account, &d, &f));
    assert_int_not_equal(d.campaign_id, d.drop_id);
    assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, &stats, &f));
    assert_true(str_eq(got.endpoint, d.endpoint) && got.endpoint.len == 36);
    assert_false(got.is_live);
    assert_str("Suite \"9\"", got.sender_address2);
    assert_str("US", got.sender_country);
    assert_str("https://x.test/", got.starting_url);
    assert_int_equal(got.credit_type, 22);
    assert_int_equal(got.size, SIZE_6X9);
    assert_int_equal(got.stid, 310);
    assert_int_equal(stats.accepted, 0);
    int64_t ids[] = {d.drop_id, d.campaign_id};
    for (int i = 0; i < 2; i++) {
        assert_false(campaign_get(h->store, h->arena, h->other, ids[i], &got, NULL, &f));
        assert_fault(404, &f, "campaign");
        assert_false(campaign_set_live(h->mail, h->other, ids[i], false, &f));
        assert_fault(404, &f, "campaign");
        assert_false(campaign_delete(h->mail, h->other, ids[i], &f));
        assert_fault(404, &f, "campaign");
    }
    assert_int_equal(campaign_all(h->store, h->arena, h->other, false, &all, &f), 0);
    assert_int_equal(campaign_all(h->store, h->arena, h->account, true, &all, &f), 1);
    assert_true(campaign_delete(h->mail, h->account, d.campaign_id, &f));
    assert_int_equal(campaign_all(h->store, h->arena, h->account, false, &all, &f), 0);
}

static struct drop wait_sent(struct house *h, int64_t drop_id, struct drop_stats *stats)
{
    struct drop got;
    struct fault f;
    for (int64_t until = clock_mono_ms() + 10000; clock_mono_ms() < until; usleep(5000)) {
        assert_true(campaign_get(h->store, h->arena, h->account, drop_id, &got, stats, &f));
        if (got.state == DROP_SENT && stats->batches_waiting == 0) return got;
    }
    fail_msg("the smart send stands in state %d", got.state);
    return got;
}

static void test_smart_send(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop_stats stats;
    struct batch *batches;
    struct piece *pieces;
    assert_true(limit_set(STR("batch.max_pieces"), 10, &f));
    struct drop d = house_drop(house_template(h, h->account, "<p>{{Tree}}</p>"), CAMPAIGN_SMART_SEND);
    d.contact_list_id = house_list(h, h->account, "People");
    int64_t id, elsewhere = house_list(h, h->account, "Elsewhere");
    struct buf csv = BUF_INIT;
    buf_addz(&csv, "First Name,Last Name,Address,City,State,Zip,Tree\n");
    for (int i = 0; i < 35; i++)
        buf_addf(&csv, "%s%d,Doe,%d Main St,Springfield,IL,62701,Oak %d\n", i == 7 ? "Refuse" : "P", i, i + 1, i);
    assert_true(intake_keep_contacts(h->mail, h->account, d.contact_list_id, house_write_file(h, "in.csv", csv.data), &id, &f));
    buf_finish(&csv);
    for (struct intake in = {0}; in.state != INTAKE_DONE; usleep(5000)) {
        assert_true(intake_get(h->store, h->arena, h->account, id, &in, &f));
        assert_int_not_equal(in.state, INTAKE_FAILED);
    }
    struct contact bystander = house_contact(elsewhere, "Nobody");
    assert_true(contact_create(h->mail, h->account, &bystander, &f));
    assert_true(campaign_create(h->mail, h->account, &d, &f));
    assert_null(d.endpoint.ptr);
    wait_sent(h, d.drop_id, &stats);
    assert_int_equal(stats.accepted, 35);
    assert_int_equal(stats.printed, 35);
    assert_int_equal(stats.batches_ready, 4);
    assert_int_equal(batch_all(h->store, h->arena, h->account, d.drop_id, 0, 10, &batches, &f), 4);
    assert_int_equal(batches[0].n_pieces, 5); /* newest first */
    assert_true(batches[3].is_test);
    assert_int_equal(piece_page(h->store, h->arena, h->account, batches[3].batch_id, 0, 10, &pieces, &f), 10);
    assert_str("P0", pieces[0].values[FIELD_FIRST_NAME]);
    assert_int_equal(pieces[0].n_values, FIELD_KNOWN + 1);
    assert_str("Oak 0", pieces[0].values[FIELD_KNOWN]);
    assert_false(campaign_set_live(h->mail, h->account, d.drop_id, true, &f));
    assert_fault(409, &f, "has been sent already");
}

static void test_smart_send_waits_for_its_date(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop_stats stats;
    struct drop got, d = house_drop(house_template(h, h->account, "<p>x</p>"), CAMPAIGN_SMART_SEND);
    d.contact_list_id = house_list(h, h->account, "People");
    d.send_at = clock_now_ms() + 400;
    struct contact c = house_contact(d.contact_list_id, "Ann");
    assert_true(contact_create(h->mail, h->account, &c, &f));
    assert_true(campaign_create(h->mail, h->account, &d, &f));
    assert_false(list_delete(h->store, h->account, d.contact_list_id, &f));
    assert_fault(409, &f, "is being sent");
    usleep(100000);
    assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, &stats, &f));
    assert_int_equal(got.state, DROP_PENDING);
    wait_sent(h, d.drop_id, &stats);
    assert_int_equal(stats.accepted, 1);
    assert_true(clock_now_ms() >= d.send_at);
}

/* What the list of a smart send holds cannot be read: tried again by the ladder, then Failed, with what was made before. */
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

static void test_smart_send_that_fails_for_good(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop_stats stats;
    struct drop got, d = house_drop(house_template(h, h->account, "<p>x</p>"), CAMPAIGN_SMART_SEND);
    d.contact_list_id = house_list(h, h->account, "People");
    assert_true(limit_set(STR("batch.max_pieces"), 1, &f));
    assert_true(limit_set(STR("job.attempts"), 2, &f));
    assert_true(limit_set(STR("job.retry_first"), 1, &f));
    struct contact good = house_contact(d.contact_list_id, "Ann"), bad = house_contact(d.contact_list_id, "Bea");
    assert_true(contact_create(h->mail, h->account, &good, &f) && contact_create(h->mail, h->account, &bad, &f));
    assert_true(store_write(h->store, break_contact, &(struct breaking){h->account, &bad}, &f));
    house_expect_log("Sending campaign");
    int64_t begin = clock_mono_ms();
    assert_true(campaign_create(h->mail, h->account, &d, &f));
    do {
        usleep(5000);
        assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, &stats, &f));
    } while (got.state != DROP_FAILED && clock_mono_ms() < begin + 20000);
    assert_int_equal(got.state, DROP_FAILED);
    assert_in_range(clock_mono_ms() - begin, 1000, 15000);
    assert_true(got.last_error.len > 0);
    assert_int_equal(stats.accepted, 1); /* Ann's piece stays */
    assert_true(limit_set(STR("job.attempts"), 8, &f));
    assert_true(limit_set(STR("job.retry_first"), 5, &f));
}

static void test_empty_list_is_sent(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop_stats stats;
    struct drop d = house_drop(house_template(h, h->account, "<p>x</p>"), CAMPAIGN_SMART_SEND);
    d.contact_list_id = house_list(h, h->account, "People");
    assert_true(campaign_create(h->mail, h->account, &d, &f));
    wait_sent(h, d.drop_id, &stats);
    assert_int_equal(stats.accepted, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_checks, setup, teardown),
        cmocka_unit_test_setup_teardown(test_round_trip_and_others, setup, teardown),
        cmocka_unit_test_setup_teardown(test_smart_send, setup, teardown),
        cmocka_unit_test_setup_teardown(test_smart_send_waits_for_its_date, setup, teardown),
        cmocka_unit_test_setup_teardown(test_empty_list_is_sent, setup, teardown),
        cmocka_unit_test_setup_teardown(test_smart_send_that_fails_for_good, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
