/* test_track.c: the operation table, its errors, and what a piece's scans emit one after the other. */
#include "postal/status.h"
#include "postal/track.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

#define B(name) STATUS_BIT(STATUS_##name)
#define HOUR    INT64_C(3600000)
#define DAY     (24 * HOUR)
#define START   INT64_C(1780315200000) /* 2026-06-01T12:00Z */

static void built_in(void **state)
{
    (void)state;
    static const struct {
        int op;
        enum scan_phase phase;
        unsigned evidence, want;
    } rows[] = {
        {999, SCAN_PHASE_3C, 0, 0},
        {919, SCAN_PHASE_MISC, 0, 0},
        {123, SCAN_PHASE_NONE, 0, 0},
        {919, SCAN_PHASE_PARS, OP_EVIDENCE_RETURN, B(RETURNED)},
        {919, SCAN_PHASE_FPARS, OP_EVIDENCE_RETURN | OP_EVIDENCE_ID_TAG, B(RETURNED)},
        {919, SCAN_PHASE_PARS, OP_EVIDENCE_ID_TAG, B(REROUTED)},
        {1, SCAN_PHASE_4C, 0, B(PROCESSED)},
        {517, SCAN_PHASE_NONE, 0, B(PROCESSED)},
        {516, SCAN_PHASE_1, 0, B(PROCESSED)},
        {919, SCAN_PHASE_NONE, 0, B(PROCESSED)},
        {910, SCAN_PHASE_2, 0, B(PROCESSED)},
        {918, SCAN_PHASE_3C, 0, B(IN_LOCAL_AREA)},
        {918, SCAN_PHASE_NONE, 0, B(IN_LOCAL_AREA)},
        {0, SCAN_PHASE_3A, 0, B(PROCESSED)},
        {891, SCAN_PHASE_2C, 0, B(IN_LOCAL_AREA)},
        {893, SCAN_PHASE_0, 0, B(IN_TRANSIT)},
        {893, SCAN_PHASE_FOREIGN, 0, 0},
        {406, SCAN_PHASE_NONE, 0, B(PROCESSED)},
        {144, SCAN_PHASE_NONE, 0, B(IN_LOCAL_AREA)},
        {0, SCAN_PHASE_NONE, 0, B(IN_TRANSIT)},
        {483, SCAN_PHASE_NONE, 0, B(IN_TRANSIT)},
        {895, SCAN_PHASE_NONE, 0, B(IN_LOCAL_AREA)},
        {897, SCAN_PHASE_NONE, 0, B(PROCESSED)},
        {-1, SCAN_PHASE_NONE, 0, 0},
        {1000, SCAN_PHASE_4C, 0, 0},
        {919, SCAN_PHASES, 0, 0},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        unsigned got = op_table_get(op_table_default(), rows[i].op, rows[i].phase, rows[i].evidence);
        if (got != rows[i].want) fail_msg("op %03d phase %s: %#x", rows[i].op, scan_phase_key((int)rows[i].phase), got);
    }
}

