/* test_settings.c: where a value comes from, what is refused and how it is said. The order of flags, environment and file among
 * each other is the program's: tests/app/test_options.c. */
#include "test.h"
#include "folder.h"
#include "base/limits.h"
#include "base/settings.h"
#include <ctype.h>

static void test_set(void **state)
{
    (void)state;
    static const struct {
        const char *name, *value, *refusal; /* NULL: taken */
    } cases[] = {
        {"mail.recall_minutes", "0", NULL},
        {"mail.recall_minutes", "2147483647", NULL},
        {"mail.recall_minutes", "2147483648", "mail.recall_minutes takes a number (min), not \"2147483648\""},
        {"mail.recall_minutes", "-1", "mail.recall_minutes takes a number (min), not \"-1\""},
        {"mail.recall_minutes", "soon", "mail.recall_minutes takes a number (min), not \"soon\""},
        {"mail.recall_minutes", "", "mail.recall_minutes takes a number (min), not \"\""},
        {"http.threads", "1", NULL},
        {"http.threads", "0", "http.threads takes a number (threads, at least 1), not \"0\""},
        {"press.sandbox", "off", NULL},
        {"press.sandbox", "of", "press.sandbox is one of on|off, not \"of\""},
        {"press.sandbox", "on|off", "press.sandbox is one of on|off, not \"on|off\""},
        {"log.level", "loud", "log.level is one of debug|info|warning|error, not \"loud\""},
        {"db", "", NULL},
        {"db", "sqlite:a b.db", NULL},
        {"no.such", "1", "there is no setting or limit called no.such"},
        {"", "1", "there is no setting or limit called "},
        {"DB", "x", "there is no setting or limit called DB"},
        {"batch.max_pieces", "100", NULL},
        {"batch.max_pieces", "5001", "the limit batch.max_pieces can be 5000 pieces at most, not 5001"},
        {"batch.max_pieces", "0", "the limit batch.max_pieces must be above 0, not 0"},
        {"batch.max_pieces", "many", "the limit batch.max_pieces takes a number, not \"many\""},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct fault f = {0};
        bool is_taken = setting_set(str_of(cases[i].name), str_of(cases[i].value), "test", &f);
        assert_string_equal(f.text, cases[i].refusal ? cases[i].refusal : "");
        assert_int_equal(is_taken, !cases[i].refusal);
        assert_int_equal(f.whose, is_taken ? FAULT_NONE : FAULT_USER);
    }
    struct fault f = {0};
    assert_false(setting_set(STR("data"), STR("a\0b"), "test", &f));
    assert_string_equal(f.text, "data cannot hold a NUL byte");
    assert_int_equal(setting_int(SETTING_MAIL_RECALL_MINUTES), INT32_MAX); /* what was refused changed nothing */
    assert_string_equal(setting_get(SETTING_PRESS_SANDBOX), "off");
    assert_string_equal(setting_get(SETTING_DB), "sqlite:a b.db");
    assert_int_equal(limit_get(LIMIT_BATCH_MAX_PIECES), 100);
}

/* A piece of a value may become the value. */
static void test_set_from_itself(void **state)
{
    (void)state;
    assert_true(setting_set(STR("data"), STR("/srv/pennypost"), "test", NULL));
    const char *value = setting_get(SETTING_DATA);
    assert_true(setting_set(STR("data"), str_make(value, 4), setting_origin(SETTING_DATA), NULL));
    assert_string_equal(setting_get(SETTING_DATA), "/srv");
    assert_string_equal(setting_origin(SETTING_DATA), "test");
}

static bool read_text(struct folder *d, const char *text, struct fault *f)
{
    const char *path = folder_file(d, "conf");
    return durable_write(path, str_of(text), 0600, f) && settings_read_file(path, f);
}

static void test_file(void **state)
{
    struct folder *d = *state;
    struct fault f = {0};
    assert_string_equal(setting_origin(SETTING_PURL_BASE), "default");
    if (!read_text(
            d, "# a comment\r\n\r\n  purl.base =  http://x/?a=b#c \r\n\t# more\nmail.gather_seconds=7\nlist.max_columns = 9",
            &f))
        fail_msg("%s", f.text);
    assert_string_equal(setting_get(SETTING_PURL_BASE), "http://x/?a=b#c");
    assert_string_equal(setting_origin(SETTING_PURL_BASE), arena_printf(d->arena, "file %s/conf:3", d->path));
    assert_int_equal(setting_int(SETTING_MAIL_GATHER_SECONDS), 7);
    assert_string_equal(setting_origin(SETTING_MAIL_GATHER_SECONDS), arena_printf(d->arena, "file %s/conf:5", d->path));
    assert_int_equal(limit_get(LIMIT_LIST_MAX_COLUMNS), 9);
    assert_true(read_text(d, "", &f));
    assert_true(read_text(d, "db =", &f)); /* an empty text is a text */
    assert_string_equal(setting_get(SETTING_DB), "");
}

