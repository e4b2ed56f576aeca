/* test_returns.c: what comes back in files: the printer's lines, and ACS records. Each case is read whole and byte by byte. */
#include "postal/acs.h"
#include "postal/printed.h"
#include "base/buf.h"
#include "base/text.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define NOW INT64_C(1781481600000) /* 2026-06-15T00:00:00Z */

struct row {
    const char *name, *input, *want;
};

static const struct row printed[] = {
    {"ordinary",
     "piece_id,status,time\n8193,Addressed,2026-06-01T10:00:00Z\n8193,Printed,2026-06-01T11:00:00\n8193,Mailed,2026-06-02\n",
     "2: 8193 Addressed 2026-06-01T10:00:00Z\n3: 8193 Printed 2026-06-01T11:00:00Z\n4: 8193 Mailed 2026-06-02T00:00:00Z\n"},
    {"other order, spellings, more columns", "Status;x;Piece ID\nprinted;1;8193\n MAILED ;2; 8194 \n",
     "2: 8193 Printed 2026-06-15T00:00:00Z\n3: 8194 Mailed 2026-06-15T00:00:00Z\n"},
    {"each row its reason",
     "piece_id,status,time\nx,Printed,\n-4,Printed,\n1,Delivered,\n1,InTransit,\n1,Printed,yesterday\n1,Printed,2019-01-01\n"
     "1,Printed,2026-07-01\n1\n1,\"Printed,\n",
     "2: no piece: \"x\" is not the number of a piece\n3: no piece: \"-4\" is not the number of a piece\n"
     "4: unknown status: \"Delivered\" is neither Addressed nor Printed nor Mailed\n"
     "5: unknown status: \"InTransit\" is neither Addressed nor Printed nor Mailed\n"
     "6: impossible time: \"yesterday\" is not a time like 2026-05-30T02:02:04Z\n"
     "7: too old: 2019-01-01 is older than the limit scan.oldest\n8: in the future: 2026-07-01 lies further ahead than the "
     "limit scan.ahead\n"
     "9: unknown status: \"\" is neither Addressed nor Printed nor Mailed\n10: unreadable: the row has a quote that is never "
     "closed\n"},
    {"no header", "8193,Printed,2026-06-01\n8194,Printed,2026-06-01\n",
     "1: unusable file: the header line must name the columns piece_id and status (and may name time)\n"},
    {"nothing", "", "1: unusable file: the file holds nothing\n"},
    {"a header only", "piece_id,status\n", ""},
};

static bool render_printed(void *ctx, const struct printed_row *row)
{
    char time[21];
    buf_addf(ctx, "%lld: ", (long long)row->line);
    text_iso8601(row->at_ms, time);
    if (row->reason)
        buf_addf(ctx, "%s: %s\n", scan_reason_word(row->reason), row->why);
    else
        buf_addf(ctx, "%lld %s %s\n", (long long)row->piece_id, status_find(row->status)->crm, time);
    return true;
}

static void printed_files(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof printed / sizeof *printed; i++)
        for (size_t step = 1; step < 5000; step += 4000) {
            struct buf out = BUF_INIT;
            struct str input = str_of(printed[i].input);
            struct printed_reader *r = printed_reader_create(NOW, render_printed, &out);
            for (size_t at = 0; at < input.len; at += step)
                printed_reader_feed(r, str_make(input.ptr + at, input.len - at < step ? input.len - at : step));
            assert_true(printed_reader_end(r));
            printed_reader_destroy(&r);
            if (!str_eq(buf_str(&out), str_of(printed[i].want))) fail_msg("%s:\n%s", printed[i].name, buf_str(&out).ptr);
            buf_finish(&out);
        }
}

/* A made-up layout, short enough to be read here: barcode 1-20, code 21, date 22-29, street 30-39, ZIP 40-44. */
#define LAYOUT                                                                                                                 \
    "name,start,length\n# ours\nimb_tracking_code,1,20\ndeliverability "                                                       \
    "code,21,1\nfulfillmentDate,22,8\nnew_address,30,10\nnewZip,40,5\n"
#define CODE "00271901052658190625"
#define WHO  "901052658/190625 271"

static const struct row acs[] = {
    {"columns",
     "IMb,Deliverability Code,fulfillment_date,new name,new_address,new city,new state,new zip\n" CODE
     ",,20260601,J DOE,1 MAIN ST,TAMPA,FL,33573\n" CODE ",W,2026-06-02,,,,,\n" CODE ",k,,,,,,\n" CODE ",S,,,,,,\n",
     "2: " WHO " moved, forwarded 2026-06-01 0 J DOE|1 MAIN ST|TAMPA|FL|33573\n3: " WHO " temporarily away 2026-06-02 1\n"
     "4: " WHO " moved, left no address 2026-06-15 2\n5: " WHO " no such street 2026-06-15 3\n"},
    {"mailer id and serial number",
     "ACS Mailer ID\tKeyline/Sequence/Serial Number\tDeliverability Code\n123456\t000000007\tN\n",
     "2: 123456/7 -1 no such number 2026-06-15 3\n"},
    {"each row its reason",
     "imb,deliverability code,date,new zip\n,N,,\n1,N,,\n" CODE ",Z,,\n" CODE ",NN,,\n" CODE ",N,20261301,\n" CODE
     ",N,20160101,\n" CODE ",N,,x\n" CODE "\n",
     "2: no barcode: there is no barcode: neither its digits nor mailer id and serial number\n"
     "3: impossible barcode: the barcode \"1\" is not 20, 25, 29 or 31 digits long\n4: unknown status: \"Z\" is not a "
     "deliverability code\n"
     "5: unknown status: \"NN\" is not a deliverability code\n6: impossible time: \"20261301\" is not a date like 20260530\n"
     "7: too old: the date 20160101 lies outside the limits scan.oldest and scan.ahead\n8: unreadable: \"x\" is not a ZIP "
     "code\n"
     "9: unreadable: the row has 1 columns, the header line 4\n"},
    {"columns are missing", "imb,new zip\n", "1: unusable file: no field is named deliverability_code\n"},
    {"no barcode's column", "deliverability code,new zip\n",
     "1: unusable file: no field is named imb_tracking_code or imb, nor are mailer_id and serial_number\n"},
    {"fixed",
     "\r\nH header record\r\n" CODE " 202606011 MAIN ST 33573\r\n" CODE "N20260602               tail\n" CODE "N2026\nx",
     "3: " WHO " moved, forwarded 2026-06-01 0 |1 MAIN ST|||33573\n4: " WHO " no such number 2026-06-02 3\n"
     "5: unreadable: the record is shorter than the layout (usps.acs_layout)\n6: unreadable: the record is shorter than the "
     "layout (usps.acs_layout)\n"},
    {"a layout that does not fit", "2" CODE "N20260602               tail\n",
     "1: unknown status: \"5\" is not a deliverability code\n"},
    {"nothing", "\n \n", "1: unusable file: the file holds nothing\n"},
};

