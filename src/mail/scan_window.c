/* scan_window.c: see scan_window.h. */
#include "mail/scan_window.h"
#include "mail/import.h"
#include "base/limits.h"
#include "base/log.h"
#include <stdlib.h>

enum { FIRST_ROWS = 1024, TEXT_BYTES = 64 << 20 };

void scan_window_init(struct scan_window *w)
{
    *w = (struct scan_window){.arena = arena_create(16 << 10), .max_refused = (int)limit_get(LIMIT_SCAN_ROWS_PER_COMMIT)};
    w->refused = malloc(sizeof *w->refused * (size_t)w->max_refused);
    ASSERT(w->refused);
}

void scan_window_finish(struct scan_window *w)
{
    arena_destroy(&w->arena);
    free(w->rows);
    free(w->refused);
}

void scan_window_clear(struct scan_window *w, int64_t at_byte)
{
    arena_reset(w->arena);
    w->n = w->n_orphans = 0;
    w->n_refused = 0;
    w->n_rows = 0;
    w->was_byte = w->at_byte = at_byte;
}

bool scan_window_is_full(const struct scan_window *w)
{
    return w->n >= (size_t)limit_get(LIMIT_SCAN_SORT_ROWS) || w->n_refused >= w->max_refused ||
           arena_bytes(w->arena) > TEXT_BYTES;
}

void scan_window_add(struct scan_window *w, const struct track_row *row, int64_t at_byte)
{
    if (w->n == w->max) {
        size_t most = (size_t)limit_get(LIMIT_SCAN_SORT_ROWS);
        w->max = w->max ? w->max * 2 : FIRST_ROWS;
        if (w->max > most && w->n < most) w->max = most;
        w->rows = realloc(w->rows, sizeof *w->rows * w->max);
        ASSERT(w->rows);
    }
    w->rows[w->n] = *row;
    w->rows[w->n++].detail = arena_str(w->arena, row->detail);
    w->n_rows++;
    w->at_byte = at_byte;
}

/* Lines of refused rows are a key, and an end of file may come on the line of the last row. */
static int64_t own_line(struct scan_window *w, int64_t line)
{
    return w->last_line = line > w->last_line ? line : w->last_line + 1;
}

void scan_window_pass(struct scan_window *w, int64_t line, int reason)
{
    if (reason != SCAN_FINE) own_line(w, line);
}

void scan_window_refuse(struct scan_window *w, int64_t line, int reason, const char *why, struct str raw, int64_t at_byte)
{
    ASSERT(w->n_refused < w->max_refused);
    line = own_line(w, line);
    w->refused[w->n_refused++] =
        (struct scan_refused){line, reason, str_of(arena_strz(w->arena, why ? why : "")), import_showable(w->arena, raw)};
    w->n_rows++;
    w->at_byte = at_byte;
}

void scan_window_sort(struct scan_window *w)
{
    if (w->n) qsort(w->rows, w->n, sizeof *w->rows, track_order);
    w->n_orphans = 0;
    while (w->n_orphans < w->n && !w->rows[w->n_orphans].piece_id) w->n_orphans++;
}
