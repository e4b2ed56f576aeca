/* fault.c: filling a fault with its sentence. Never fails; a text too long for the fault is cut at a character. */
#include "base/fault.h"
#include "base/utf8.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A cut inside a UTF-8 sequence would make the answer that quotes it invalid. */
static void cut_at_character(char *text, size_t len)
{
    size_t i = len;
    while (i > 0 && ((unsigned char)text[i - 1] & 0xC0) == 0x80) i--;
    if (i == 0) return;
    unsigned char lead = (unsigned char)text[i - 1];
    size_t want = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC0 ? 2 : 1;
    if (len - (i - 1) < want) text[i - 1] = '\0';
}

static bool fault_fill(struct fault *f, enum fault_whose whose, int status, const char *fmt, va_list ap)
{
    if (!f) return false;
    char text[sizeof f->text]; /* an argument may be the old text itself */
    int n = vsnprintf(text, sizeof text, fmt, ap);
    if (n >= (int)sizeof text) cut_at_character(text, sizeof text - 1);
    utf8_line(text, sizeof text, str_of(text)); /* it may quote anybody, and a part of it may have been cut too */
    f->whose = whose, f->status = status;
    memcpy(f->text, text, sizeof text);
    return false;
}

#define FILL(whose, status)                                                                                                    \
    do {                                                                                                                       \
        va_list ap;                                                                                                            \
        va_start(ap, fmt);                                                                                                     \
        fault_fill(f, whose, status, fmt, ap);                                                                                 \
        va_end(ap);                                                                                                            \
        return false;                                                                                                          \
    } while (0)

bool fault_user(struct fault *f, int status, const char *fmt, ...) { FILL(FAULT_USER, status); }
bool fault_remote(struct fault *f, const char *fmt, ...) { FILL(FAULT_REMOTE, 0); }
bool fault_operator(struct fault *f, const char *fmt, ...) { FILL(FAULT_OPERATOR, 0); }
bool fault_ours(struct fault *f, const char *fmt, ...) { FILL(FAULT_OURS, 0); }

bool fault_errno(struct fault *f, const char *fmt, ...)
{
    char what[400], reason[80];
    const char *why = strerror_r(errno, reason, sizeof reason);
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(what, sizeof what, fmt, ap);
    va_end(ap);
    return fault_operator(f, "%s: %s", what, why);
}

int fault_http_status(const struct fault *f)
{
    switch (f->whose) {
    case FAULT_USER: return f->status ? f->status : 400;
    case FAULT_REMOTE:
    case FAULT_OPERATOR: return 503;
    case FAULT_NONE:
    case FAULT_OURS: break;
    }
    return 500;
}