static bool render_acs(void *ctx, const struct acs_row *row)
{
    char time[21];
    const struct acs_record *a = &row->record;
    buf_addf(ctx, "%lld: ", (long long)row->line);
    if (row->reason) {
        buf_addf(ctx, "%s: %s\n", scan_reason_word(row->reason), row->why);
        return true;
    }
    text_iso8601(a->at_ms, time);
    buf_addf(ctx, "%d/%d %d %s %.10s %d", a->code.mid, a->code.serial, a->code.stid, a->what, time, (int)a->kind);
    if (a->has_new_address)
        buf_addf(ctx, " %.*s|%.*s|%.*s|%.*s|%.*s", STR_ARG(a->name), STR_ARG(a->street), STR_ARG(a->city), STR_ARG(a->state),
                 STR_ARG(a->zip));
    buf_addz(ctx, "\n");
    return true;
}

static void acs_check(const struct acs_layout *layout, const struct row *c, size_t step)
{
    struct buf out = BUF_INIT;
    struct str input = str_of(c->input);
    struct acs_reader *r = acs_reader_create(layout, NOW, render_acs, &out);
    for (size_t at = 0; at < input.len; at += step)
        acs_reader_feed(r, str_make(input.ptr + at, input.len - at < step ? input.len - at : step));
    assert_true(acs_reader_end(r));
    acs_reader_destroy(&r);
    if (!str_eq(buf_str(&out), str_of(c->want)))
        fail_msg("%s, by %zu:\n%swant:\n%s", c->name, step, buf_str(&out).ptr, c->want);
    buf_finish(&out);
}

static void acs_files(void **state)
{
    (void)state;
    struct fault f = {0};
    struct acs_layout *layout = acs_layout_read(STR(LAYOUT), &f);
    if (!layout) fail_msg("%s", f.text);
    for (size_t i = 0; i < sizeof acs / sizeof *acs; i++)
        for (size_t step = 1; step < 5000; step += 4000) acs_check(layout, &acs[i], step);
    acs_layout_destroy(&layout);
    static const struct row bare = {
        "no layout", CODE "N20260602\n",
        "1: unusable file: there is no header line, and for fixed records no layout is set (usps.acs_layout)\n"};
    acs_check(NULL, &bare, 1);
}

static void wrong_layouts(void **state)
{
    (void)state;
    static const struct row rows[] = {
        {"", "", "the layout cannot be used: no field is named imb_tracking_code"},
        {"", "imb,1,20\n", "line 1, column name: \"imb\" stands where the header"},
        {"", "name,start,length\nimb,1,31\n", "no field is named deliverability_code"},
        {"", "name,start,length\nimb,0,20\n", "line 2, column start: \"0\" is not a place"},
        {"", "name,start,length\nimb,1\n", "line 2, column start: \"1\" is not a place"},
        {"", "name,start,length\nimb,4096,2\n", "line 2, column length: \"2\" is not a length"},
        {"", "name,start,length\ncolour,1,2\n", "line 2, column name: \"colour\" is not a field"},
        {"", "name,start,length\nimb,1,2\nimb,3,2\n", "line 3, column name: \"imb\" stands twice"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault f = {0};
        assert_null(acs_layout_read(str_of(rows[i].input), &f));
        if (!strstr(f.text, rows[i].want)) fail_msg("%s: %s", rows[i].input, f.text);
    }
}

static void acs_means(void **state)
{
    (void)state;
    unsigned rerouted = STATUS_BIT(STATUS_REROUTED), returned = STATUS_BIT(STATUS_RETURNED);
    assert_int_equal(acs_status(ACS_FORWARDED, MAIL_STANDARD, false), rerouted);
    assert_int_equal(acs_status(ACS_TEMPORARY, MAIL_FIRST_CLASS, false), rerouted);
    assert_int_equal(acs_status(ACS_GONE, MAIL_FIRST_CLASS, false), returned);
    assert_int_equal(acs_status(ACS_GONE, MAIL_STANDARD, false), 0);
    assert_int_equal(acs_status(ACS_NIXIE, MAIL_STANDARD, stid_returns(262)), returned);
    assert_int_equal(acs_status(ACS_NIXIE, MAIL_STANDARD, stid_returns(311)), 0);
    assert_false(stid_returns(-1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(printed_files), cmocka_unit_test(acs_files),
                                       cmocka_unit_test(wrong_layouts), cmocka_unit_test(acs_means)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
