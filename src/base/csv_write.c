/* csv_write.c: fields of CSV files that people open in spreadsheets. Quoted as RFC 4180 says; never fails but for the buffer's
 * limit. */
#include "base/buf.h"
#include "base/csv.h"

/* A spreadsheet runs a cell that begins so as a formula. */
static bool is_formula(struct str s) { return s.len > 0 && s.ptr[0] && strchr("=+-@\t\r", s.ptr[0]); }

/* Leading and trailing blanks are quoted too, since readers trim bare fields. */
static bool needs_quotes(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] && strchr(",;\t|\"\r\n", s.ptr[i])) return true;
    return s.len > 0 && (s.ptr[0] == ' ' || s.ptr[s.len - 1] == ' ');
}

void csv_add_field(struct buf *b, struct str s, bool first, bool defuse)
{
    bool is_defused = defuse && is_formula(s), is_quoted = needs_quotes(s);
    if (!first) buf_add_byte(b, ',');
    if (is_quoted) buf_add_byte(b, '"');
    if (is_defused) buf_add_byte(b, '\'');
    if (!is_quoted) {
        buf_add_str(b, s);
        return;
    }
    for (struct str rest = s; rest.ptr;) {
        bool has_quote = rest.len && memchr(rest.ptr, '"', rest.len);
        buf_add_str(b, str_cut(rest, '"', &rest));
        if (has_quote) buf_add(b, "\"\"", 2);
    }
    buf_add_byte(b, '"');
}
