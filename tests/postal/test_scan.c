/* test_scan.c: what the USPS sends, in every shape, as rows. Each case is read whole, in pieces of seven bytes, byte by byte, and as
 * gzip; all must give the same. */
#include "postal/imb.h"
#include "postal/scan.h"
#include "base/buf.h"
#include "base/limits.h"
#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>
#include <zlib.h>

#define NOW   INT64_C(1781481600000) /* 2026-06-15T00:00:00Z */
#define NINE  "00271901052658190625" /* mailer id of nine digits */
#define SIX   "01310123456000000007"
#define HEAD  "imbTrackingCode,scanDatetime,scanEventCode,scanFacilityZip,handlingEventType,mailPhase\n"
#define LINE1 NINE ",2026-05-30T02:02:04,919,33573,A,Phase 3c - Destination Sequenced Carrier Sortation\n"
#define GOT1  "901052658/190625 271 2026-05-30T06:02:04Z 919 33573 A 3c\n"
#define OBJ1                                                                                                                   \
    "{\"imbTrackingCode\":\"" NINE "\",\"scanDatetime\":\"2026-05-30T02:02:04\",\"scanEventCode\":\"919\","                    \
    "\"scanFacilityZip\":\"33573\",\"handlingEventType\":\"A\",\"mailPhase\":\"Phase 3c - Destination Sequenced Carrier "      \
    "Sortation\"}"
#define OBJ2 "{\"imbTrackingCode\":\"" SIX "\",\"scanDatetime\":\"2026-05-31 02:02:04Z\",\"scanEventCode\":7}"
#define GOT2 "123456/7 310 2026-05-31T02:02:04Z 007 - A none\n"

