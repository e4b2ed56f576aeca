/* test_mailing.c: what may change between the look at a campaign and the moment when its piece is made: the campaign is deleted, or goes live while
 * the event is a test. Then no piece is made, nothing is written down as delivered, and the next look says why. */
#include <stdio.h>
#include "house.h"
#include "fake_press.h"
#include "links/connector.h"
#include "links/mailing/mailing.h"
#include "mail/send.h"

#define PERSON                                                                                                                 \
    "{\"person\":{\"first_name\":\"Ada\",\"last_name\":\"Doe\",\"address_street\":\"350 5th Ave\",\"address_city\":\"New "     \
    "York\",\"address_state\":\"NY\",\"address_zip\":\"10118\"}}"

static struct house h;
static struct link_house links;

struct doing {
    const struct link_def *link;
    struct link_delivery d;
    bool ok;
};

static bool load(struct tx *tx, void *arg)
{
    struct doing *w = arg;
    w->ok = w->link->load(w->link->ctx, tx, &w->d);
    return tx_ok(tx);
}

/* As the outbox writes LINK_OK down. */
static bool write_down(struct tx *tx, void *arg)
{
    struct doing *w = arg;
    w->ok = w->link->still_holds(w->link->ctx, tx, &w->d);
    return tx_ok(tx) && (!w->ok || w->link->settle(w->link->ctx, tx, &w->d, LINK_OK));
}

static enum link_result look(struct doing *w)
{
    struct fault f;
    if (!store_read(h.store, load, w, &f) || !w->ok) fail_msg("%s%s", f.text, w->d.sentence);
    return w->link->step(w->link->ctx, &w->d, NULL);
}

static int64_t n_pieces(const struct drop *d)
{
    struct drop got;
    struct drop_stats stats;
    struct fault f;
    if (!campaign_get(h.store, h.arena, h.account, d->drop_id, &got, &stats, &f)) return 0; /* deleted */
    return stats.accepted;
}

static const struct {
    const char *name;
    bool is_test, is_deleted, goes_live, is_made;
    const char *says; /* at the next look */
} cases[] = {
    {"nothing changes", true, false, false, true, NULL},
    {"real mail of a real event", false, false, true, true, NULL},
    {"deleted", true, true, false, false, "There is no campaign with the endpoint"},
    {"deleted, a real event", false, true, false, false, "There is no campaign with the endpoint"},
    {"goes live", true, false, true, false, "no paper comes of tests"},
};

static void test_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct mailing *m = mailing_create(&links);
        struct drop drop = house_campaign(&h, h.account);
        struct doing w = {.link = mailing_link(m), .d = {.arena = h.arena}};
        struct fault f;
        w.d.settings = str_of(arena_printf(h.arena, "{\"endpoint\":\"%.*s\"}", STR_ARG(drop.endpoint)));
        w.d.event = (struct event){.account_id = h.account, .source = EVENT_CONNECTION, .detail = STR(PERSON)};
        w.d.event.is_test = cases[i].is_test;
        assert_int_equal(look(&w), LINK_OK);
        if (cases[i].is_deleted) assert_true(campaign_delete(h.mail, h.account, drop.drop_id, &f));
        if (cases[i].goes_live && !campaign_set_live(h.mail, h.account, drop.drop_id, true, &f)) fail_msg("%s", f.text);
        if (!store_write(h.store, write_down, &w, &f)) fail_msg("%s: %s", cases[i].name, f.text);
        if (w.ok != cases[i].is_made || n_pieces(&drop) != cases[i].is_made)
            fail_msg("%s: %d, %lld pieces", cases[i].name, w.ok, (long long)n_pieces(&drop));
        if (!cases[i].is_made) {
            assert_non_null(strstr(w.d.sentence, "was changed meanwhile"));
            assert_int_equal(look(&w), LINK_PERMANENT);
            if (!strstr(w.d.sentence, cases[i].says)) fail_msg("%s: %s", cases[i].name, w.d.sentence);
        }
        mailing_destroy(&m);
    }
}

static int open_house(void **state)
{
    (void)state;
    struct fault f;
    house_open(&h, fake_press(), true);
    if (!account_mailer_id_add(h.accounts, h.account, 123456, &f)) fail_msg("%s", f.text);
    links = (struct link_house){.store = h.store, .jobs = h.jobs, .mail = h.mail, .outbox = h.outbox};
    return 0;
}

static int close_house(void **state)
{
    (void)state;
    house_close(&h);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_changes)};
    return cmocka_run_group_tests(tests, open_house, close_house);
}
