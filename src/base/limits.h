/* limits.h: the table of limits (limits.def). Read from any thread; set only at start-up. */
#pragma once
#include "base/fault.h"
#include "base/str.h"

enum limit {
#define LIMIT(ident, name, value, unit, what) LIMIT_##ident,
#include "base/limits.def"
#undef LIMIT
    LIMIT_COUNT
};

struct limit_def {
    const char *name, *unit, *what;
    int64_t by_default;
};
const struct limit_def *limit_def(enum limit l);
int64_t limit_get(enum limit l);
/* FAULT_USER when there is no limit of that name or the value is not positive. */
bool limit_set(struct str name, int64_t value, struct fault *f);