static const struct {
    const char *name, *input, *want;
} cases[] = {
    {"comma", HEAD LINE1, "2: " GOT1},
    {"no newline at the end", "imb_tracking_code,scan_date_time,op code\n" SIX ",2026-05-31T02:02:04Z,007", "2: " GOT2},
    {"tabs, other order, unknown columns",
     "idTag\tScan_Event_Code\tx\tSCANDATETIME\tIMB\n1\t7\t\t2026-05-31T02:02:04Z\t" SIX "\n",
     "2: 123456/7 310 2026-05-31T02:02:04Z 007 - A none tag\n"},
    {"pipes and returns", "imb|scanDatetime|scanEventCode\r\n" SIX "|2026-05-31T02:02:04Z|7\r\n", "2: " GOT2},
    {"semicolons", "imb;scanDatetime;scanEventCode\n" SIX ";2026-05-31T02:02:04Z;7\n", "2: " GOT2},
    {"a mark, blank lines", "\xEF\xBB\xBF\n\nimb,scanDatetime,scanEventCode\n\n" SIX ",2026-05-31T02:02:04Z,7\n", "5: " GOT2},
    {"quotes",
     "\"imb\",scanDatetime,scanEventCode,scanFacilityName\n\"" SIX "\",2026-05-31T02:02:04Z,\"7\",\"ST. LOUIS, \"\"MO\"\"\"\n",
     "2: 123456/7 310 2026-05-31T02:02:04Z 007 - A none @ST. LOUIS, \"MO\"\n"},
    {"31 digits in two columns",
     "imbTrackingCode,routingCodeImbMatchingPortion,scanDatetime,scanEventCode\n" NINE ",33573680167,2026-05-31T02:02:04Z,7\n",
     "2: 901052658/190625 271 2026-05-31T02:02:04Z 007 - A none routed\n"},
    {"31 digits in one, blanks", "imb,scanDatetime,scanEventCode\n00 271 901052658 190625 33573680167,2026-05-31T02:02:04Z,7\n",
     "2: 901052658/190625 271 2026-05-31T02:02:04Z 007 - A none routed\n"},
    {"65 letters",
     "imb,scanDatetime,scanEventCode\nAADTFFDFTDADTAADAATFDTDDAAADDTDTTDAFADADDDTFFFDDTTTADFAAADFTDAADA,2026-05-31T02:02:04Z,"
     "7\n",
     "2: 567094/987654321 234 2026-05-31T02:02:04Z 007 - A none routed\n"},
    {"parts", "imbMid,imbSerialNumber,imbStid,scanDatetime,scanEventCode\n123456,000000007,310,2026-05-31T02:02:04Z,7\n",
     "2: " GOT2},
    {"parts without a service type",
     "imbMid,imbSerialNumber,scanDatetime,scanEventCode\n901052658,190625,2026-05-31T02:02:04Z,7\n",
     "2: 901052658/190625 -1 2026-05-31T02:02:04Z 007 - A none\n"},
    {"locale key", "imb,scanDatetime,scanEventCode,scanLocaleKey\n" SIX ",2026-05-31T02:02:04Z,7,v24z9\n",
     "2: 123456/7 310 2026-05-31T02:02:04Z 007 V24Z9 A none\n"},
    {"a dropped zero; Eastern winter",
     "imb,scanDatetime,scanEventCode,scanFacilityZip,handlingEventType\n" SIX ",2026-01-31 02:02,7,2101,L\n",
     "2: 123456/7 310 2026-01-31T07:02:00Z 007 02101 L none\n"},
    {"each row its reason",
     HEAD ","
          "2026-05-30T02:02:04,919,33573,A,\n"
          "0527190105265819062,2026-05-30T02:02:04,919,33573,A,\n"
          "05271901052658190625,2026-05-30T02:02:04,919,33573,A,\n"
          "2.71901E+18,2026-05-30T02:02:04,919,33573,A,\n"
          "00271000000658190625,2026-05-30T02:02:04,919,33573,A,\n" NINE ",,919,33573,A,\n" NINE ",30 May,919,33573,A,\n" NINE
          ",2021-05-30T02:02:04,919,33573,A,\n" NINE ",2026-06-30T02:02:04,919,33573,A,\n" NINE
          ",2026-05-30T02:02:04,9x9,33573,A,\n" NINE ",2026-05-30T02:02:04,,33573,A,\n" NINE
          ",2026-05-30T02:02:04,919,33573,A,,,\n"
          "\"" NINE ",2026-05-30T02:02:04,919\n" LINE1,
     "2: no barcode: there is no barcode: neither its digits nor mailer id and serial number\n"
     "3: impossible barcode: the barcode \"0527190105265819062\" is not 20, 25, 29 or 31 digits long\n"
     "4: impossible barcode: the barcode \"05271901052658190625\" has a second digit above 4\n"
     "5: impossible barcode: the barcode \"2.71901E+18\" is not 20, 25, 29 or 31 digits long\n"
     "6: impossible barcode: the barcode \"00271000000658190625\" holds no mailer id\n"
     "7: no time: there is no time of the scan\n"
     "8: impossible time: \"30 May\" is not a time like 2026-05-30T02:02:04\n"
     "9: too old: the scan of 2021-05-30T02:02:04 is older than the limit scan.oldest\n"
     "10: in the future: the scan of 2026-06-30T02:02:04 lies further ahead than the limit scan.ahead\n"
     "11: no operation: \"9x9\" is not an operation code\n"
     "12: no operation: there is no operation code\n"
     "13: unreadable: the line has 8 columns, the header line 6\n"
     "14: unreadable: the line has a quote that is never closed\n"
     "15: " GOT1},
    {"no column with a barcode", "a,scanDatetime,scanEventCode\n1,2,3\n",
     "1: unusable file: the header line names no column with a barcode (imbTrackingCode, imb, or imbMid and "
     "imbSerialNumber)\n"},
    {"no column with a time", "imb,scanEventCode\n1,2\n", "1: unusable file: the header line names no column scanDatetime\n"},
    {"nothing", "", "1: unusable file: the file holds nothing\n"},
    {"only blanks", " \n\n", "1: unusable file: the file holds nothing\n"},
    {"a header and no rows", HEAD, ""},

    {"push", "{\"msgGrpId\":\"77\",\"events\":[" OBJ1 "," OBJ2 "]}", "1: " GOT1 "2: " GOT2},
    {"bare array, white space", " [ " OBJ1 " ,\n" OBJ2 " ] ", "1: " GOT1 "2: " GOT2},
    {"empty array", "[]", ""},
    {"empty push", "{\"events\":[ ]}", ""},
    {"other envelope names",
     "{\"fileType\":\"x\",\"recordCount\":1,\"DATA\":[" OBJ2 "]}\n{\"records\":[" OBJ2 "]}\n{\"scans\":[" OBJ2 "]}",
     "1: " GOT2 "2: " GOT2 "3: " GOT2},
    {"members behind the list", "{\"events\":[" OBJ2 "],\"recordCount\":1,\"x\":{\"y\":[1,\"]}\"]}}", "1: " GOT2},
    {"single object", OBJ1, "1: " GOT1},
    {"one object a line", OBJ1 "\n" OBJ2 "\n", "1: " GOT1 "2: " GOT2},
    {"pull",
     "{\"message\":null,\"data\":{\"piece_id\":\"x\",\"scans\":[{\"scan_date_time\":\"2026-05-30T02:02:04\",\"scan_event_"
     "code\":\"919\","
     "\"scan_facility_zip\":\"33573\",\"mail_phase\":\"Phase 3c- Destination Sequenced Carrier "
     "Sortation\",\"handling_event_type\":\"A\"},"
     "{\"scan_date_time\":\"2026-05-31T02:02:04Z\",\"scan_event_code\":\"007\"}],\"imb\":\"" NINE "\"}}",
     "1: " GOT1 "2: 901052658/190625 271 2026-05-31T02:02:04Z 007 - A none\n"},
    {"pull, not found", "{\"message\":\"Barcode not found.\",\"data\":null}", ""},
    {"the barcode outside", "{\"imb\":\"" SIX "\",\"scans\":[{\"scanDatetime\":\"2026-05-31T02:02:04Z\",\"scanEventCode\":7}]}",
     "1: " GOT2},
    {"braces and escapes in texts",
     "[{\"x\":\"}]{\\\"\\\\\",\"imb\":\"" SIX "\",\"scanDatetime\":\"2026-05-31T02:02:04Z\",\"scanEventCode\":7}]", "1: " GOT2},
    {"a broken object between good ones", "[" OBJ1 ",{\"imb\":,},[1],null,{}," OBJ2 "]",
     "1: " GOT1 "2: unreadable: line 1, column 8: a value is expected here\n3: unreadable: this is not an object\n"
     "4: unreadable: this is not an object\n"
     "5: no barcode: there is no barcode: neither its digits nor mailer id and serial number\n6: " GOT2},
    {"wrong between objects", "[" OBJ1 " " OBJ2 "]",
     "1: " GOT1 "2: unusable file: byte 218 of the JSON: a comma or ] was expected, not \"{\"\n"},
    {"cut off", "[" OBJ1 ",{\"imb\"", "1: " GOT1 "2: unusable file: the JSON ends too early\n"},
    {"cut off behind the list", "{\"events\":[" OBJ1 "]", "1: " GOT1 "2: unusable file: the JSON ends too early\n"},
    {"not JSON after all", "{imb:1}", "1: unusable file: byte 1 of the JSON: a name or } was expected, not \"i\"\n"},
    {"a tracking code as a number",
     "[{\"imb\":12713456000000007,\"scanDatetime\":\"2026-05-31T02:02:04Z\",\"scanEventCode\":7}]",
     "1: impossible barcode: the barcode \"12713456000000007\" is not 20, 25, 29 or 31 digits long\n"},
    {"NUL", "[{\"imb\":\"\\u0000\"}]", "1: unreadable: line 1, column 8: a string cannot hold \\u0000\n"},
};

