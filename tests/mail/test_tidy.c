/* What the house forgets: print files of batches, and what a crash left. */
#include "house.h"
#include "base/clock.h"
#include "base/durable.h"
#include "base/log.h"
#include <dirent.h>
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* A file system that does not say in an entry what it is: this stands before the C library's. */
static bool is_silent;
struct dirent *readdir(DIR *dir)
{
    static struct dirent *(*real)(DIR *);
    if (!real) *(void **)&real = dlsym(RTLD_NEXT, "readdir");
    struct dirent *e = real(dir);
    if (e && is_silent) e->d_type = DT_UNKNOWN;
    return e;
}

static bool is_there(const struct house *h, const char *below)
{
    char path[400];
    struct stat st;
    snprintf(path, sizeof path, "%s/%s", h->dir, below);
    return lstat(path, &st) == 0;
}

static void make_package(const struct house *h, const char *below)
{
    char path[500];
    struct fault f;
    snprintf(path, sizeof path, "%s/%s", h->dir, below);
    assert_true(make_dirs(path, 0750, &f));
    strcat(path, "/pieces.pdf");
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fclose(file);
}

static void test_old_print_files(void **state)
{
    enum { DAY = 86400000 };
    static const struct {
        const char *name;
        enum batch_state batch;
        bool is_test, is_due;
        int begun_days, handed_days; /* ago; 0: not handed over */
        bool goes;
    } cases[] = {
        {"cannot be removed, and keeps no other", BATCH_HANDED_OVER, false, false, 99, 98, false},
        {"handed over long ago", BATCH_HANDED_OVER, false, false, 90, 61, true},
        {"begun long ago, handed over lately", BATCH_HANDED_OVER, false, false, 90, 59, false},
        {"its events are not all written", BATCH_HANDED_OVER, false, true, 90, 61, false},
        {"waits for its printer", BATCH_READY, false, false, 90, 0, false},
        {"nobody knows whether it was printed", BATCH_UNKNOWN, false, false, 90, 0, false},
        {"at the printer", BATCH_HANDING_OVER, false, false, 90, 0, false},
        {"recalled long ago", BATCH_CANCELLED, false, false, 61, 0, true},
        {"of test mode", BATCH_READY, true, false, 61, 0, true},
        {"of test mode, lately", BATCH_READY, true, false, 59, 0, false},
    };
    enum { N = sizeof cases / sizeof *cases };
    struct house h = {0};
    char sql[600], file[64];
    struct batch b;
    struct fault f;
    house_open(&h, NULL, false);
    house_suspend(&h);
    for (int i = 0; i < N; i++) {
        int64_t now = clock_now_ms(), begun = now - (int64_t)cases[i].begun_days * DAY;
        char handed[32] = "NULL", due[32] = "NULL";
        if (cases[i].handed_days)
            snprintf(handed, sizeof handed, "%lld", (long long)(now - (int64_t)cases[i].handed_days * DAY));
        if (cases[i].is_due) snprintf(due, sizeof due, "%lld", (long long)(now + DAY));
        snprintf(file, sizeof file, "batches/%lld/batch-9-%d", (long long)h.account, i + 1);
        make_package(&h, file);
        if (i == 0) strcat(file, "/pieces.pdf/in"); /* nothing can be below a file */
        snprintf(
            sql, sizeof sql,
            "INSERT INTO batch (account_id, batch_id, drop_id, state, is_test, n_pieces, template_version, stid, opened_at, "
            "due_at, handed_over_at, file, lease_until) VALUES (%lld, %d, 9, %d, %d, 1, 1, 270, %lld, %s, %s, '%s', %lld)",
            (long long)h.account, i + 1, cases[i].batch, cases[i].is_test, (long long)begun, due, handed, file,
            (long long)(now + DAY));
        fresh_store_script(h.address, sql);
    }
    house_expect_log("batch-9-1/pieces.pdf/in could not be removed");
    house_resume(&h, true);
    int n_gone = 0;
    for (int64_t until = clock_mono_ms() + 10000; n_gone < 3 && clock_mono_ms() < until; usleep(5000)) {
        n_gone = 0;
        for (int i = 0; i < N; i++) {
            assert_true(batch_get(h.store, h.arena, h.account, i + 1, &b, &f));
            n_gone += b.file.len == 0;
        }
    }
    house_reopen(&h, false); /* it has come to its end */
    assert_true(house_heard_log());
    house_expect_log(NULL);
    for (int i = 0; i < N; i++) {
        snprintf(file, sizeof file, "batches/%lld/batch-9-%d", (long long)h.account, i + 1);
        assert_true(batch_get(h.store, h.arena, h.account, i + 1, &b, &f));
        if ((b.file.len == 0) != cases[i].goes || is_there(&h, file) == cases[i].goes)
            fail_msg("%s: row \"%.*s\", file %d", cases[i].name, STR_ARG(b.file), is_there(&h, file));
        /* What was recalled had nothing to be shown before either. */
        assert_int_equal(batch_is_forgotten(&b), cases[i].goes && cases[i].batch != BATCH_CANCELLED);
        assert_true(!batch_is_forgotten(&b) || !*batch_pdf(h.mail, h.arena, &b));
    }
    house_close(&h);
    (void)state;
}

static void test_halves_on_a_silent_file_system(void **state)
{
    struct house h = {0};
    house_open(&h, NULL, false);
    house_suspend(&h);
    make_package(&h, "batches/1/batch-9-1.tmp");
    make_package(&h, "batches/1/batch-9-2");
    is_silent = true;
    house_resume(&h, false);
    is_silent = false;
    assert_false(is_there(&h, "batches/1/batch-9-1.tmp"));
    assert_true(is_there(&h, "batches/1/batch-9-2"));
    house_close(&h);
    (void)state;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_old_print_files),
                                       cmocka_unit_test(test_halves_on_a_silent_file_system)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
