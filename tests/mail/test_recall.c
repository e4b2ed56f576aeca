/* What keeps a piece from paper between its send and its hand-over: a recall, a daily cap, a suppression, a mailing lately. And what printers
 * send back about those that are on it. */
#include "printing.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/settings.h"
#include "fake_press.h"
#include "mail/drop_row.h"
#include "mail/recall.h"
#include "mail/remote_piece.h"
#include "mail/suppression.h"
#include "queries.h"
#include <stdio.h>
#include <unistd.h>

static const struct printer_def *const kinds[] = {&printer_folder};

static int setup(void **state)
{
    static struct house h;
    limit_set(STR("job.retry_first"), 1, NULL);
    limit_set(STR("send.key_day"), 10000, NULL);
    limit_set(STR("send.campaign_day"), 10000, NULL);
    limit_set(STR("screening.per_unit"), 2, NULL);
    limit_set(STR("batch.max_pieces"), 5000, NULL);
    house_printers(kinds, 1);
    house_open(&h, fake_press(), true);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static struct piece piece_of(struct house *h, int64_t id)
{
    struct piece p;
    struct fault f;
    if (!piece_get(h->store, h->arena, h->account, id, &p, &f)) fail_msg("%s", f.text);
    return p;
}

static struct batch wait_handed(struct house *h, int64_t piece_id)
{
    struct batch b;
    printing_wait((b = printing_batch(h, PIECE_BATCH(piece_id))).state == BATCH_HANDED_OVER);
    return b;
}

static void set_text(const char *name, const char *value)
{
    struct fault f;
    assert_true(setting_set(str_of(name), str_of(value), "test", &f));
}

/* ---- recall ---- */

static void test_recall_a_piece(void **state)
{
    struct house *h = *state;
    struct fault f;
    printing_folder(h);
    set_text("mail.gather_seconds", "2");
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann"), bea = printing_send(h, &d, "Bea"), refused = printing_send(h, &d, "Refuse");
    assert_false(recall_piece(h->mail, h->other, ann, &f));
    assert_fault(404, &f, "no piece");
    assert_true(recall_piece(h->mail, h->account, ann, &f));
    assert_true(recall_piece(h->mail, h->account, ann, &f)); /* it stays recalled */
    struct batch b = wait_handed(h, ann);
    assert_int_equal(b.n_pieces, 3);
    assert_int_equal(b.n_cancelled, 1);
    assert_int_equal(b.n_refused, 1);
    assert_int_equal(piece_of(h, ann).state, PIECE_CANCELLED);
    assert_int_equal(piece_of(h, ann).first_page, 0);
    assert_int_equal(piece_of(h, bea).first_page, 1);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, -1, NULL), 1);
    assert_false(recall_piece(h->mail, h->account, bea, &f));
    assert_fault(409, &f, "can be recalled no more: its batch is handed over");
    assert_false(recall_piece(h->mail, h->account, refused, &f));
    assert_fault(409, &f, "it is refused");
    struct drop got;
    struct drop_stats stats;
    assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, &stats, &f));
    assert_int_equal(stats.accepted, 3);
    assert_int_equal(stats.printed, 1);
    assert_int_equal(stats.refused, 1);
    assert_int_equal(stats.cancelled, 1);
}

static void test_recall_until(void **state)
{
    struct house *h = *state;
    set_text("mail.recall_minutes", "30");
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann");
    struct piece p = piece_of(h, ann);
    struct batch b = printing_batch(h, PIECE_BATCH(ann));
    assert_int_equal(recall_until(&b, &p), p.created_at + 30 * 60000);
    printing_wait((b = printing_batch(h, PIECE_BATCH(ann))).state == BATCH_CLOSED);
    assert_int_equal(recall_until(&b, &p), b.due_at);
    assert_int_equal(b.due_at, p.created_at + 30 * 60000);
    b.is_test = true;
    assert_int_equal(recall_until(&b, &p), DB_NULL);
    set_text("mail.recall_minutes", "0");
}