static bool render(void *ctx, const struct scan_row *row)
{
    char time[21], facility[13];
    struct buf *out = ctx;
    buf_addf(out, "%lld: ", (long long)row->line);
    if (row->reason) {
        buf_addf(out, "%s: %s\n", scan_reason_word(row->reason), row->why);
        return true;
    }
    const struct scan *s = &row->scan;
    assert_null(row->why);
    text_iso8601(s->scanned_at, time);
    scan_facility_text(s->facility, facility);
    buf_addf(out, "%d/%d %d %s %03d %s %c %s%s%s", s->mid, s->serial, s->stid, time, s->op_code, facility[0] ? facility : "-",
             s->handling, scan_phase_key(s->phase), s->has_routing ? " routed" : "", s->has_id_tag ? " tag" : "");
    if (row->facility_name.len) buf_addf(out, " @%.*s", STR_ARG(row->facility_name));
    buf_addz(out, "\n");
    return true;
}

static struct buf read_by(struct str input, size_t step)
{
    struct buf out = BUF_INIT;
    struct scan_reader *r = scan_reader_create(NOW, render, &out);
    for (size_t i = 0; i < input.len; i += step) {
        /* Its own memory, so that a step too far is seen. */
        size_t n = input.len - i < step ? input.len - i : step;
        char *piece = malloc(n);
        memcpy(piece, input.ptr + i, n);
        assert_true(scan_reader_feed(r, str_make(piece, n)));
        free(piece);
    }
    assert_true(scan_reader_end(r));
    scan_reader_destroy(&r);
    buf_add_byte(&out, '\0');
    return out;
}

