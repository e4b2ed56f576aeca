/* test_csv.c: each file is fed at once and byte by byte, and must give the same rows. */
#include "test.h"
#include "base/buf.h"
#include "base/csv.h"
#include "base/limits.h"

static bool note_row(void *ctx, const struct csv_row *row)
{
    struct buf *out = ctx;
    buf_addf(out, "%lld@%lld:", (long long)row->line, (long long)row->at_byte);
    for (size_t i = 0; i < row->n && !row->bad; i++) buf_addf(out, "[%.*s]", STR_ARG(row->fields[i]));
    if (row->was_windows_1252) buf_addz(out, "w");
    if (row->bad) buf_addf(out, "%s {%.*s}", row->bad, STR_ARG(row->raw));
    buf_addz(out, " ");
    return true;
}

static void read_all(struct str text, size_t step, struct buf *out)
{
    struct csv_reader *r = csv_reader_create(note_row, out);
    for (size_t i = 0; i < text.len; i += step) {
        /* A copy of its own, so that the sanitizer sees a read beyond it or after it. */
        size_t n = text.len - i < step ? text.len - i : step;
        struct buf piece = BUF_INIT;
        buf_add(&piece, text.ptr + i, n);
        assert_true(csv_reader_feed(r, buf_str(&piece)));
        buf_finish(&piece);
    }
    assert_true(csv_reader_end(r));
    csv_reader_destroy(&r);
}

static void test_rows(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        struct str input;
        const char *want;
    } cases[] = {
        {"nothing", STR(""), ""},
        {"one row", STR("a,b\n"), "1@4:[a][b] "},
        {"no newline at the end", STR("a,b\nc,d"), "1@4:[a][b] 2@7:[c][d] "},
        {"return and newline", STR("a,b\r\nc,d\r\n"), "1@5:[a][b] 2@10:[c][d] "},
        {"bare returns", STR("a,b\rc,d\r"), "1@4:[a][b] 2@8:[c][d] "},
        {"empty lines are no rows", STR("\na,b\n\n \r\nc,d\n"), "2@5:[a][b] 5@13:[c][d] "},
        {"blanks", STR(" a ,\" b \", c d\t\n"), "1@16:[a][ b ][c d] "},
        {"quotes", STR("\"a,\"\"1\"\"\",b\n"), "1@12:[a,\"1\"][b] "},
        {"newline in quotes", STR("a,\"x\ny\"\nb,c\n"), "1@8:[a][x\ny] 3@12:[b][c] "},
        {"return and newline in quotes", STR("a,\"x\r\ny\"\r\nb,c\n"), "1@10:[a][x\r\ny] 3@14:[b][c] "},
        {"open quote", STR("a,b\nc,\"d\n"), "1@4:[a][b] 2@9:has a quote that is never closed {c,\"d\n} "},
        {"empty fields", STR("a,,\n,,\n"), "1@4:[a][][] 2@7:[][][] "},
        {"ragged", STR("a,b\nc\nd,e,f\n"), "1@4:[a][b] 2@6:[c] 3@12:[d][e][f] "},
        {"semicolons", STR("a;b,1;c\n1;2;3\n"), "1@8:[a][b,1][c] 2@14:[1][2][3] "},
        {"tabs", STR("a\tb\n1\t\n"), "1@4:[a][b] 2@7:[1][] "},
        {"separators in quotes do not count", STR("\"a;;;\",b\n"), "1@9:[a;;;][b] "},
        {"byte-order mark", STR("\xEF\xBB\xBF\"a\",b\n"), "1@9:[a][b] "},
        {"windows-1252", STR("a,b\nJos\xE9,\x80\n"), "1@4:[a][b] 2@11:[José][€]w "},
        {"utf-8", STR("a,é\n"), "1@5:[a][é] "},
        {"UTF-16",
         STR("\xFF\xFE"
             "a\0\n\0"),
         "1@5:is UTF-16 text; save the file as \"CSV UTF-8\" {\xFF\xFE"
         "a"},
        {"NUL", STR("a,b\nc\0,d\ne,f\n"), "1@4:[a][b] 2@9:holds a NUL byte {c"},
    };
    for (size_t i = 0; i < ROWS(cases); i++) {
        for (size_t step = 1; step <= 64; step = step == 1 ? 3 : step * 21) {
            struct buf out = BUF_INIT;
            read_all(cases[i].input, step, &out);
            struct str got = buf_str(&out), want = str_of(cases[i].want);
            if (memchr(cases[i].input.ptr, 0, cases[i].input.len) && got.len > want.len)
                got.len = want.len; /* the raw row stands last */
            if (!str_eq(got, want)) fail_msg("%s, step %zu: got %.*s", cases[i].name, step, STR_ARG(got));
            buf_finish(&out);
        }
    }
}

static void test_limits(void **state)
{
    (void)state;
    assert_true(limit_set(STR("csv.max_row_bytes"), 10, NULL));
    assert_true(limit_set(STR("csv.max_columns"), 3, NULL));
    struct str text = STR("a,b\n\"never closed\nc,d\n1,2,3,4\n12345678901234567890\ne,f\n");
    static const char want[] =
        "1@4:[a][b] 2@18:is longer than 10 bytes {\"never clo} 3@22:[c][d] 4@30:has more than 3 columns {1,2,3,4\n} "
        "5@51:is longer than 10 bytes {1234567890} 6@55:[e][f] ";
    for (size_t step = 1; step < 60; step += 7) {
        struct buf out = BUF_INIT;
        read_all(text, step, &out);
        assert_str(buf_str(&out), want);
        buf_finish(&out);
    }
    assert_true(limit_set(STR("csv.max_row_bytes"), limit_def(LIMIT_CSV_MAX_ROW_BYTES)->by_default, NULL));
    assert_true(limit_set(STR("csv.max_columns"), limit_def(LIMIT_CSV_MAX_COLUMNS)->by_default, NULL));
}

static bool stop_at_second(void *ctx, const struct csv_row *row)
{
    *(int64_t *)ctx = row->at_byte;
    return row->line < 2;
}

static void test_stop_and_resume(void **state)
{
    (void)state;
    struct str text = STR("a;b\n\"x;\ny\";2\n3;4\n");
    int64_t at = 0;
    struct csv_reader *r = csv_reader_create(stop_at_second, &at);
    assert_false(csv_reader_feed(r, text));
    assert_int_equal(at, 13);
    assert_int_equal(csv_reader_separator(r), ';');
    csv_reader_destroy(&r);
    struct buf out = BUF_INIT;
    r = csv_reader_create(note_row, &out);
    csv_reader_resume(r, ';', 4, at);
    assert_true(csv_reader_feed(r, str_make(text.ptr + at, text.len - (size_t)at)));
    assert_true(csv_reader_end(r));
    csv_reader_destroy(&r);
    assert_str(buf_str(&out), "4@17:[3][4] ");
    buf_finish(&out);
}

static void test_write(void **state)
{
    (void)state;
    struct buf b = BUF_INIT;
    csv_add_field(&b, STR("a"), true, true);
    csv_add_field(&b, STR("b,\"c\""), false, true);
    csv_add_field(&b, STR("=1+1"), false, true);
    csv_add_field(&b, STR("-1"), false, false);
    csv_add_field(&b, STR_NULL, false, true);
    csv_add_field(&b, STR("\"\""), false, true);
    assert_str(buf_str(&b), "a,\"b,\"\"c\"\"\",'=1+1,-1,,\"\"\"\"\"\"");
    buf_finish(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_rows), cmocka_unit_test(test_limits),
                                       cmocka_unit_test(test_stop_and_resume), cmocka_unit_test(test_write)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
