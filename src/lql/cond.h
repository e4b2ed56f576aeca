/* cond.h: conditions over named text fields: what {{IF …}} and flows compile to. One condition language; the full query language
 * will grow around it.
 *
 *   state EQUALS "CA"          First Name DOES NOT EQUAL 'Ann'     var_field_3 CONTAINS "pool"     city STARTS WITH "San"
 *   zip ENDS WITH "01"         company IS EMPTY                    email IS NOT EMPTY              Variable Data 7 GREATER THAN 100
 *   amount LESS THAN "1,500.50"   state = "CA"   state != "CA"   a > 1   a < 1   a >= 1   a <= 1
 *   joined by AND, OR, NOT and parentheses (AND binds tighter). Also the vendor's short form: CA=MA  (field = bare word).
 *
 * Operators are in any case. Comparison of text ignores case and outer blanks; GREATER and LESS compare as numbers when both sides are numbers
 * (thousands commas and a leading $ allowed), else as text. A missing field is empty. Compiled once, run without allocation;
 * read-only afterwards, so threads may share it. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

struct cond;
/* Which field a name means: an index ≥ 0, or -1 for "no such field" (compiling then fails unless `lenient`, in which it is empty). */
typedef int cond_field_fn(void *ctx, struct str name);

/* FAULT_USER with what was expected, what was found and at which character. */
struct cond *cond_compile(struct arena *a, struct str text, cond_field_fn *field, void *ctx, bool lenient, struct fault *f);
/* `values[i]` is field i's value (STR_NULL: missing). */
bool cond_run(const struct cond *c, const struct str *values, int n_values);