/* A campaign that is deleted takes back what is not handed over, whatever state its batches are in, and leaves what is. */
static void test_delete_recalls(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop d = printing_live(h);
    printing_folder(h);
    int64_t gone = printing_send(h, &d, "Gone");
    wait_handed(h, gone);
    assert_true(printer_revoke(h->mail, h->account, &f));
    int64_t ready = printing_send(h, &d, "Ready");
    printing_wait(printing_batch(h, PIECE_BATCH(ready)).state == BATCH_READY);
    set_text("mail.recall_minutes", "30");
    int64_t closed = printing_send(h, &d, "Closed");
    printing_wait(printing_batch(h, PIECE_BATCH(closed)).state == BATCH_CLOSED);
    int64_t open = printing_send(h, &d, "Open");
    assert_true(campaign_delete(h->mail, h->account, d.drop_id, &f));
    const int64_t back[] = {ready, closed, open};
    for (int i = 0; i < 3; i++) {
        assert_int_equal(printing_batch(h, PIECE_BATCH(back[i])).state, BATCH_CANCELLED);
        assert_int_equal(piece_of(h, back[i]).state, PIECE_CANCELLED);
    }
    assert_int_equal(printing_batch(h, PIECE_BATCH(gone)).state, BATCH_HANDED_OVER);
    assert_int_equal(piece_of(h, gone).state, PIECE_SEATED);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, -1, NULL), 1);
    set_text("mail.recall_minutes", "0");
}

static void test_recall_a_drop(void **state)
{
    struct house *h = *state;
    struct fault f;
    int64_t n;
    set_text("mail.recall_minutes", "30");
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann"), bea = printing_send(h, &d, "Bea");
    assert_false(recall_drop(h->mail, h->other, d.drop_id, &n, &f));
    assert_fault(404, &f, "no campaign");
    assert_true(recall_drop(h->mail, h->account, d.campaign_id, &n, &f));
    assert_int_equal(n, 2);
    assert_int_equal(piece_of(h, ann).state, PIECE_CANCELLED);
    int64_t cid = printing_send(h, &d, "Cid"); /* the drop goes on */
    assert_int_equal(piece_of(h, cid).state, PIECE_SEATED);
    assert_int_equal(piece_of(h, bea).state, PIECE_CANCELLED);
    assert_true(recall_account(h->mail, h->account, &n, &f));
    assert_int_equal(n, 1);
    set_text("mail.recall_minutes", "0");
}

/* ---- sent piece by piece, as far as it got ---- */

enum { SENT = 1, CLAIMED = 2 }; /* of the pieces, in order; 0: not begun */

static const struct {
    const char *name;
    int begun[4]; /* what became of each piece before the recall */
    int n_recalled;
    enum batch_state state;
    int told;
} half_sent[] = {
    {"nothing was sent", {0, 0, 0, 0}, 4, BATCH_CANCELLED, 0},
    {"half was sent", {SENT, SENT, 0, 0}, 2, BATCH_HANDED_OVER, 2},
    {"of one nobody knows", {SENT, CLAIMED, 0, 0}, 2, BATCH_UNKNOWN, 0},
    {"only one, of which nobody knows", {CLAIMED, 0, 0, 0}, 3, BATCH_UNKNOWN, 0},
    {"all was sent", {SENT, SENT, SENT, SENT}, 0, BATCH_HANDED_OVER, 4},
};

static void begin_piece(struct house *h, int64_t id, int how)
{
    struct fault f;
    struct remote_piece r = {.account = h->account, .piece_id = id, .connection_id = 77};
    bool is_ours = false;
    if (!how) return;
    assert_true(remote_piece_claim(h->store, &r, &is_ours, &f));
    assert_true(is_ours);
    if (how == SENT) assert_true(remote_piece_mark(h->store, &r, REMOTE_SENT, STR("9001"), STR_NULL, &f));
}