static void test_bad_lines(void **state)
{
    struct folder *d = *state;
    static const struct {
        const char *text, *want; /* what follows the file's name */
    } cases[] = {
        {"data", "line 1: expected \"name = value\""},
        {"\n\n= 7\n", "line 3: there is no setting or limit called "},
        {"# fine\nno.such = 1\n", "line 2: there is no setting or limit called no.such"},
        {"db = x\r\nhttp.threads = two\r\n", "line 2: http.threads takes a number (threads, at least 1), not \"two\""},
        {"list.max_columns = 51", "line 1: the limit list.max_columns can be 50 columns at most, not 51"},
        {"list.max_columns = 5 # five", "line 1: the limit list.max_columns takes a number, not \"5 # five\""},
        {"[section]\n", "line 1: expected \"name = value\""},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct fault f = {0};
        assert_false(read_text(d, cases[i].text, &f));
        assert_string_equal(f.text, arena_printf(d->arena, "%s/conf, %s", d->path, cases[i].want));
        assert_int_equal(f.whose, FAULT_USER);
    }
    struct fault f = {0};
    assert_false(settings_read_file(folder_file(d, "none"), &f));
    assert_int_equal(f.whose, FAULT_OPERATOR);
    assert_non_null(strstr(f.text, "/none cannot be opened"));
}

static void test_environment(void **state)
{
    (void)state;
    struct fault f = {0};
    setenv("PENNYPOST_MAIL_TEST_GATHER_MS", "33", 1);
    setenv("PENNYPOST_API_INCLUSIVE_RANGE", "on", 1);
    setenv("PENNYPOST_IMPORT_ROWS_PER_COMMIT", "44", 1);
    setenv("PENNYPOST_SHARED_DATA", "somebody else's", 1);
    if (!settings_read_environment(&f)) fail_msg("%s", f.text);
    assert_int_equal(setting_int(SETTING_MAIL_TEST_GATHER_MS), 33);
    assert_string_equal(setting_origin(SETTING_MAIL_TEST_GATHER_MS), "PENNYPOST_MAIL_TEST_GATHER_MS");
    assert_string_equal(setting_get(SETTING_PAGE_INCLUSIVE), "on");
    assert_int_equal(limit_get(LIMIT_IMPORT_ROWS_PER_COMMIT), 44);

    setenv("PENNYPOST_IMPORT_ROWS_PER_COMMIT", "0", 1);
    assert_false(settings_read_environment(&f));
    assert_string_equal(f.text,
                        "environment variable PENNYPOST_IMPORT_ROWS_PER_COMMIT: the limit import.rows_per_commit must be "
                        "above 0, not 0");
    unsetenv("PENNYPOST_IMPORT_ROWS_PER_COMMIT");
    setenv("PENNYPOST_MAIL_TEST_GATHER_MS", "", 1);
    assert_false(settings_read_environment(&f));
    assert_string_equal(f.text, "environment variable PENNYPOST_MAIL_TEST_GATHER_MS: mail.test_gather_ms takes a number (ms), "
                                "not \"\"");
    unsetenv("PENNYPOST_MAIL_TEST_GATHER_MS");
    assert_int_equal(limit_get(LIMIT_IMPORT_ROWS_PER_COMMIT), 44);
    assert_int_equal(setting_int(SETTING_MAIL_TEST_GATHER_MS), 33);
}

static void variable_of(const char *name, char out[64])
{
    size_t n = strlen(name);
    assert_true(n < 64);
    for (size_t i = 0; i <= n; i++) out[i] = name[i] == '.' ? '_' : (char)toupper((unsigned char)name[i]);
}

static const char *name_at(int i)
{
    return i < SETTING_COUNT ? setting_def((enum setting)i)->name : limit_def((enum limit)(i - SETTING_COUNT))->name;
}

/* No two rows of the tables meet in one variable, and every default is a value that its own setting takes. */
static void test_tables(void **state)
{
    (void)state;
    for (int i = 0; i < SETTING_COUNT + LIMIT_COUNT; i++) {
        for (int k = 0; k < i; k++) {
            char a[64], b[64];
            variable_of(name_at(i), a), variable_of(name_at(k), b);
            assert_string_not_equal(a, b);
        }
    }
    for (int s = 0; s < SETTING_COUNT; s++) {
        const struct setting_def *d = setting_def((enum setting)s);
        struct fault f = {0};
        if (!setting_set(str_of(d->name), str_of(d->by_default), "test", &f)) fail_msg("%s", f.text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_set),         cmocka_unit_test(test_set_from_itself),
                                       cmocka_unit_test(test_file),        cmocka_unit_test(test_bad_lines),
                                       cmocka_unit_test(test_environment), cmocka_unit_test(test_tables)};
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
