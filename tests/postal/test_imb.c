/* test_imb.c: the barcode against the standard's own examples, the reference set when it is there, libzint, and itself. */
#include "postal/imb.h"
#include "postal/stid.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zint.h>

static const struct {
    const char *name, *tracking, *routing, *bars;
    enum imb_result want;
} cases[] = {
    {"no routing", "01234567094987654321", "", "ATTFATTDTTADTAATTDTDTATTDAFDDFADFDFTFFFFFTATFAAAATDFFTDAADFTFDTDT", IMB_OK},
    {"zip", "01234567094987654321", "01234", "DTTAFADDTTFTDTFTFDTDDADADAFADFATDDFTAAAFDTTADFAAATDFDTDFADDDTDFFT", IMB_OK},
    {"zip+4", "01234567094987654321", "012345678", "ADFTTAFDTTTTFATTADTAAATFTFTATDAAAFDDADATATDTDTTDFDTDATADADTDFFTFA", IMB_OK},
    {"delivery point", "01234567094987654321", "01234567891",
     "AADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA", IMB_OK},
    {"19 digits", "0123456709498765432", "", NULL, IMB_TRACKING_LENGTH},
    {"nothing", "", "", NULL, IMB_TRACKING_LENGTH},
    {"a letter", "0123456709498765432x", "", NULL, IMB_TRACKING_DIGITS},
    {"a blank at the end", "0123456709498765432 ", "", NULL, IMB_TRACKING_LENGTH},
    {"second digit", "05234567094987654321", "", NULL, IMB_SECOND_DIGIT},
    {"routing of 6", "01234567094987654321", "012345", NULL, IMB_ROUTING_LENGTH},
    {"routing letter", "01234567094987654321", "0123x", NULL, IMB_ROUTING_DIGITS},
};

static void check_row(const char *name, const char *tracking, const char *routing, const char *bars, int want)
{
    char got[IMB_BARS + 1] = "", t[21], r[12];
    int result = imb_encode(str_of(tracking), str_of(routing), got);
    if (result != want || (want == IMB_OK && strcmp(got, bars) != 0))
        fail_msg("%s: %s-%s gives %d %s", name, tracking, routing, result, got);
    if (want != IMB_OK) return;
    assert_int_equal(imb_decode(str_of(bars), t, r), IMB_OK);
    assert_string_equal(t, tracking);
    assert_string_equal(r, routing);
}

static void standard_examples(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        check_row(cases[i].name, cases[i].tracking, cases[i].routing, cases[i].bars, cases[i].want);
}

static void reference_set(void **state)
{
    (void)state;
    char path[4096], line[1000], *field[4];
    const char *dir = getenv("PENNYPOST_SHARED_DATA");
    snprintf(path, sizeof path, "%s/imb-vectors.csv", dir ? dir : ".");
    FILE *in = fopen(path, "r");
    if (!in) {
        print_message("imb-vectors.csv is not there: skipped\n");
        skip();
        return;
    }
    int rows = 0, good = 0;
    assert_non_null(fgets(line, sizeof line, in));
    while (fgets(line, sizeof line, in)) {
        char *rest = line;
        for (int i = 0; i < 4; i++) assert_non_null(field[i] = strsep(&rest, ","));
        int want = atoi(field[3]);
        check_row("reference", field[0], field[1], field[2], want);
        rows++, good += want == IMB_OK;
    }
    fclose(in);
    print_message("%d reference rows, %d of them good\n", rows, good);
    assert_true(rows > 9000 && good > 8000);
}

static uint64_t seed = 20151124;
static unsigned dice(unsigned n)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)((seed >> 33) % n);
}

static void random_code(char tracking[21], char routing[12])
{
    static const size_t lengths[] = {0, 5, 9, 11};
    size_t n = lengths[dice(4)];
    for (int i = 0; i < 20; i++) tracking[i] = (char)('0' + dice(i == 1 ? 5 : 10));
    for (size_t i = 0; i < n; i++) routing[i] = (char)('0' + dice(10));
    tracking[20] = 0, routing[n] = 0;
}