static void test_recall_half_sent(void **state)
{
    struct house *h = *state;
    struct fault f;
    static const char *const who[] = {"Ann", "Bea", "Cid", "Dan"};
    set_text("mail.gather_seconds", "1");
    set_text("mail.recall_minutes", "0");
    for (size_t i = 0; i < sizeof half_sent / sizeof *half_sent; i++) {
        struct drop d = printing_live(h); /* without a printer: its batch waits at Ready */
        int64_t ids[4], n;
        for (int k = 0; k < 4; k++) ids[k] = printing_send(h, &d, who[k]);
        int64_t batch = PIECE_BATCH(ids[0]);
        printing_wait(printing_batch(h, batch).state == BATCH_READY);
        for (int k = 0; k < 4; k++) begin_piece(h, ids[k], half_sent[i].begun[k]);
        assert_true(recall_drop(h->mail, h->account, d.drop_id, &n, &f));
        struct batch b = printing_batch(h, batch);
        if (n != half_sent[i].n_recalled || b.state != half_sent[i].state)
            fail_msg("%s: %lld recalled, %s", half_sent[i].name, (long long)n, batch_state_word(b.state));
        assert_int_equal(b.n_cancelled, half_sent[i].n_recalled);
        for (int k = 0; k < 4; k++)
            assert_int_equal(piece_of(h, ids[k]).state, half_sent[i].begun[k] ? PIECE_SEATED : PIECE_CANCELLED);
        printing_wait(printing_events(h, h->account, d.drop_id, STATUS_CREATED, -1, NULL) == half_sent[i].told);
        assert_true(recall_drop(h->mail, h->account, d.drop_id, &n, &f)); /* again is fine */
        assert_int_equal(n, 0);
        bool is_ours = true;
        struct remote_piece late = {.account = h->account, .piece_id = ids[3], .connection_id = 77};
        if (half_sent[i].begun[3]) continue;
        assert_true(remote_piece_claim(h->store, &late, &is_ours, &f));
        assert_false(is_ours); /* what was recalled is not sent by whoever had read it before */
    }
}

/* Nobody knew of one when the batch was recalled: a person's word for it. */
static void test_recall_unknown(void **state)
{
    struct house *h = *state;
    struct fault f;
    set_text("mail.gather_seconds", "1");
    set_text("mail.recall_minutes", "0");
    for (int was_printed = 0; was_printed < 2; was_printed++) {
        struct drop d = printing_live(h);
        int64_t ann = printing_send(h, &d, "Ann"), bea = printing_send(h, &d, "Bea"), n, batch = PIECE_BATCH(ann);
        printing_wait(printing_batch(h, batch).state == BATCH_READY);
        begin_piece(h, ann, SENT);
        begin_piece(h, bea, CLAIMED);
        assert_true(campaign_delete(h->mail, h->account, d.drop_id, &f));
        struct batch b = printing_batch(h, batch);
        assert_int_equal(b.state, BATCH_UNKNOWN);
        if (!memmem(b.last_error.ptr, b.last_error.len, "It was recalled while it was sent", 33))
            fail_msg("%s", b.last_error.ptr);
        assert_true(handover_resolve(h->mail, h->account, batch, was_printed, &f));
        assert_int_equal(printing_batch(h, batch).state, BATCH_HANDED_OVER);
        assert_int_equal(piece_of(h, bea).state, was_printed ? PIECE_SEATED : PIECE_CANCELLED);
        printing_wait(printing_events(h, h->account, d.drop_id, STATUS_CREATED, -1, NULL) == 1 + was_printed);
        assert_true(recall_account(h->mail, h->account, &n, &f));
        assert_int_equal(n, 0);
    }
}

/* ---- caps ---- */

static bool send_by(struct house *h, const struct drop *d, const char *key, int64_t *id)
{
    struct send s = {.account = h->account};
    struct fault f;
    snprintf(house_key, sizeof house_key, "%s", key);
    bool ok = house_send(h, h->account, d->endpoint, "Ann", &s, &f);
    *house_key = '\0';
    *id = s.piece_id;
    return ok;
}

static void test_campaign_cap(void **state)
{
    struct house *h = *state;
    struct fault f;
    int64_t ids[6];
    printing_folder(h);
    assert_true(limit_set(STR("send.campaign_day"), 3, &f));
    struct drop d = printing_live(h), other = printing_live(h);
    for (int i = 0; i < 5; i++) ids[i] = printing_send(h, &d, "Ann");
    struct batch held = printing_batch(h, PIECE_BATCH(ids[3]));
    assert_int_equal(PIECE_BATCH(ids[2]), PIECE_BATCH(ids[0]));
    assert_int_not_equal(PIECE_BATCH(ids[3]), PIECE_BATCH(ids[0]));
    assert_int_equal(PIECE_BATCH(ids[4]), held.batch_id);
    assert_true(batch_is_held(&held));
    wait_handed(h, ids[0]);
    wait_handed(h, printing_send(h, &other, "Bea")); /* another campaign has its own */
    house_reopen(h, true);
    ids[5] = printing_send(h, &d, "Ann"); /* the day's count outlives the process */
    struct batch second = printing_batch(h, PIECE_BATCH(ids[5]));
    assert_true(batch_is_held(&second) && second.batch_id != held.batch_id);
    assert_false(batch_let_go(h->mail, h->other, held.batch_id, &f));
    assert_fault(404, &f, "no batch");
    assert_false(batch_let_go(h->mail, h->account, PIECE_BATCH(ids[0]), &f));
    assert_fault(409, &f, "is not held");
    assert_true(batch_let_go(h->mail, h->account, held.batch_id, &f));   /* a process ended with it open */
    assert_true(batch_let_go(h->mail, h->account, second.batch_id, &f)); /* open in this one */
    held = wait_handed(h, ids[3]);
    assert_int_equal(held.n_pieces, 2);
    wait_handed(h, ids[5]);
}

