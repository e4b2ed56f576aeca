/* log.c: one line per happening on standard error, in one write(2), so that lines of threads and processes never mix.
 * Called from everywhere and any thread. What is not printable UTF-8 is escaped byte by byte: nobody writes a false line, steers
 * the operator's terminal or turns his text around by naming his contact so. */
#include "base/log.h"
#include "base/clock.h"
#include "base/text.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unicode/uchar.h>
#include <unistd.h>

static _Atomic enum log_level least_level = LOG_INFO;
static bool (*_Atomic hook)(enum log_level level, const char *line);

void log_set_level(enum log_level least) { atomic_store(&least_level, least); }

void log_set_hook(bool (*fn)(enum log_level level, const char *line)) { atomic_store(&hook, fn); }

static const char *const level_names[] = {"debug", "info", "warning", "error"};

static size_t log_stamp(char *out, size_t size, const char *level, const char *area)
{
    int64_t now = clock_now_ms();
    char seconds[21];
    text_iso8601(now, seconds);
    int n = snprintf(out, size, "%.19s.%03dZ %s %s ", seconds, (int)(now % 1000), level, area);
    return n < 0 ? 0 : (size_t)n < size ? (size_t)n : size - 1;
}

/* Unicode's line and paragraph separators count as printable for ICU, but a record is one line. */
static bool is_clean(int32_t cp) { return cp >= 0 && u_isprint(cp) && cp != 0x2028 && cp != 0x2029; }

/* Stops where a whole character, or the escapes of one, no longer fit. */
static size_t log_escape(char *out, size_t size, struct str from)
{
    size_t n = 0;
    while (from.len && n + 17 < size) { /* four bytes of four letters, and snprintf's NUL */
        const char *at = from.ptr;
        bool is_kept = is_clean(utf8_next(&from));
        for (; at < from.ptr; at++) {
            unsigned char c = (unsigned char)*at;
            if (is_kept)
                out[n++] = (char)c;
            else
                n += (size_t)snprintf(out + n, 5, c == '\n' ? "\\n" : c == '\t' ? "\\t" : c == '\r' ? "\\r" : "\\x%02x", c);
        }
    }
    return n;
}

static void write_line(const char *line, size_t n)
{
    /* A log that cannot be written has nowhere to say so. */
    while (write(STDERR_FILENO, line, n) < 0 && errno == EINTR) {}
}

void log_line(enum log_level level, const char *area, const char *fmt, ...)
{
    if (level < atomic_load_explicit(&least_level, memory_order_relaxed)) return;
    int saved_errno = errno;
    char text[2000], line[4096];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    size_t n = log_stamp(line, sizeof line, level_names[level], area);
    n += log_escape(line + n, sizeof line - n - 1, str_of(text));
    line[n] = '\0';
    bool (*fn)(enum log_level, const char *) = atomic_load(&hook);
    if (level < LOG_WARNING || !fn || !fn(level, line)) {
        line[n++] = '\n';
        write_line(line, n);
    }
    errno = saved_errno;
}

_Noreturn void log_panic(const char *file, int line, const char *what)
{
    char text[600];
    size_t n = log_stamp(text, sizeof text, "panic", "base");
    int more = snprintf(text + n, sizeof text - n, "%s:%d: %s\n", file, line, what);
    n += more < 0 ? 0 : (size_t)more < sizeof text - n ? (size_t)more : sizeof text - n - 1;
    write_line(text, n);
    abort();
}
