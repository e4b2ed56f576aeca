/* Hand-over: who prints where, once, with which reason when not; the events that follow; what a person decides. The printer is the real
 * folder, or one that is played. */
#include "printing.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/limits.h"
#include "fake_press.h"
#include "mail/recall.h"
#include "queries.h"
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

/* ---- the played printer ---- */

static struct {
    enum handover_result next, asked;
    bool leaves;
    _Atomic int n_calls, n_asks;
} played;

static bool played_check(struct json_value settings, struct fault *f)
{
    (void)settings, (void)f;
    return true;
}

static enum handover_result played_hand_over(struct handover *h)
{
    played.n_calls++;
    if (played.leaves && !h->leaving(h, STR("job 7"), &h->why)) return HANDOVER_NOT_PRINTED;
    h->done_job = STR("job 7");
    fault_operator(&h->why, "The played printer says so.");
    return played.next;
}

static enum handover_result played_ask(struct handover *h)
{
    played.n_asks++;
    assert_str("job 7", h->job);
    h->done_job = h->job;
    fault_operator(&h->why, "The played printer was asked.");
    return played.asked;
}

static const struct printer_def printer_played = {
    .name = "played", .check = played_check, .hand_over = played_hand_over, .ask = played_ask};
static const struct printer_def *const kinds[] = {&printer_folder, &printer_played};

static int setup(void **state)
{
    static struct house h;
    limit_set(STR("job.retry_first"), 1, NULL);
    limit_set(STR("event.per_unit"), 2, NULL); /* the cursor moves more than once */
    played.next = played.asked = HANDOVER_DONE, played.leaves = true, played.n_calls = played.n_asks = 0;
    house_printers(kinds, 2);
    house_open(&h, fake_press(), true);
    *state = &h;
    return 0;
}

static int teardown(void **state)
{
    house_close(*state);
    return 0;
}

static void grant_played(struct house *h)
{
    struct fault f;
    assert_true(printer_put(h->mail, STR("shop"), printing_settings(h, "played", "/"), &f));
    assert_true(printer_grant(h->mail, h->account, STR("shop"), &f));
}

static bool is_there(struct house *h, const char *dir, const char *fmt, const struct batch *b)
{
    struct stat st;
    const char *name = arena_printf(h->arena, "batch-%lld-%lld", (long long)b->drop_id, (long long)b->batch_id);
    return stat(arena_printf(h->arena, fmt, dir, name), &st) == 0;
}

static struct batch wait_state(struct house *h, int64_t piece_id, enum batch_state state)
{
    struct batch b;
    printing_wait((b = printing_batch(h, PIECE_BATCH(piece_id))).state == state);
    return b;
}

/* Between two tries: during one the batch keeps the last one's words. */
static struct batch wait_error(struct house *h, int64_t piece_id, const char *words)
{
    struct batch b = {0};
    printing_wait((b = printing_batch(h, PIECE_BATCH(piece_id))).state == BATCH_READY && b.last_error.ptr &&
                  strstr(b.last_error.ptr, words));
    return b;
}

struct held {
    int64_t ahead_days, n;
};
static bool serials_held(struct tx *tx, void *arg)
{
    struct held *g = arg;
    struct r_serial_held row;
    tx_first(tx, Q_SERIAL_HELD, &(struct q_serial_held){1, 123456, tx_now(tx) + g->ahead_days * 86400000}, &row);
    g->n = row.n;
    return tx_ok(tx);
}

static int64_t held_in(struct house *h, int64_t days)
{
    struct held g = {.ahead_days = days};
    struct fault f;
    assert_true(store_read(h->store, serials_held, &g, &f));
    return g.n;
}

/* ---- what happens ---- */

static void test_into_a_folder(void **state)
{
    struct house *h = *state;
    struct event e;
    const char *dir = printing_folder(h);
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann"), refused = printing_send(h, &d, "Refuse"), zoe = 0;
    for (int i = 0; i < 4; i++) zoe = printing_send(h, &d, "Zoe");
    struct batch b = wait_state(h, ann, BATCH_HANDED_OVER);
    assert_str(arena_printf(h->arena, "batch-%lld-%lld", (long long)d.drop_id, (long long)b.batch_id), b.printer_job);
    assert_true(is_there(h, dir, "%s/%s/pieces.pdf", &b) && is_there(h, dir, "%s/%s/SHA256SUMS", &b));
    assert_false(is_there(h, dir, "%s/.%s.part", &b));
    printing_wait(printing_events(h, h->account, d.drop_id, STATUS_CREATED, -1, NULL) == 5);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, refused, NULL), 0);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, zoe, &e), 1);
    assert_false(e.is_test);
    assert_int_equal(e.happened_at, b.handed_over_at);
    printing_wait(printing_batch(h, b.batch_id).due_at == DB_NULL);
    assert_int_equal(held_in(h, 44), 6);
    assert_int_equal(held_in(h, 46), 0);
}