static void test_full_held_batch(void **state)
{
    struct house *h = *state;
    struct fault f;
    printing_folder(h);
    assert_true(limit_set(STR("send.campaign_day"), 1, &f) && limit_set(STR("batch.max_pieces"), 2, &f));
    struct drop d = printing_live(h);
    printing_send(h, &d, "First"); /* the day's one */
    int64_t ann = printing_send(h, &d, "Ann"), bea = printing_send(h, &d, "Bea"), cid = printing_send(h, &d, "Cid");
    struct batch b = printing_batch(h, PIECE_BATCH(bea));
    assert_int_equal(b.state, BATCH_CLOSED);
    assert_true(batch_is_held(&b));
    assert_true(campaign_set_live(h->mail, h->account, d.drop_id, false, &f)); /* closes what is open, and holds it on */
    b = printing_batch(h, PIECE_BATCH(cid));
    assert_int_equal(b.state, BATCH_CLOSED);
    assert_true(batch_is_held(&b));
    assert_true(batch_let_go(h->mail, h->account, PIECE_BATCH(ann), &f));
    wait_handed(h, ann);
    int64_t test = printing_send(h, &d, "Dora"); /* test mode has no cap */
    printing_wait(printing_batch(h, PIECE_BATCH(test)).state == BATCH_READY);
}

/* A smart send makes whole batches: one that would pass the cap is held as it is. */
static void test_smart_send_cap(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct batch *all;
    struct drop_stats stats;
    int64_t list = house_list(h, h->account, "everybody"), template = printing_live(h).template_id;
    assert_true(limit_set(STR("send.campaign_day"), 3, &f) && limit_set(STR("batch.max_pieces"), 2, &f));
    for (int i = 0; i < 5; i++) {
        struct contact c = house_contact(list, "Ann");
        assert_true(contact_create(h->mail, h->account, &c, &f));
    }
    struct drop d = house_drop(template, CAMPAIGN_SMART_SEND), got;
    d.contact_list_id = list;
    d.is_live = true;
    if (!campaign_create(h->mail, h->account, &d, &f)) fail_msg("%s", f.text);
    printing_wait(
        (assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &got, &stats, &f)), got.state == DROP_SENT));
    int n = batch_all(h->store, h->arena, h->account, d.drop_id, 0, 10, &all, &f);
    assert_int_equal(n, 3); /* newest first: of 1, 2 and 2 pieces */
    assert_false(batch_is_held(&all[2]));
    assert_true(batch_is_held(&all[1]));
    assert_false(batch_is_held(&all[0])); /* its one piece fits the cap */
}

static void test_key_cap(void **state)
{
    struct house *h = *state;
    int64_t a, b, c, e;
    assert_true(limit_set(STR("send.key_day"), 1, NULL));
    struct drop d = printing_live(h), d2 = printing_live(h);
    assert_true(send_by(h, &d, "AAAA", &a) && send_by(h, &d2, "AAAA", &b) && send_by(h, &d, "BBBB", &c) &&
                send_by(h, &d, "", &e));
    struct batch of_b = printing_batch(h, PIECE_BATCH(b));
    assert_true(batch_is_held(&of_b)); /* one key, whatever the campaign */
    assert_int_equal(PIECE_BATCH(a), PIECE_BATCH(c));
    assert_int_equal(PIECE_BATCH(a), PIECE_BATCH(e)); /* the operator has no key */
}

static bool sent_and_held(struct house *h, const struct drop *d)
{
    struct batch b = printing_batch(h, PIECE_BATCH(printing_send(h, d, "Ann")));
    return batch_is_held(&b);
}

