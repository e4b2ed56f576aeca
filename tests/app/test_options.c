/* test_options.c: a flag wins over the environment, which wins over the file, which wins over the default; for settings and for
 * limits, wherever --config stands among the words. */
#include "test.h"
#include "folder.h"
#include "caught.h"
#include "app/options.h"
#include "base/limits.h"
#include "base/settings.h"

static struct caught caught;

static bool read_words(const char *words[], struct options *o)
{
    char name[] = "serve", *argv[12] = {name};
    int argc = 1;
    for (; words[argc - 1]; argc++) argv[argc] = (char *)words[argc - 1];
    caught_begin(&caught);
    bool is_good = options_read(o, argc, argv, TAKES_NODE | TAKES_JSON, NULL);
    caught_end(&caught);
    return is_good;
}

/* Three settings and three limits: each stands in one origin more than the one before it. */
static void test_order(void **state)
{
    struct folder *d = *state;
    struct options o;
    char *conf = folder_file(d, "conf");
    assert_true(durable_write(conf,
                              STR("mail.recall_minutes = 1\nmail.gather_seconds = 1\nmail.test_gather_ms = 1\n"
                                  "job.lease = 1\njob.attempts = 1\njob.retry_first = 1\n"),
                              0600, NULL));
    setenv("PENNYPOST_MAIL_GATHER_SECONDS", "2", 1), setenv("PENNYPOST_MAIL_TEST_GATHER_MS", "2", 1);
    setenv("PENNYPOST_JOB_ATTEMPTS", "2", 1), setenv("PENNYPOST_JOB_RETRY_FIRST", "2", 1);
    const char *words[] = {
        "--set", "mail.test_gather_ms=3", "--set", " job.retry_first = 3 ", "word", "--config", conf, "--json", NULL};
    if (!read_words(words, &o)) fail_msg("%s", caught.text);
    assert_int_equal(setting_int(SETTING_PRESS_WORKERS), 0);
    assert_int_equal(setting_int(SETTING_MAIL_RECALL_MINUTES), 1);
    assert_int_equal(setting_int(SETTING_MAIL_GATHER_SECONDS), 2);
    assert_int_equal(setting_int(SETTING_MAIL_TEST_GATHER_MS), 3);
    assert_string_equal(setting_origin(SETTING_PRESS_WORKERS), "default");
    assert_string_equal(setting_origin(SETTING_MAIL_RECALL_MINUTES), arena_printf(d->arena, "file %s:1", conf));
    assert_string_equal(setting_origin(SETTING_MAIL_GATHER_SECONDS), "PENNYPOST_MAIL_GATHER_SECONDS");
    assert_string_equal(setting_origin(SETTING_MAIL_TEST_GATHER_MS), "--set");
    assert_int_equal(limit_get(LIMIT_JOB_RETRY_LONGEST_S), limit_def(LIMIT_JOB_RETRY_LONGEST_S)->by_default);
    assert_int_equal(limit_get(LIMIT_JOB_LEASE_S), 1);
    assert_int_equal(limit_get(LIMIT_JOB_ATTEMPTS), 2);
    assert_int_equal(limit_get(LIMIT_JOB_RETRY_FIRST_S), 3);
    assert_true(o.json && o.n_rest == 1);
    assert_string_equal(o.rest[0], "word");
}

static void test_refused(void **state)
{
    (void)state;
    static const struct {
        const char *words[3], *want;
    } cases[] = {
        {{"--set", "listen"}, "--set wants NAME=VALUE, not \"listen\""},
        {{"--set", "no.such=1"}, "--set no.such=1: there is no setting or limit called no.such"},
        {{"--set", "job.lease=0"}, "--set job.lease=0: the limit job.lease must be above 0, not 0"},
        {{"--set", "http.threads=0"}, "--set http.threads=0: http.threads takes a number (threads, at least 1), not \"0\""},
        {{"--config", "/no/such/file"}, "/no/such/file cannot be opened: No such file or directory"},
        {{"--nonsense", NULL}, "that flag is not known here; see pennypost serve --help"},
        {{"--keep", NULL}, "--keep means nothing here; it takes --data"},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct options o;
        const char *words[] = {cases[i].words[0], cases[i].words[1], NULL};
        assert_false(read_words(words, &o));
        if (!strstr(caught.text, cases[i].want)) fail_msg("row %zu: %s", i, caught.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_order), cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
