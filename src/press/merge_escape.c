/* merge_escape.c: a value written so that it stays inside the place it stands in. Values are valid UTF-8. */
#include "base/utf8.h"
#include "press/merge_private.h"

static bool is_word(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_'; }

static void html_add(struct buf *out, char c)
{
    switch (c) {
    case '&': buf_addz(out, "&amp;"); return;
    case '<': buf_addz(out, "&lt;"); return;
    case '>': buf_addz(out, "&gt;"); return;
    case '"': buf_addz(out, "&quot;"); return;
    case '\'': buf_addz(out, "&#39;"); return;
    default: buf_add_byte(out, c);
    }
}

/* "\HEX " is the same character in identifiers, strings and url(), and can end none of them. "#" stays only as the beginning
 * of a colour. */
static void css_add(struct buf *out, struct str value, enum merge_escape how)
{
    while (value.len) {
        struct str at = value;
        int32_t cp = utf8_next(&value);
        char c = *at.ptr;
        bool is_hex =
            value.len && ((*value.ptr >= '0' && *value.ptr <= '9') || ((*value.ptr | 32) >= 'a' && (*value.ptr | 32) <= 'f'));
        bool is_plain = is_word(c) || (c && strchr(".%,- ", c)) || (c == '#' && is_hex);
        const char *gap = how == ESCAPE_CSS_BARE ? "&#32;" : " ";
        if (is_plain && c == ' ')
            buf_addz(out, gap);
        else if (is_plain)
            buf_add_byte(out, c);
        else if (cp > 0)
            buf_addf(out, "\\%x%s", (unsigned)cp, gap);
    }
}

void merge_escape_add(struct buf *out, struct str value, enum merge_escape how)
{
    if (how == ESCAPE_CSS || how == ESCAPE_CSS_BARE) {
        css_add(out, value, how);
        return;
    }
    for (size_t i = 0; i < value.len; i++) {
        char c = value.ptr[i];
        bool is_plain =
            how == ESCAPE_HTML || is_word(c) || (unsigned char)c >= 0x80 || c == '.' || (c == '-' && how == ESCAPE_BARE);
        if (!is_plain)
            buf_addf(out, "&#%d;", c);
        else
            html_add(out, c);
    }
}