static void set_cap(struct house *h, const struct drop *d, int64_t cap)
{
    struct fault f;
    struct campaign_change c = {.min_days_between = DB_NULL, .daily_cap = cap};
    assert_true(campaign_change(h->mail, h->account, d->campaign_id, &c, &f));
}

/* A campaign's own cap counts from the next send on, outlives the process, and cannot raise the house's. */
static void test_own_cap(void **state)
{
    struct house *h = *state;
    limit_set(STR("send.campaign_day"), 4, NULL);
    struct drop d = printing_live(h);
    assert_false(sent_and_held(h, &d));
    set_cap(h, &d, 2);
    assert_false(sent_and_held(h, &d));
    assert_true(sent_and_held(h, &d));
    set_cap(h, &d, 3);
    assert_false(sent_and_held(h, &d));
    assert_true(sent_and_held(h, &d));
    house_reopen(h, true);
    assert_true(sent_and_held(h, &d));
    set_cap(h, &d, 100);
    assert_false(sent_and_held(h, &d));
    assert_true(sent_and_held(h, &d));
}

/* ---- screening ---- */

static void test_suppressed_after_the_send(void **state)
{
    struct house *h = *state;
    struct fault f;
    printing_folder(h);
    struct drop d = printing_live(h), test = house_campaign(h, h->account);
    int64_t ann = printing_send(h, &d, "Ann"), in_test = printing_send(h, &test, "Ann");
    struct suppression_list l = {.name = STR("never"), .country = STR("US")};
    struct suppressed p = {.suppressed_id = 0};
    house_recipient(p.values, "Anyone"); /* the last name and the address count */
    assert_true(suppression_list_create(h->store, h->account, &l, &f));
    assert_true(suppressed_add(h->store, h->account, l.suppression_list_id, &p, &f));
    printing_wait(printing_batch(h, PIECE_BATCH(ann)).state == BATCH_READY);
    const int64_t both[] = {ann, in_test};
    for (int i = 0; i < 2; i++) {
        struct batch b;
        printing_wait((b = printing_batch(h, PIECE_BATCH(both[i]))).state == BATCH_READY);
        struct piece got = piece_of(h, both[i]);
        assert_int_equal(got.state, PIECE_REFUSED);
        assert_string_equal(piece_refusal_text(got.refusal), "suppressed");
        assert_non_null(strstr(got.detail.ptr, "on suppression list"));
        assert_int_equal(b.n_refused, 1);
        assert_int_equal(b.due_at, DB_NULL); /* there is nothing to hand over */
    }
}

struct second {
    struct house *house;
    struct drop drop;
};
static bool add_drop(struct tx *tx, void *arg)
{
    struct second *s = arg;
    s->drop.drop_id = tx_next_id(tx, ID_CAMPAIGN);
    s->drop.endpoint = STR("second-drop");
    struct q_drop_insert in = drop_row_insert(tx_arena(tx), s->house->account, &s->drop);
    return tx_run(tx, Q_DROP_INSERT, &in, NULL);
}

static bool set_min_days(struct house *h, int64_t account, int64_t id, int64_t days, struct fault *f)
{
    struct campaign_change c = {.min_days_between = days, .daily_cap = DB_NULL};
    return campaign_change(h->mail, account, id, &c, f);
}

static void test_min_days_across_drops(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct second s = {h, {0}};
    printing_folder(h);
    struct drop d = printing_live(h), other = printing_live(h);
    assert_false(set_min_days(h, h->account, d.drop_id, -1, &f));
    assert_fault(400, &f, "MinDaysBetween");
    assert_false(set_min_days(h, h->other, d.drop_id, 30, &f));
    assert_fault(404, &f, "no campaign");
    assert_true(set_min_days(h, h->account, d.drop_id, 30, &f));
    assert_true(campaign_get(h->store, h->arena, h->account, d.drop_id, &s.drop, NULL, &f));
    assert_int_equal(s.drop.min_days_between, 30);
    assert_true(store_write(h->store, add_drop, &s, &f));

    int64_t unprintable = printing_send(h, &d, "Refuse"); /* the press refuses it: the address was not mailed */
    printing_wait(printing_batch(h, PIECE_BATCH(unprintable)).state == BATCH_READY);
    house_expect_log("The press lost its worker");
    fake_press_fail = 1; /* the batch is tried twice, and is not refused by itself */
    int64_t ann = printing_send(h, &d, "Ann"), twice = printing_send(h, &d, "Bea");
    struct batch b = wait_handed(h, ann);
    assert_int_equal(b.n_refused, 1); /* two people, one family name, one address */
    assert_int_equal(piece_of(h, ann).state, PIECE_SEATED);
    assert_int_equal(piece_of(h, twice).refusal, PIECE_MAILED_LATELY);
    int64_t again = printing_send(h, &s.drop, "Ann");
    printing_wait(printing_batch(h, PIECE_BATCH(again)).state == BATCH_READY);
    struct piece got = piece_of(h, again);
    assert_int_equal(got.refusal, PIECE_MAILED_LATELY);
    assert_non_null(strstr(got.detail.ptr, "mailed 0 days ago"));
    wait_handed(h, printing_send(h, &other, "Ann")); /* the other campaign has no such rule */
}

