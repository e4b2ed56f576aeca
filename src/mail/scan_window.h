/* scan_window.h: the rows of a file of scans that are sorted together, in memory that is used again for the next ones: up to scan.sort_rows
 * rows, fewer when many are refused or carry texts. On the reading thread. */
#pragma once
#include "mail/track.h"

struct scan_refused {
    int64_t line;
    int reason; /* enum scan_reason */
    struct str detail, raw;
};
struct scan_window {
    struct arena *arena;    /* texts */
    struct track_row *rows; /* piece_id 0: an orphan */
    struct scan_refused *refused;
    size_t n, max, n_orphans; /* n_orphans: after sorting, how many stand in front */
    int n_refused, max_refused;
    int64_t n_rows, last_line; /* rows read, good and bad */
    int64_t was_byte, at_byte;
};
void scan_window_init(struct scan_window *w);
void scan_window_finish(struct scan_window *w);
void scan_window_clear(struct scan_window *w, int64_t at_byte);
bool scan_window_is_full(const struct scan_window *w);
void scan_window_add(struct scan_window *w, const struct track_row *row, int64_t at_byte);
void scan_window_refuse(struct scan_window *w, int64_t line, int reason, const char *why, struct str raw, int64_t at_byte);
/* A row that an earlier reading of the file has stored: when it was refused its line is taken. */
void scan_window_pass(struct scan_window *w, int64_t line, int reason);
void scan_window_sort(struct scan_window *w);