#define HEAD "op,phase,needs,status,source\n"
static void wrong_tables(void **state)
{
    (void)state;
    static const struct {
        const char *csv, *want;
    } rows[] = {
        {"", "line 1: the operation table is empty"},
        {"op,phase,status\n", "line 1, column needs: \"status\" stands where its name should"},
        {HEAD "1000,*,,none,\n", "line 2, column op: \"1000\" is not an operation code"},
        {HEAD "9-1,*,,none,\n", "line 2, column op: \"9-1\" is not"},
        {HEAD "001 x,*,,none,\n", "line 2, column op: \"x\" is not"},
        {HEAD ",*,,none,\n", "line 2, column op: \"\" must say something"},
        {HEAD "1,3d,,none,\n", "line 2, column phase: \"3d\" is not a phase"},
        {HEAD "1,*,maybe,none,\n", "line 2, column needs: \"maybe\" is neither"},
        {HEAD "1,*,,Delivered,\n", "line 2, column status: \"Delivered\" is not a status"},
        {HEAD "1,*,,Printed,\n", "line 2, column status: \"Printed\" is not a status"},
        {HEAD "1,*\n", "line 2, column status: \"\" must say something"},
        {HEAD "# a remark, with a comma\n\n1,*,,none,\n001,3c,return,InTransit,\n",
         "line 5, column op: \"001\" is decided by the lines above in every case"},
        {HEAD "\"1,*\n", "line 2 has a quote that is never closed"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct fault f = {0};
        assert_null(op_table_read(str_of(rows[i].csv), &f));
        if (!strstr(f.text, rows[i].want)) fail_msg("%s: %s", rows[i].csv, f.text);
        assert_int_equal(f.whose, FAULT_USER);
    }
    struct fault f = {0};
    assert_null(op_table_load("/nonexistent/op_codes.csv", &f));
    assert_int_equal(f.whose, FAULT_OPERATOR);
}

static void own_table(void **state)
{
    (void)state;
    struct fault f = {0};
    struct op_table *t =
        op_table_read(STR(HEAD "007,*,id_tag,ReturnedToSender,ours\n007-009,none 4c,,InTransit InLocalArea,\n"), &f);
    assert_non_null(t);
    assert_int_equal(op_table_get(t, 7, SCAN_PHASE_1, OP_EVIDENCE_ID_TAG), B(RETURNED));
    assert_int_equal(op_table_get(t, 7, SCAN_PHASE_1, 0), 0);
    assert_int_equal(op_table_get(t, 7, SCAN_PHASE_4C, 0), B(IN_TRANSIT) | B(IN_LOCAL_AREA));
    assert_int_equal(op_table_get(t, 9, SCAN_PHASE_NONE, 3), B(IN_TRANSIT) | B(IN_LOCAL_AREA));
    assert_int_equal(op_table_get(t, 10, SCAN_PHASE_NONE, 0), 0);
    op_table_destroy(&t);
    assert_null(t);
}

/* From 33 (Florida) to 606 (Chicago). A step: hours after the start, and what it must emit. */
struct step {
    int hour, op;
    enum scan_phase phase;
    char handling;
    int zip;
    unsigned want;
};
static const struct {
    const char *name;
    struct track_piece piece;
    struct step steps[8];
} lives[] = {
    {"ordinary",
     {335, 606, 310, false},
     {{0, 891, SCAN_PHASE_1, 'A', 33573, B(MAILED) | B(IN_TRANSIT)},
      {20, 893, SCAN_PHASE_2A, 'A', 60601, B(IN_LOCAL_AREA)},
      {21, 918, SCAN_PHASE_3C, 'A', 60601, 0},
      {22, 919, SCAN_PHASE_3C, 'A', 60601, B(PROCESSED)},
      {30, 517, SCAN_PHASE_4C, 'L', 60601, 0}}},
    {"local piece",
     {335, 335, 310, false},
     {{0, 919, SCAN_PHASE_3C, 'A', 33573, B(MAILED) | B(PROCESSED)}, {30, 891, SCAN_PHASE_1, 'A', 33573, 0}}},
    {"out of order",
     {335, 606, 310, false},
     {{22, 919, SCAN_PHASE_3C, 'A', 60601, B(MAILED) | B(PROCESSED)},
      {0, 891, SCAN_PHASE_1, 'A', 33573, 0},
      {20, 893, SCAN_PHASE_2A, 'A', 60601, 0}}},
    {"assumed and silent scans",
     {335, 606, 310, false},
     {{0, 891, SCAN_PHASE_1, 'S', 33573, 0},
      {1, 999, SCAN_PHASE_NONE, 'A', 33573, B(MAILED)},
      {2, 999, SCAN_PHASE_NONE, 'A', 33573, 0}}},
    {"comes home after it was out",
     {335, 606, 310, false},
     {{0, 919, SCAN_PHASE_3C, 'A', 60601, B(MAILED) | B(PROCESSED)},
      {90, 891, SCAN_PHASE_1, 'A', 33573, B(RETURNED)},
      {95, 918, SCAN_PHASE_3C, 'A', 33573, 0},
      {96, 919, SCAN_PHASE_3C, 'A', 33573, 0}}},
    {"goes elsewhere after it was out, phase not given",
     {335, 606, 310, false},
     {{0, 919, SCAN_PHASE_NONE, 'A', 60601, B(MAILED) | B(PROCESSED)},
      {50, 895, SCAN_PHASE_NONE, 'A', 90001, B(REROUTED)},
      {51, 891, SCAN_PHASE_NONE, 'A', 90001, 0},
      {99, 891, SCAN_PHASE_NONE, 'A', 90001, B(REROUTED)},
      {99, 891, SCAN_PHASE_NONE, 'A', 97201, B(REROUTED)},
      {120, 919, SCAN_PHASE_NONE, 'A', 97201, 0}}},
    {"redirected before delivery",
     {335, 606, 310, false},
     {{0, 891, SCAN_PHASE_1, 'A', 33573, B(MAILED) | B(IN_TRANSIT)},
      {5, 893, SCAN_PHASE_PARS, 'A', 60601, B(REROUTED)},
      {30, 919, SCAN_PHASE_3C, 'A', 90001, B(PROCESSED)}}},
    {"redirected home by place, by service type, by an ACS record",
     {335, 606, 310, false},
     {{0, 893, SCAN_PHASE_PARS, 'A', 33573, B(MAILED) | B(RETURNED)}}},
    {"Return Service Requested", {335, 606, 342, false}, {{0, 893, SCAN_PHASE_PARS, 'A', 60601, B(MAILED) | B(RETURNED)}}},
    {"nixie",
     {335, 606, 310, true},
     {{0, 893, SCAN_PHASE_PARS, 'A', 60601, B(MAILED) | B(RETURNED)}, {9, 893, SCAN_PHASE_PARS, 'A', 60601, 0}}},
    {"the way back is no news, what lies before it is",
     {335, 606, 310, false},
     {{10, 893, SCAN_PHASE_PARS, 'A', 33573, B(MAILED) | B(RETURNED)},
      {12, 918, SCAN_PHASE_3C, 'A', 33573, 0},
      {13, 919, SCAN_PHASE_3C, 'A', 33573, 0},
      {5, 891, SCAN_PHASE_1, 'A', 60601, B(IN_TRANSIT)}}},
    {"an early scan that comes late is no second way",
     {335, 606, 310, false},
     {{22, 919, SCAN_PHASE_3C, 'A', 60601, B(MAILED) | B(PROCESSED)},
      {2, 891, SCAN_PHASE_1, 'A', 33573, 0},
      {3, 893, SCAN_PHASE_2, 'A', 90001, 0}}},
    {"nothing known of the piece",
     {-1, -1, -1, false},
     {{0, 919, SCAN_PHASE_3C, 'A', 60601, B(MAILED) | B(PROCESSED)},
      {50, 891, SCAN_PHASE_1, 'A', 90001, 0},
      {60, 891, SCAN_PHASE_1, 'A', 0, 0}}},
};

static void a_life(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof lives / sizeof *lives; i++) {
        struct track_seen seen[8];
        for (size_t n = 0; n < 8 && lives[i].steps[n].handling; n++) {
            const struct step *step = &lives[i].steps[n];
            struct scan s = {.scanned_at = START + step->hour * HOUR,
                             .op_code = (int16_t)step->op,
                             .phase = (uint8_t)step->phase,
                             .handling = step->handling,
                             .facility = step->zip};
            unsigned got = track_emits(op_table_default(), &s, &lives[i].piece, seen, n);
            if (got != step->want) fail_msg("%s, step %zu: %#x, not %#x", lives[i].name, n + 1, got, step->want);
            seen[n] = (struct track_seen){s.scanned_at, s.facility, got};
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(built_in), cmocka_unit_test(wrong_tables), cmocka_unit_test(own_table),
                                       cmocka_unit_test(a_life)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