static struct buf zipped(struct str s)
{
    struct buf out = BUF_INIT;
    z_stream z = {0};
    assert_int_equal(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
    z.next_in = (Bytef *)(uintptr_t)s.ptr, z.avail_in = (uInt)s.len;
    z.next_out = (Bytef *)buf_reserve(&out, s.len + 1000), z.avail_out = (uInt)s.len + 1000;
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    out.len = z.total_out;
    deflateEnd(&z);
    return out;
}

static void check(const char *name, const char *how, struct str input, size_t step, const char *want)
{
    struct buf got = read_by(input, step);
    if (strcmp(got.data, want) != 0) fail_msg("%s, %s:\n%swant:\n%s", name, how, got.data, want);
    buf_finish(&got);
}

static void shapes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct str input = str_of(cases[i].input);
        struct buf z = zipped(input);
        check(cases[i].name, "whole", input, SIZE_MAX / 2, cases[i].want);
        check(cases[i].name, "seven bytes", input, 7, cases[i].want);
        check(cases[i].name, "single bytes", input, 1, cases[i].want);
        check(cases[i].name, "gzip", buf_str(&z), SIZE_MAX / 2, cases[i].want);
        check(cases[i].name, "gzip, single bytes", buf_str(&z), 1, cases[i].want);
        buf_finish(&z);
    }
}

static void gzip_goes_wrong(void **state)
{
    (void)state;
    struct buf z = zipped(STR(HEAD LINE1)), two = BUF_INIT, more = zipped(STR(LINE1));
    buf_add_str(&two, buf_str(&z));
    buf_add_str(&two, buf_str(&more));
    buf_add(&two, "\0\0\0", 3);
    check("two members and zeros", "single bytes", buf_str(&two), 1, "2: " GOT1 "3: " GOT1);
    check("cut off", "whole", str_make(z.data, z.len - 9), z.len,
          "2: " GOT1 "0: unusable file: the gzip data ends too early\n");
    buf_add(&two, "x", 1);
    check("something behind", "single bytes", buf_str(&two), 1,
          "2: " GOT1 "3: " GOT1 "0: unusable file: something that is not gzip follows the gzip data\n");
    z.data[z.len / 2] ^= 0x55;
    struct buf got = read_by(buf_str(&z), 1);
    assert_non_null(strstr(got.data, "unusable file: the gzip data is broken\n"));
    buf_finish(&got), buf_finish(&z), buf_finish(&two), buf_finish(&more);
}

/* Something small that unzips to something endless. */
static void gzip_is_capped(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    buf_addz(&text, HEAD);
    for (int i = 0; i < 20000; i++) buf_addz(&text, LINE1);
    struct buf z = zipped(buf_str(&text));
    assert_true(limit_set(STR("scan.max_unzipped_bytes"), 300000, NULL));
    struct buf got = read_by(buf_str(&z), 1000);
    assert_non_null(
        strstr(got.data, "unusable file: the data is longer than the limit scan.max_unzipped_bytes once unzipped\n"));
    assert_true(got.len < 300000);
    assert_true(limit_set(STR("scan.max_unzipped_bytes"), INT64_C(4294967296), NULL));
    buf_finish(&got), buf_finish(&z), buf_finish(&text);
}

