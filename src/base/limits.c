/* limits.c: the values behind limits.def. Set while the process starts, before its threads; read from any thread after that. */
#include "base/limits.h"
#include "base/log.h"

static const struct limit_def defs[LIMIT_COUNT] = {
#define LIMIT(ident, name, value, unit, what)             LIMIT_UP_TO(ident, name, value, INT64_MAX, unit, what)
#define LIMIT_UP_TO(ident, name, value, most, unit, what) [LIMIT_##ident] = {name, unit, what, value, most},
#include "base/limits.def"
#undef LIMIT_UP_TO
#undef LIMIT
};

static int64_t values[LIMIT_COUNT]; /* 0: the default */

const struct limit_def *limit_def(enum limit l)
{
    ASSERT(l < LIMIT_COUNT);
    return &defs[l];
}

int64_t limit_get(enum limit l)
{
    ASSERT(l < LIMIT_COUNT);
    return values[l] ? values[l] : defs[l].by_default;
}

/* Seconds are multiplied to microseconds and counts become ints all over the house. */
static int64_t most_of(const struct limit_def *d)
{
    int64_t widest = strcmp(d->unit, "bytes") == 0 ? INT64_C(1) << 40 : INT32_MAX;
    return d->most < widest ? d->most : widest;
}

bool limit_set(struct str name, int64_t value, struct fault *f)
{
    if (value <= 0) return fault_user(f, 400, "the limit %.*s must be above 0, not %lld", STR_ARG(name), (long long)value);
    for (int l = 0; l < LIMIT_COUNT; l++) {
        if (!str_eq(name, str_of(defs[l].name))) continue;
        if (value > most_of(&defs[l]))
            return fault_user(f, 400, "the limit %s can be %lld %s at most, not %lld", defs[l].name,
                              (long long)most_of(&defs[l]), defs[l].unit, (long long)value);
        values[l] = value;
        return true;
    }
    return fault_user(f, 400, "there is no limit called %.*s", STR_ARG(name));
}
