/* test.h: what every test of base includes: cmocka needs its headers in this order. */
#pragma once
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include "base/str.h"

#define ROWS(table)           (sizeof(table) / sizeof *(table))
#define assert_str(got, want) assert_string_equal_n((got), (want), __LINE__)
static inline void assert_string_equal_n(struct str got, const char *want, int line)
{
    if (!want) {
        if (got.ptr) fail_msg("line %d: got \"%.*s\", want no value", line, STR_ARG(got));
    } else if (!str_eq(got, str_of(want))) {
        fail_msg("line %d: got \"%.*s\", want \"%s\"", line, STR_ARG(got), want);
    }
}