static void test_no_printer(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann");
    struct batch b = wait_error(h, ann, "no printer");
    assert_int_equal(b.state, BATCH_READY);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, -1, NULL), 0);
    assert_true(held_in(h, 10000) == 1); /* its serials are not free before it left */
    grant_played(h);
    b = wait_state(h, ann, BATCH_HANDED_OVER);
    assert_str("job 7", b.printer_job);
    assert_true(str_is_empty(b.last_error));
    assert_true(printer_revoke(h->mail, h->account, &f));
    int64_t bea = printing_send(h, &d, "Bea");
    wait_error(h, bea, "no printer");
    assert_int_equal(played.n_calls, 1);
}

static void test_test_mode(void **state)
{
    struct house *h = *state;
    struct event e;
    grant_played(h);
    struct drop d = house_campaign(h, h->account);
    int64_t ids[5];
    for (int i = 0; i < 5; i++) ids[i] = printing_send(h, &d, "Ann");
    wait_state(h, ids[0], BATCH_READY);
    printing_wait(printing_events(h, h->account, d.drop_id, STATUS_CREATED, -1, NULL) == 5);
    for (int i = 0; i < 5; i++) assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, ids[i], &e), 1);
    assert_true(e.is_test);
    struct batch b;
    printing_wait((b = printing_batch(h, PIECE_BATCH(ids[0]))).due_at == DB_NULL);
    assert_int_equal(b.state, BATCH_READY);
    assert_int_equal(played.n_calls, 0);
    assert_int_equal(b.handed_over_at, DB_NULL);
}

static void test_not_printed_for_sure(void **state)
{
    struct house *h = *state;
    house_expect_log("was not handed over");
    played.next = HANDOVER_NOT_PRINTED;
    grant_played(h);
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann");
    struct batch b = wait_error(h, ann, "says so");
    assert_int_equal(b.state, BATCH_READY);
    assert_true(house_heard_log());
    played.next = HANDOVER_DONE;
    b = wait_state(h, ann, BATCH_HANDED_OVER);
    assert_true(played.n_calls >= 2);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, ann, NULL), 1);
}

static void test_unknown(void **state)
{
    struct house *h = *state;
    struct fault f;
    house_expect_log("is not known");
    played.next = HANDOVER_UNKNOWN;
    grant_played(h);
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann");
    struct batch b = wait_state(h, ann, BATCH_UNKNOWN);
    assert_non_null(strstr(b.last_error.ptr, "says so"));
    assert_true(*batch_pdf(h->mail, h->arena, &b) != '\0'); /* to be compared with what lies at the printer */
    usleep(1500000);                                        /* longer than the ladder's first step */
    assert_int_equal(played.n_calls, 1);                    /* never again by itself */
    assert_false(handover_resolve(h->mail, h->other, b.batch_id, true, &f));
    assert_fault(404, &f, "no batch");
    played.next = HANDOVER_DONE;
    assert_true(handover_resolve(h->mail, h->account, b.batch_id, false, &f));
    wait_state(h, ann, BATCH_HANDED_OVER);
    assert_int_equal(played.n_calls, 2);
    assert_false(handover_resolve(h->mail, h->account, b.batch_id, false, &f));
    assert_fault(409, &f, "nothing to decide");

    played.next = HANDOVER_UNKNOWN;
    int64_t bea = printing_send(h, &d, "Bea");
    b = wait_state(h, bea, BATCH_UNKNOWN);
    assert_true(handover_resolve(h->mail, h->account, b.batch_id, true, &f));
    b = printing_batch(h, b.batch_id);
    assert_int_equal(b.state, BATCH_HANDED_OVER);
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, bea, NULL), 1);
    assert_int_equal(played.n_calls, 3);
    assert_int_equal(held_in(h, 46), 0);
}

/* A printer's folder that takes nothing, and then does: no half package in between, and every word of the reason is on the batch. */
static void refuses(struct house *h, const char *words, void (*spoil)(const char *dir), void (*mend)(const char *dir))
{
    struct fault f;
    const char *dir = printing_folder(h);
    if (mount("tmpfs", dir, "tmpfs", 0, "size=32k") != 0) {
        print_message("no rights to mount a file system here\n");
        skip();
    }
    spoil(dir);
    house_expect_log("was not handed over");
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann");
    struct batch b = wait_error(h, ann, words);
    assert_int_equal(b.state, BATCH_READY);
    assert_false(is_there(h, dir, "%s/%s", &b));
    mend(dir);
    assert_true(printer_put(h->mail, STR("shop"), printing_settings(h, "folder", dir), &f)); /* or the ladder's next step */
    b = wait_state(h, ann, BATCH_HANDED_OVER);
    assert_true(is_there(h, dir, "%s/%s/pieces.pdf", &b));
    assert_false(is_there(h, dir, "%s/.%s.part", &b));
    assert_int_equal(printing_events(h, h->account, d.drop_id, STATUS_CREATED, ann, NULL), 1);
    assert_int_equal(umount(dir), 0);
}