static void long_rows(void **state)
{
    (void)state;
    struct buf text = BUF_INIT;
    assert_true(limit_set(STR("csv.max_row_bytes"), 1000, NULL));
    assert_true(limit_set(STR("scan.max_object_bytes"), 1000, NULL));
    buf_addz(&text, HEAD);
    for (int i = 0; i < 400; i++) buf_addz(&text, NINE);
    buf_addz(&text, "\n" LINE1);
    for (size_t step = 1; step < 20000; step = step * 16 + 1)
        check("a long line", "", buf_str(&text), step,
              "2: unreadable: the line is longer than the limit csv.max_row_bytes\n3: " GOT1);
    buf_clear(&text);
    buf_addz(&text, "[{\"x\":\"");
    for (int i = 0; i < 400; i++) buf_addz(&text, NINE);
    buf_addz(&text, "\"}," OBJ1 "]");
    for (size_t step = 1; step < 20000; step = step * 16 + 1)
        check("a long object", "", buf_str(&text), step,
              "1: unreadable: the object is longer than the limit scan.max_object_bytes\n2: " GOT1);
    buf_clear(&text); /* long members of the envelope do no harm to what it holds, a long name neither */
    buf_addz(&text, "{\"imb\":\"" SIX "\",\"x\":\"");
    for (int i = 0; i < 400; i++) buf_addz(&text, NINE);
    buf_addz(&text, "\",\"");
    for (int i = 0; i < 400; i++) buf_addz(&text, NINE);
    buf_addz(&text, "\":1,\"events\":[" OBJ1 "]}");
    for (size_t step = 1; step < 40000; step = step * 16 + 1) check("long members", "", buf_str(&text), step, "1: " GOT1);
    buf_clear(&text);
    buf_addz(&text, "{\"imb\":\"");
    for (int i = 0; i < 400; i++) buf_addz(&text, NINE);
    buf_addz(&text, "\"}" OBJ1);
    for (size_t step = 1; step < 40000; step = step * 16 + 1)
        check("a long single object", "", buf_str(&text), step,
              "1: unreadable: the object is longer than the limit scan.max_object_bytes\n2: " GOT1);
    assert_true(limit_set(STR("scan.max_object_bytes"), 1, NULL));
    check("no room at all", "", STR("{\"imb\":1}"), 1,
          "1: unreadable: the object is longer than the limit scan.max_object_bytes\n");
    assert_true(limit_set(STR("csv.max_row_bytes"), 262144, NULL));
    assert_true(limit_set(STR("scan.max_object_bytes"), 262144, NULL));
    buf_finish(&text);
}

/* A row's at_byte is where a reader that begins again goes on. */
static bool note_places(void *ctx, const struct scan_row *row)
{
    buf_addf(ctx, "%lld ", (long long)row->at_byte);
    return true;
}

