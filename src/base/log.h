/* log.h: one line per happening on standard error: time, level, area, text, then key=value pairs. Secrets are never arguments.
 * Levels say who must act: info nobody, warning the operator when he has time, error the operator now, and panic: our bug (aborts). */
#pragma once
#include "base/fault.h"

enum log_level { LOG_DEBUG, LOG_INFO, LOG_WARNING, LOG_ERROR };

void log_set_level(enum log_level least);
void log_line(enum log_level level, const char *area, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
#define log_debug(area, ...)   log_line(LOG_DEBUG, area, __VA_ARGS__)
#define log_info(area, ...)    log_line(LOG_INFO, area, __VA_ARGS__)
#define log_warning(area, ...) log_line(LOG_WARNING, area, __VA_ARGS__)
#define log_error(area, ...)   log_line(LOG_ERROR, area, __VA_ARGS__)
_Noreturn void log_panic(const char *file, int line, const char *what);

/* An invariant of ours; stays on in production. */
#define ASSERT(cond) ((cond) ? (void)0 : log_panic(__FILE__, __LINE__, #cond))

/* Tests: lines at warning or above go to `fn` first; when it returns true the line was expected and is not printed. */
void log_set_hook(bool (*fn)(enum log_level level, const char *line));
