/* asset_type.c: knows a file by its first bytes. Pure. */
#include "mail/asset_type.h"

static const struct {
    const char *begin;
    size_t n;
    const char *media_type;
} signatures[] = {
    {"\xff\xd8\xff", 3, "image/jpeg"}, {"\x89PNG\r\n\x1a\n", 8, "image/png"},
    {"\0\1\0\0", 4, "font/ttf"},       {"true", 4, "font/ttf"},
    {"OTTO", 4, "font/otf"},           {"wOF2", 4, "font/woff2"},
};

static bool holds(struct str s, const char *word)
{
    size_t n = strlen(word);
    for (size_t i = 0; i + n <= s.len; i++)
        if (str_eq_nocase(str_make(s.ptr + i, n), str_make(word, n))) return true;
    return false;
}

static bool is_text(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if ((unsigned char)s.ptr[i] < 0x20 && !strchr("\t\r\n\f", s.ptr[i])) return false;
    return true;
}

const char *asset_type(struct str head, struct str name)
{
    for (size_t i = 0; i < sizeof signatures / sizeof *signatures; i++)
        if (head.len >= signatures[i].n && memcmp(head.ptr, signatures[i].begin, signatures[i].n) == 0)
            return signatures[i].media_type;
    if (!is_text(head)) return NULL;
    struct str text = str_trim(str_skip_bom(str_trim(head)));
    if (str_starts(text, STR("<")) && holds(text, "<svg")) return "image/svg+xml";
    if (name.len > 4 && str_eq_nocase(str_make(name.ptr + name.len - 4, 4), STR(".css"))) return "text/css";
    return NULL;
}