/* ---- printers' returns ---- */

static struct intake import(struct house *h, const char *csv)
{
    struct intake in;
    struct fault f;
    int64_t id;
    char *path = house_write_file(h, "return.csv", csv);
    if (!intake_keep_printed(h->mail, h->account, path, &id, &f)) fail_msg("%s", f.text);
    printing_wait((assert_true(intake_get(h->store, h->arena, h->account, id, &in, &f)), in.state >= INTAKE_DONE));
    return in;
}

static void test_printed(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct event e;
    struct refused_row *rows;
    printing_folder(h);
    struct drop d = printing_live(h), test = house_campaign(h, h->account);
    int64_t ann = printing_send(h, &d, "Ann"), in_test = printing_send(h, &test, "Ann");
    wait_handed(h, ann);
    struct buf csv = BUF_INIT;
    buf_addf(&csv, "piece_id,status,time\n%lld,Addressed,2026-11-20T10:00:00Z\n%lld,printed,2026-11-20T11:00:00Z\n",
             (long long)ann, (long long)ann);
    buf_addf(&csv, "%lld,Printed,2026-11-20T11:00:00Z\n%lld,Mailed,2026-11-20T12:00:00Z\n", (long long)ann, (long long)ann);
    buf_addf(&csv, "%lld,Printed,\n424242,Printed,\n%lld,Eaten,\nwhat,Printed,\n", (long long)in_test, (long long)ann);
    struct intake in = import(h, csv.data);
    if (in.state != INTAKE_DONE) fail_msg("%.*s", STR_ARG(in.last_error));
    assert_int_equal(in.n_rows, 8);
    assert_int_equal(in.n_used, 2);
    assert_int_equal(in.n_repeat, 1);
    assert_int_equal(in.n_refused, 5);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_ADDRESSED, ann, &e), 1);
    assert_non_null(strstr(arena_strz(h->arena, e.detail.ptr), "\"address_street\":\"350 5TH AVE\""));
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_PRINTED, ann, NULL), 1);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_MAILED, ann, NULL), 0);
    assert_int_equal(intake_refused(h->store, h->arena, h->account, in.intake_id, 0, 10, &rows, &f), 5);
    static const char *const reasons[] = {"unknown status", "no piece", "no piece", "unknown status", "no piece"};
    for (int i = 0; i < 5; i++) assert_str(reasons[i], rows[i].reason);
    assert_non_null(strstr(rows[1].detail.ptr, "was not handed to a printer"));
    in = import(h, csv.data); /* the same file again: nothing is news */
    assert_int_equal(in.n_used, 0);
    assert_int_equal(in.n_repeat, 3);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_PRINTED, ann, NULL), 1);
    buf_finish(&csv);
    in = import(h, "a,b\n1,2\n");
    assert_int_equal(in.state, INTAKE_FAILED);
    assert_non_null(strstr(in.last_error.ptr, "piece_id and status"));
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_recall_until),
        CASE(test_recall_a_piece),
        CASE(test_recall_a_drop),
        CASE(test_delete_recalls),
        CASE(test_recall_half_sent),
        CASE(test_recall_unknown),
        CASE(test_campaign_cap),
        CASE(test_full_held_batch),
        CASE(test_smart_send_cap),
        CASE(test_key_cap),
        CASE(test_own_cap),
        CASE(test_suppressed_after_the_send),
        CASE(test_min_days_across_drops),
        CASE(test_printed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
