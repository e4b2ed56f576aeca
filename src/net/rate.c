/* rate.c: see rate.h. A bucket holds as many requests as its rate says and is filled at that rate; what is kept of it is one time. */
#include "net/rate.h"
#include <stdio.h>

static const struct rate vendor = {3, 180};

static bool part_read(struct str part, struct rate *out)
{
    struct str unit, number = str_trim(str_cut(part, '/', &unit));
    int64_t n;
    if (!unit.ptr || !str_to_int64(number, &n) || n < 1 || n > 1000000) return false;
    unit = str_trim(unit);
    int64_t *at = str_eq(unit, STR("s")) ? &out->per_second : str_eq(unit, STR("min")) ? &out->per_minute : NULL;
    if (!at || *at) return false;
    *at = n;
    return true;
}

bool rate_parse(struct str text, struct rate *out, struct fault *f)
{
    struct rate r = {0, 0};
    struct str second, first = str_cut(str_trim(text), ',', &second);
    bool ok = true;
    if (str_eq_nocase(str_trim(text), STR("vendor")))
        r = vendor;
    else if (!str_eq_nocase(str_trim(text), STR("off")))
        ok = part_read(first, &r) && (!second.ptr || part_read(second, &r));
    if (!ok)
        return fault_user(
            f, 400,
            "\"%.*s\" is no rate: it is off, vendor (3/s,180/min), or a number of requests as 5/s, 100/min or 5/s,100/min.",
            (int)(text.len > 60 ? 60 : text.len), text.ptr);
    *out = r;
    return true;
}

void rate_write(struct rate r, char *out)
{
    long long s = r.per_second, m = r.per_minute;
    if (rate_is_off(r))
        snprintf(out, RATE_TEXT_BYTES, "off");
    else if (s && m)
        snprintf(out, RATE_TEXT_BYTES, "%lld/s,%lld/min", s, m);
    else
        snprintf(out, RATE_TEXT_BYTES, s ? "%lld/s" : "%lld/min", s ? s : m);
}

void rate_meter_init(struct rate_meter *m)
{
    pthread_mutex_init(&m->lock, NULL);
    m->full_at_us[0] = m->full_at_us[1] = 0;
}

/* A bucket that holds n and fills in `window`: one request moves the time when it is full by window / n, and there is one to take as long as
 * that time is no further off than the window. */
int64_t rate_take(struct rate_meter *m, struct rate r, int64_t now_us)
{
    static const int64_t windows[2] = {1000000, 60000000};
    const int64_t n[2] = {r.per_second, r.per_minute};
    int64_t next[2] = {0, 0}, wait = 0;
    pthread_mutex_lock(&m->lock);
    for (int i = 0; i < 2; i++) {
        if (!n[i]) continue;
        next[i] = (m->full_at_us[i] > now_us ? m->full_at_us[i] : now_us) + windows[i] / n[i];
        int64_t missing = next[i] - now_us - windows[i];
        if (missing > wait) wait = missing;
    }
    for (int i = 0; i < 2 && !wait; i++)
        if (n[i]) m->full_at_us[i] = next[i];
    pthread_mutex_unlock(&m->lock);
    return wait;
}
