/* json_out.c: JSON written straight into a buffer; commas and quoting are done here. Never fails but for the buffer's limit,
 * which the buffer remembers; unbalanced calls are our bug and end the process. */
#include "base/json_out.h"
#include "base/log.h"
#include "base/text.h"

#define MAX_DEPTH 64

struct json_out json_out_begin(struct buf *b) { return (struct json_out){.buf = b}; }

void json_out_end(struct json_out *j) { ASSERT(j->depth == 0); }

static bool needs_escape(unsigned char c) { return c < ' ' || c == '"' || c == '\\' || c == 0x7F; }

static void add_escaped(struct buf *b, unsigned char c)
{
    static const char letters[32] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    char out[6] = {'\\', (char)c};
    size_t n = 2;
    if (c < ' ' && letters[c]) {
        out[1] = letters[c];
    } else if (c < ' ' || c == 0x7F) {
        memcpy(out, "\\u00", 4);
        out[4] = (char)('0' + (c >> 4)), out[5] = "0123456789abcdef"[c & 15];
        n = 6;
    }
    buf_add(b, out, n);
}

void json_quote(struct buf *b, struct str s)
{
    buf_add_byte(b, '"');
    for (size_t from = 0, i = 0; i <= s.len; i++) {
        if (i < s.len && !needs_escape((unsigned char)s.ptr[i])) continue;
        if (i > from) buf_add(b, s.ptr + from, i - from);
        if (i < s.len) add_escaped(b, (unsigned char)s.ptr[i]);
        from = i + 1;
    }
    buf_add_byte(b, '"');
}

static bool in_object(const struct json_out *j) { return j->depth > 0 && (j->in_object >> (j->depth - 1) & 1); }

/* What stands before a value. Keys are ours, but not only literals. */
static void json_before(struct json_out *j, const char *key)
{
    ASSERT((key != NULL) == in_object(j));
    if (j->need_comma) buf_add_byte(j->buf, ',');
    j->need_comma = true;
    if (!key) return;
    json_quote(j->buf, str_of(key));
    buf_add_byte(j->buf, ':');
}

static void json_open(struct json_out *j, const char *key, char bracket, uint64_t is_object)
{
    json_before(j, key);
    buf_add_byte(j->buf, bracket);
    ASSERT(j->depth < MAX_DEPTH);
    uint64_t bit = UINT64_C(1) << j->depth++;
    j->in_object = is_object ? j->in_object | bit : j->in_object & ~bit;
    j->need_comma = false;
}

void json_object(struct json_out *j, const char *key) { json_open(j, key, '{', 1); }

void json_array(struct json_out *j, const char *key) { json_open(j, key, '[', 0); }

void json_end(struct json_out *j)
{
    ASSERT(j->depth > 0);
    buf_add_byte(j->buf, in_object(j) ? '}' : ']');
    j->depth--;
    j->need_comma = true;
}

void json_str(struct json_out *j, const char *key, struct str s)
{
    json_before(j, key);
    if (s.ptr)
        json_quote(j->buf, s);
    else
        buf_addz(j->buf, "null");
}

void json_strz(struct json_out *j, const char *key, const char *z) { json_str(j, key, str_of(z)); }

void json_int(struct json_out *j, const char *key, int64_t v)
{
    json_before(j, key);
    buf_add_int(j->buf, v);
}

void json_fixed(struct json_out *j, const char *key, double v, int decimals)
{
    json_before(j, key);
    buf_add_fixed(j->buf, v, decimals);
}

void json_bool(struct json_out *j, const char *key, bool v)
{
    json_before(j, key);
    buf_addz(j->buf, v ? "true" : "false");
}

void json_null(struct json_out *j, const char *key)
{
    json_before(j, key);
    buf_addz(j->buf, "null");
}

void json_time(struct json_out *j, const char *key, int64_t ms)
{
    char text[21];
    text_iso8601(ms, text);
    json_strz(j, key, text);
}

void json_raw(struct json_out *j, const char *key, struct str json)
{
    json_before(j, key);
    buf_add_str(j->buf, json);
}
