/* progress.c: long work shown to a person on standard error: a bar of ticks on a terminal, a line every few seconds elsewhere.
 * Thread-safe: whoever reports values also draws, at most as often as `every_ms` says. Lives as long as the work. */
#include "base/progress.h"
#include "base/clock.h"
#include "base/log.h"
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define TICKS 30

struct progress {
    pthread_mutex_t lock;
    char what[64], unit[32];
    int64_t total, done, refused;
    int64_t started_ms, drawn_ms, every_ms;
    bool is_quiet, is_terminal;
};

struct progress *progress_create(const char *what, const char *unit, int64_t total, bool quiet)
{
    struct progress *p = calloc(1, sizeof *p);
    ASSERT(p);
    pthread_mutex_init(&p->lock, NULL);
    snprintf(p->what, sizeof p->what, "%s", what);
    snprintf(p->unit, sizeof p->unit, "%s", unit);
    p->total = total, p->is_quiet = quiet;
    p->is_terminal = isatty(STDERR_FILENO);
    p->every_ms = p->is_terminal ? 100 : 3000;
    p->started_ms = p->drawn_ms = clock_mono_ms();
    return p;
}

void progress_duration(int64_t ms, char out[32])
{
    int64_t s = (ms + 500) / 1000;
    if (s < 60)
        snprintf(out, 32, "%d s", (int)s);
    else if (s < 3600)
        snprintf(out, 32, "%d min %d s", (int)(s / 60), (int)(s % 60));
    else
        snprintf(out, 32, "%lld h %d min", (long long)(s / 3600), (int)(s / 60 % 60));
}

static double progress_rate(const struct progress *p, int64_t now)
{
    int64_t ms = now - p->started_ms;
    return ms > 0 ? (double)p->done * 1000 / (double)ms : 0;
}

static void add_refused(const struct progress *p, char *line, size_t size)
{
    size_t n = strlen(line);
    if (p->refused > 0) snprintf(line + n, size - n, ", %lld refused", (long long)p->refused);
}

static void add_time_left(const struct progress *p, double rate, char *line, size_t size)
{
    char left[32];
    size_t n = strlen(line);
    if (p->total <= 0 || rate <= 0 || p->done > p->total) return;
    progress_duration((int64_t)((double)(p->total - p->done) / rate * 1000), left);
    snprintf(line + n, size - n, ", %s left", left);
}

static void progress_draw(const struct progress *p, int64_t now)
{
    char line[400] = "", bar[TICKS + 1] = "";
    double rate = progress_rate(p, now);
    if (p->total > 0) {
        int64_t done = p->done < p->total ? p->done : p->total;
        int ticks = (int)((double)done / (double)p->total * TICKS);
        memset(bar, '.', TICKS);
        memset(bar, '|', (size_t)ticks);
        snprintf(line, sizeof line, "%s %s%s%lld of %lld %s", p->what, p->is_terminal ? bar : "", p->is_terminal ? " " : "",
                 (long long)p->done, (long long)p->total, p->unit);
    } else {
        snprintf(line, sizeof line, "%s %lld %s", p->what, (long long)p->done, p->unit);
    }
    size_t n = strlen(line);
    snprintf(line + n, sizeof line - n, ", %.0f/s", rate);
    add_refused(p, line, sizeof line);
    add_time_left(p, rate, line, sizeof line);
    fprintf(stderr, p->is_terminal ? "\r%s\033[K" : "%s\n", line);
}

void progress_set(struct progress *p, int64_t done, int64_t refused)
{
    pthread_mutex_lock(&p->lock);
    p->done = done, p->refused = refused;
    int64_t now = clock_mono_ms();
    if (!p->is_quiet && now - p->drawn_ms >= p->every_ms) {
        p->drawn_ms = now;
        progress_draw(p, now);
    }
    pthread_mutex_unlock(&p->lock);
}

void progress_end(struct progress **p)
{
    if (!p || !*p) return;
    struct progress *e = *p;
    char line[300], took[32];
    int64_t now = clock_mono_ms();
    progress_duration(now - e->started_ms, took);
    snprintf(line, sizeof line, "%s %lld %s in %s, %.0f/s", e->what, (long long)e->done, e->unit, took, progress_rate(e, now));
    add_refused(e, line, sizeof line);
    if (!e->is_quiet) fprintf(stderr, e->is_terminal ? "\r%s\033[K\n" : "%s\n", line);
    pthread_mutex_destroy(&e->lock);
    free(e);
    *p = NULL;
}
