/* test_failpoint.c: a named place is armed by the environment, counts its hits, and fails or kills at the nth. The environment is
 * read once in a process, so each row is a child. */
#include "test.h"
#include "child.h"
#include "folder.h"
#include "base/failpoint.h"
#include <errno.h>
#include <signal.h>

struct row {
    const char *spec;   /* NULL: nothing is armed */
    int fails, dies_at; /* which of five hits; 0: none */
    bool is_wrong;      /* the spec itself: an assertion */
};

static const char *hits_file;

/* Exit status: the number of the hit that failed, 0 when none did; 100 when the failure was not one as the real call's. */
static int hit_five_times(const void *arg)
{
    const struct row *r = arg;
    int failed = 0;
    if (r->is_wrong) close(STDERR_FILENO);
    setenv("PENNYPOST_FAILPOINT_HITS", hits_file, 1);
    if (r->spec) setenv("PENNYPOST_FAILPOINT", r->spec, 1);
    for (int i = 1; i <= 5; i++) {
        errno = 0;
        if (FAILPOINT("other.before")) return 100;
        if (!FAILPOINT("place.before")) continue;
        if (failed || errno != EIO) return 100;
        failed = i;
    }
    return failed;
}

static void test_rows(void **state)
{
    struct folder *d = *state;
    static const struct row cases[] = {
        {NULL, 0, 0, false},
        {"", 0, 0, false},
        {"place.before", 0, 1, false}, /* the default: the first hit, kill */
        {"place.before:kill", 0, 1, false},
        {"place.before:4", 0, 4, false},
        {"place.before:4:kill", 0, 4, false},
        {"place.before:kill:4", 0, 4, false},
        {"place.before:fail", 1, 0, false},
        {"place.before:5:fail", 5, 0, false},
        {"place.before:6:fail", 0, 0, false},
        {"place.after:fail", 0, 0, false},
        {"place", 0, 0, false},
        {"place.before:0", 0, 0, true},
        {"place.before:often", 0, 0, true},
        {"place.before:", 0, 0, true},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        const struct row *r = &cases[i];
        hits_file = folder_file(d, "hits");
        unlink(hits_file);
        int status = child_run(hit_five_times, r);
        if (r->dies_at || r->is_wrong ? !child_died(status, r->is_wrong ? SIGABRT : SIGKILL) : child_exit(status) != r->fails)
            fail_msg("%s: status %x", r->spec ? r->spec : "none", status);
        if (r->is_wrong) continue;
        struct buf want = BUF_INIT; /* the hit that kills is written down as well */
        for (int k = 1; k <= (r->dies_at ? r->dies_at : 5); k++) buf_addz(&want, "other.before\nplace.before\n");
        const char *hits = folder_read(d, "hits");
        if (!hits || strcmp(hits, want.data) != 0) fail_msg("%s: hits %s", r->spec ? r->spec : "none", hits ? hits : "none");
        buf_finish(&want);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows)};
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