static void zint_bars(const char *tracking, const char *routing, char bars[IMB_BARS + 1])
{
    char text[40];
    struct zint_symbol *z = ZBarcode_Create();
    z->symbology = BARCODE_USPS_IMAIL;
    snprintf(text, sizeof text, "%s%s%s", tracking, *routing ? "-" : "", routing);
    assert_int_equal(ZBarcode_Encode(z, (const unsigned char *)text, 0), 0);
    for (int i = 0; i < IMB_BARS; i++) {
        int up = z->encoded_data[0][2 * i / 8] >> (2 * i % 8) & 1, down = z->encoded_data[2][2 * i / 8] >> (2 * i % 8) & 1;
        bars[i] = "TDAF"[down | up << 1];
    }
    bars[IMB_BARS] = 0;
    ZBarcode_Delete(z);
}

static void agrees_with_zint(void **state)
{
    (void)state;
    char tracking[21], routing[12], bars[IMB_BARS + 1];
    for (int i = 0; i < 2000; i++) {
        random_code(tracking, routing);
        zint_bars(tracking, routing, bars);
        check_row("random", tracking, routing, bars, IMB_OK);
    }
}

static void single_bar_errors(void **state)
{
    (void)state;
    char tracking[21], routing[12], bars[IMB_BARS + 1], t[21] = "as it was", r[12] = "";
    for (int i = 0; i < 200; i++) {
        random_code(tracking, routing);
        assert_int_equal(imb_encode(str_of(tracking), str_of(routing), bars), IMB_OK);
        for (int bar = 0; bar < IMB_BARS; bar++) {
            char was = bars[bar];
            for (const char *c = "TDAF?"; *c; c++) {
                if (*c == was) continue;
                bars[bar] = *c;
                assert_int_equal(imb_decode(str_of(bars), t, r), IMB_NOT_A_CODE);
            }
            bars[bar] = was;
        }
    }
    assert_string_equal(t, "as it was");
    assert_int_equal(imb_decode(STR("TDAF"), t, r), IMB_NOT_A_CODE);
    assert_int_equal(imb_decode(STR_NULL, t, r), IMB_NOT_A_CODE);
}

static void tracking_parts(void **state)
{
    (void)state;
    static const struct {
        int id, stid;
        int64_t mid, serial;
        const char *want;
    } rows[] = {
        {0, 310, 123456, 7, "00310123456000000007"},
        {0, 40, 901234567, 999999, "00040901234567999999"},
        {94, 271, 123, 999999999, "94271000123999999999"},
        {5, 310, 123456, 7, NULL},
        {0, 1000, 123456, 7, NULL},
        {0, 310, 123456, 1000000000, NULL},
        {0, 310, 901234567, 1000000, NULL},
        {0, 310, 123456789, 7, NULL},
        {0, 310, 0, 7, NULL},
        {0, 310, 899999, 7, "00310899999000000007"},
        {0, 310, 900000, 7, NULL},
        {0, 310, 999999, 7, NULL},
        {0, 310, 900000000, 0, "00310900000000000000"},
        {0, 310, 899999999, 0, NULL},
        {0, 310, 1000000000, 0, NULL},
        {0, 310, -123456, 7, NULL},
        {0, 310, 123456, -1, NULL},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char out[21] = "";
        assert_int_equal(imb_tracking(rows[i].id, rows[i].stid, rows[i].mid, rows[i].serial, out), rows[i].want != NULL);
        assert_string_equal(out, rows[i].want ? rows[i].want : "");
    }
    assert_int_equal(imb_serial_space(123456), 1000000000);
    assert_int_equal(imb_serial_space(901234567), 1000000);
    assert_int_equal(imb_serial_space(899999), 1000000000);
    assert_int_equal(imb_serial_space(900000), 0);
    assert_int_equal(imb_serial_space(0), 0);
    assert_int_equal(imb_serial_space(1000000), 0);
    assert_int_equal(imb_test_serials(1000000000), 990000000);
    assert_int_equal(imb_test_serials(1000000), 990000);
}

static void service_types(void **state)
{
    (void)state;
    assert_true(stid_find(stid_default(MAIL_FIRST_CLASS))->mail_class == MAIL_FIRST_CLASS);
    assert_true(stid_find(stid_default(MAIL_STANDARD))->mail_class == MAIL_STANDARD);
    assert_true(stid_find(270)->full_service && stid_find(270)->has_iv_mtr);
    assert_false(stid_find(301)->has_iv_mtr);
    assert_int_equal(stid_find(40)->stid, 40);
    assert_null(stid_find(999));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(standard_examples), cmocka_unit_test(reference_set),  cmocka_unit_test(agrees_with_zint),
        cmocka_unit_test(single_bar_errors), cmocka_unit_test(tracking_parts), cmocka_unit_test(service_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
