/* limits.h: the table of limits (limits.def). Read from any thread; set only at start-up. */
#pragma once
#include "base/fault.h"
#include "base/str.h"

enum limit {
#define LIMIT(ident, name, value, unit, what)             LIMIT_##ident,
#define LIMIT_UP_TO(ident, name, value, most, unit, what) LIMIT_##ident,
#include "base/limits.def"
#undef LIMIT_UP_TO
#undef LIMIT
    LIMIT_COUNT
};
enum limit_most {
#define LIMIT(ident, name, value, unit, what)
#define LIMIT_UP_TO(ident, name, value, most, unit, what) LIMIT_MOST_##ident = (most),
#include "base/limits.def"
#undef LIMIT_UP_TO
#undef LIMIT
};

struct limit_def {
    const char *name, *unit, *what;
    int64_t by_default, most;
};
const struct limit_def *limit_def(enum limit l);
int64_t limit_get(enum limit l);
/* FAULT_USER when there is no limit of that name, or the value is not positive or above what the limit may be. */
bool limit_set(struct str name, int64_t value, struct fault *f);
