/* json_shown.c: see json_shown.h. On the text, before it is parsed: whoever prints a value then need not think of it. Pure. */
#include "base/json_shown.h"
#include "base/utf8.h"

#define REPLACED "\xEF\xBF\xBD"

static int32_t hex4(const char *p)
{
    int32_t cp = 0;
    for (int i = 0; i < 4; i++) {
        char c = p[i];
        int digit = c >= '0' && c <= '9' ? c - '0' : (c | 32) >= 'a' && (c | 32) <= 'f' ? (c | 32) - 'a' + 10 : -1;
        if (digit < 0) return -1;
        cp = cp * 16 + digit;
    }
    return cp;
}

/* How long the escape at the beginning of `s` is, and what it stands for when it may be a control character; -1: something else. */
static size_t read_escape(struct str s, int32_t *cp)
{
    *cp = -1;
    if (s.len < 2) return s.len;
    switch (s.ptr[1]) {
    case 'b': *cp = '\b'; break;
    case 'f': *cp = '\f'; break;
    case 'r': *cp = '\r'; break;
    case 'u':
        if (s.len < 6) return s.len;
        *cp = hex4(s.ptr + 2);
        return 6;
    }
    return 2;
}

static bool is_tame(int32_t cp) { return !utf8_is_control(cp) || cp == '\n' || cp == '\t'; }

void json_shown(struct buf *out, struct str json)
{
    while (json.len) {
        struct str rest = json;
        bool is_escape = *json.ptr == '\\';
        int32_t cp = -1;
        size_t n;
        if (is_escape) {
            n = read_escape(json, &cp);
        } else {
            cp = utf8_next(&rest);
            n = json.len - rest.len;
        }
        if (is_tame(cp) || (cp == '\r' && !is_escape)) /* between values it is white space, and within a text no JSON */
            buf_add(out, json.ptr, n);
        else
            buf_addz(out, cp == '\r' ? " " : REPLACED);
        json = str_make(json.ptr + n, json.len - n);
    }
}