static void fill(const char *dir)
{
    char path[200];
    snprintf(path, sizeof path, "%s/filler", dir);
    FILE *f = fopen(path, "w");
    while (fwrite("................", 16, 1, f) == 1 && fflush(f) == 0) {}
    fclose(f);
    assert_int_equal(truncate(path, 28 * 1024), 0); /* one page is free: the folder, not all of its files */
}
static void empty(const char *dir)
{
    char path[200];
    snprintf(path, sizeof path, "%s/filler", dir);
    assert_int_equal(unlink(path), 0);
}
static void lock(const char *dir) { assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_REMOUNT | MS_RDONLY, "size=32k"), 0); }
static void unlock(const char *dir) { assert_int_equal(mount("tmpfs", dir, "tmpfs", MS_REMOUNT, "size=32k"), 0); }

static void test_full_folder(void **state) { refuses(*state, "No space left", fill, empty); }
static void test_read_only_folder(void **state) { refuses(*state, "Read-only file system", lock, unlock); }

/* A finished name that is there already: the same package is done, another one is never written over. */
static void test_name_taken(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct drop d = printing_live(h);
    int64_t ann = printing_send(h, &d, "Ann");
    struct batch b = wait_error(h, ann, "no printer");
    const char *at = arena_printf(h->arena, "%s/printer/batch-%lld-%lld", h->dir, (long long)d.drop_id, (long long)b.batch_id);
    assert_true(make_dirs(at, 0755, &f));
    char *sums = arena_printf(h->arena, "%s/SHA256SUMS", at);
    assert_true(durable_write(sums, STR("another\n"), 0644, &f));
    house_expect_log("holds something else");
    printing_folder(h);
    wait_error(h, ann, "holds something else");
    struct buf ours = BUF_INIT;
    assert_true(file_read(arena_printf(h->arena, "%s/%.*s/SHA256SUMS", h->dir, STR_ARG(b.file)), 1 << 16, &ours, &f));
    assert_true(durable_write(sums, buf_str(&ours), 0644, &f));
    buf_finish(&ours);
    wait_state(h, ann, BATCH_HANDED_OVER);
}

static void test_printers(void **state)
{
    struct house *h = *state;
    struct fault f;
    struct printer *all;
    static const struct {
        const char *settings, *want;
    } bad[] = {
        {"{\"kind\":\"fax\"}", "no kind of printer \"fax\""},
        {"{\"path\":\"/tmp\"}", "kind is required"},
        {"{\"kind\":\"folder\"}", "path is required"},
        {"{\"kind\":\"folder\",\"path\":\"tmp\"}", "absolute"},
        {"{\"kind\":\"folder\",\"path\":\"/nowhere/at/all\"}",
         "there is no folder /nowhere/at/all. Make it, and let the user "},
        {"{\"kind\":\"folder\",\"path\":\"/etc/passwd\"}", "is not a folder"},
    };
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_false(printer_put(h->mail, STR("shop"), str_of(bad[i].settings), &f));
        assert_fault(400, &f, bad[i].want);
    }
    assert_false(printer_grant(h->mail, h->account, STR("shop"), &f));
    assert_fault(404, &f, "no printer \"shop\"");
    printing_folder(h);
    assert_false(printer_grant(h->mail, 4242, STR("shop"), &f));
    assert_fault(404, &f, "no account");
    assert_true(printer_grant(h->mail, h->other, STR("shop"), &f));
    assert_int_equal(printer_all(h->mail, h->arena, &all, &f), 1);
    assert_int_equal(all[0].n_accounts, 2);
    assert_true(printer_remove(h->mail, STR("shop"), &f));
    assert_int_equal(printer_all(h->mail, h->arena, &all, &f), 0);
    assert_false(printer_remove(h->mail, STR("shop"), &f));
    assert_fault(404, &f, "no printer");
    printing_folder(h); /* under its old name again; the other account's grant is gone */
    assert_int_equal(printer_all(h->mail, h->arena, &all, &f), 1);
    assert_int_equal(all[0].n_accounts, 1);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
    const struct CMUnitTest tests[] = {
        CASE(test_printers),
        CASE(test_test_mode),
        CASE(test_into_a_folder),
        CASE(test_no_printer),
        CASE(test_not_printed_for_sure),
        CASE(test_name_taken),
        CASE(test_unknown),
        CASE(test_full_folder),
        CASE(test_read_only_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