static void places(void **state)
{
    (void)state;
    static const struct {
        const char *input, *want;
    } rows[] = {
        {"imb,scanDatetime,scanEventCode\n1,2,3\n\n4,5,6", "37 43 "},
        {"\r\nimb,scanDatetime,scanEventCode\r\n1,2,3\r\n", "41 "},
        {"[{}, {} ,{}]", "3 7 11 "},
        {"{\"a\":1}\n{\"b\":2}", "7 15 "},
        {"[{\"imb\":\"1\",\"scans\":[{},{}]},{}]", "1 1 31 "}, /* several rows of one object: its beginning */
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (size_t step = 1; step < 50; step += 48) {
            struct buf out = BUF_INIT;
            struct str input = str_of(rows[i].input);
            struct scan_reader *r = scan_reader_create(NOW, note_places, &out);
            for (size_t at = 0; at < input.len; at += step)
                scan_reader_feed(r, str_make(input.ptr + at, input.len - at < step ? input.len - at : step));
            scan_reader_end(r);
            scan_reader_destroy(&r);
            assert_string_equal(buf_str(&out).ptr, rows[i].want);
            buf_finish(&out);
        }
}

static bool stop_at_once(void *ctx, const struct scan_row *row)
{
    (void)row;
    ++*(int *)ctx;
    return false;
}

static void stopping(void **state)
{
    (void)state;
    static const char *const inputs[] = {HEAD LINE1 LINE1, "[" OBJ1 "," OBJ1 "]", "{\"data\":{\"scans\":[{},{}]}}"};
    for (size_t i = 0; i < sizeof inputs / sizeof *inputs; i++) {
        int n = 0;
        struct scan_reader *r = scan_reader_create(NOW, stop_at_once, &n);
        assert_false(scan_reader_feed(r, str_of(inputs[i])));
        assert_false(scan_reader_feed(r, str_of(inputs[i])));
        assert_false(scan_reader_end(r));
        assert_int_equal(n, 1);
        scan_reader_destroy(&r);
    }
}

static void phases(void **state)
{
    (void)state;
    static const struct {
        const char *text, *key;
    } rows[] = {
        {"Phase 0 - Origin Processing Cancellation of Postage", "0"},
        {"Phase 1 - Origin Processing", "1"},
        {"Phase 1a - Origin Primary Processing", "1a"},
        {"Phase 2b - Destination SCF Processing", "2b"},
        {"Phase 3c- Destination Sequenced Carrier Sortation", "3c"},
        {"phase 4C", "4c"},
        {"2a", "2a"},
        {"Delivery", "4c"},
        {"Destination MMP Processing", "2a"},
        {"PARS Processing", "pars"},
        {"FPARS Processing", "fpars"},
        {"miscellaneous", "misc"},
        {"Foreign Processing", "foreign"},
        {"Phase 7 - Delivery", "4c"},
        {"", "none"},
        {"Phase 3", "none"},
        {"phase", "none"},
        {"none", "none"},
        {"Phase 99 - Beaming", "none"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_string_equal(scan_phase_key(scan_phase_of(str_of(rows[i].text))), rows[i].key);
}

static void facilities(void **state)
{
    (void)state;
    static const char *const keys[] = {"V24Z9", "0", "00", "A0", "ZZZZZZZZZZZ", "99999999999"};
    char text[13];
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        int64_t facility = scan_facility_of_key(str_of(keys[i]));
        scan_facility_text(facility, text);
        assert_string_equal(text, keys[i]);
        assert_int_equal(scan_facility_zip3(facility), -1);
    }
    assert_int_equal(scan_facility_of_key(STR("ZZZZZZZZZZZZ")), 0);
    assert_int_equal(scan_facility_of_key(STR("A-1")), 0);
    assert_int_equal(scan_facility_of_zip(STR("02101-1234")), 2101);
    assert_int_equal(scan_facility_of_zip(STR("021011234")), 2101);
    assert_int_equal(scan_facility_of_zip(STR("210x1")), 0);
    assert_int_equal(scan_facility_zip3(2101), 21);
}

/* Every barcode that we can print is read back, whatever its writing. */
static void codes(void **state)
{
    (void)state;
    static const struct {
        int barcode_id, stid;
        int64_t mid, serial;
    } rows[] = {{0, 271, 901052658, 190625}, {94, 999, 899999, 999999999}, {1, 40, 1, 0}, {20, 310, 999999999, 999999}};
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char tracking[21], bars[IMB_BARS + 1];
        const char *why;
        struct scan_code by_digits, by_bars;
        assert_true(imb_tracking(rows[i].barcode_id, rows[i].stid, rows[i].mid, rows[i].serial, tracking));
        assert_int_equal(imb_encode(str_of(tracking), STR("12345"), bars), IMB_OK);
        assert_true(scan_code_parse(str_of(tracking), &by_digits, &why));
        assert_true(scan_code_parse(str_of(bars), &by_bars, &why));
        assert_int_equal(by_digits.mid, rows[i].mid);
        assert_int_equal(by_digits.serial, rows[i].serial);
        assert_int_equal(by_digits.stid, rows[i].stid);
        assert_int_equal(by_digits.barcode_id, rows[i].barcode_id);
        assert_false(by_digits.has_routing);
        assert_true(by_bars.has_routing && by_bars.mid == by_digits.mid && by_bars.serial == by_digits.serial);
        bars[7] = bars[7] == 'T' ? 'F' : 'T';
        assert_false(scan_code_parse(str_of(bars), &by_bars, &why));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codes),          cmocka_unit_test(phases),    cmocka_unit_test(facilities),
        cmocka_unit_test(shapes),         cmocka_unit_test(places),    cmocka_unit_test(gzip_goes_wrong),
        cmocka_unit_test(gzip_is_capped), cmocka_unit_test(long_rows), cmocka_unit_test(stopping),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
