/* merge_scan.c: what stands between {{ and }}. Editors write quotes as entities, so these are read back first. */
#include "base/utf8.h"
#include "press/merge_private.h"

static const struct {
    struct str entity, text;
} entities[] = {
    {STR("&quot;"), STR("\"")}, {STR("&amp;"), STR("&")},    {STR("&lt;"), STR("<")},   {STR("&gt;"), STR(">")},
    {STR("&apos;"), STR("'")},  {STR("&#39;"), STR("'")},    {STR("&#34;"), STR("\"")}, {STR("&nbsp;"), STR(" ")},
    {STR("&#160;"), STR(" ")},  {STR("\xc2\xa0"), STR(" ")},
};

static struct str entities_read(struct arena *a, struct str s)
{
    char *out = arena_alloc(a, s.len + 1);
    size_t n = 0;
    for (size_t i = 0; i < s.len;) {
        struct str rest = {s.ptr + i, s.len - i};
        size_t step = 0;
        for (size_t e = 0; e < sizeof entities / sizeof *entities && !step; e++) {
            if (!str_starts(rest, entities[e].entity)) continue;
            out[n++] = entities[e].text.ptr[0];
            step = entities[e].entity.len;
        }
        if (!step) out[n++] = s.ptr[i];
        i += step ? step : 1;
    }
    return (struct str){out, n};
}

static bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }

/* True when `s` begins with the word; *rest is what follows it, trimmed. */
static bool word_cut(struct str s, struct str word, struct str *rest)
{
    if (s.len < word.len || !str_eq_nocase((struct str){s.ptr, word.len}, word)) return false;
    if (s.len > word.len && !is_blank(s.ptr[word.len]) && s.ptr[word.len] != '(') return false;
    *rest = str_trim((struct str){s.ptr + word.len, s.len - word.len});
    return true;
}

static bool name_is_good(struct str name, struct fault *f)
{
    if (name.len == 0) return fault_user(f, 400, "{{}} holds no field name");
    if (name.len > 100) return fault_user(f, 400, "a field name has at most 100 bytes");
    for (size_t i = 0; i < name.len; i++)
        if (strchr("{}<>=\"'|", name.ptr[i]) && name.ptr[i])
            return fault_user(f, 400, "\"%.*s\" is not a field name: it holds %c", STR_ARG(name), name.ptr[i]);
    if (utf8_has_control(name) || !utf8_is_valid(name, NULL))
        return fault_user(f, 400, "a field name holds control characters");
    return true;
}

/* `key="text"`, alone behind the name. */
static bool option_read(struct str s, struct str key, struct str *value, struct fault *f)
{
    struct str rest = str_trim((struct str){s.ptr + key.len, s.len - key.len});
    if (rest.len == 0 || rest.ptr[0] != '=') return fault_user(f, 400, "%.*s needs =\"…\"", STR_ARG(key));
    rest = str_trim((struct str){rest.ptr + 1, rest.len - 1});
    char quote = rest.len ? rest.ptr[0] : 0;
    bool is_quoted = rest.len >= 2 && (quote == '"' || quote == '\'') && rest.ptr[rest.len - 1] == quote;
    if (!is_quoted) return fault_user(f, 400, "the text of %.*s= stands in quotes, to the end of the tag", STR_ARG(key));
    *value = (struct str){rest.ptr + 1, rest.len - 2};
    return true;
}

/* Where `name key = "…"` splits: the offset of the key, or s.len. */
static size_t option_find(struct str s, struct str key)
{
    for (size_t i = 1; i + key.len < s.len; i++) {
        if (!is_blank(s.ptr[i - 1]) || !str_eq_nocase((struct str){s.ptr + i, key.len}, key)) continue;
        struct str after = str_trim((struct str){s.ptr + i + key.len, s.len - i - key.len});
        if (after.len && after.ptr[0] == '=') return i;
    }
    return s.len;
}

/* "0.8in", "96px", "2cm", "20mm", "60pt", "96" to CSS px. */
static bool size_read(struct str s, double *px, struct fault *f)
{
    static const struct {
        const char *unit;
        double px;
    } units[] = {{"in", 96}, {"px", 1}, {"cm", 96 / 2.54}, {"mm", 96 / 25.4}, {"pt", 96.0 / 72}, {"", 1}};
    double n;
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        struct str unit = str_of(units[i].unit);
        if (!str_ends(s, unit) || !str_to_double(str_trim((struct str){s.ptr, s.len - unit.len}), &n)) continue;
        if (n * units[i].px < 20 || n * units[i].px > 2000) break;
        *px = n * units[i].px;
        return true;
    }
    return fault_user(f, 400, "the size of a QR code is like \"0.8in\", \"20mm\" or \"96px\" and at least 20px, not \"%.*s\"",
                      STR_ARG(s));
}

static bool field_parse(struct str s, struct merge_tag *tag, struct fault *f)
{
    struct str size, rest, name = str_cut(s, '|', &rest);
    size_t at = option_find(s, STR("default"));
    if (at < s.len) {
        if (!option_read((struct str){s.ptr + at, s.len - at}, STR("default"), &tag->by_default, f)) return false;
        name = (struct str){s.ptr, at};
    } else if (rest.ptr) {
        tag->by_default = str_trim(rest);
    } else if ((at = option_find(s, STR("size"))) < s.len) {
        if (!option_read((struct str){s.ptr + at, s.len - at}, STR("size"), &size, f) || !size_read(size, &tag->size_px, f))
            return false;
        name = (struct str){s.ptr, at};
    }
    tag->name = str_trim(name);
    bool is_qr = str_eq_nocase(tag->name, STR("qr"));
    if (is_qr) tag->kind = TAG_QR;
    if (str_eq_nocase(tag->name, STR("purl"))) tag->kind = TAG_PURL;
    if (tag->size_px > 0 && !is_qr) return fault_user(f, 400, "only {{qr}} has a size");
    if (tag->kind != TAG_FIELD && tag->by_default.ptr) return fault_user(f, 400, "{{%.*s}} has no default", STR_ARG(tag->name));
    return name_is_good(tag->name, f);
}

bool merge_tag_parse(struct arena *a, struct str inside, struct merge_tag *tag, struct fault *f)
{
    struct str s = str_trim(entities_read(a, inside)), rest;
    *tag = (struct merge_tag){.kind = TAG_FIELD};
    if (word_cut(s, STR("IF"), &rest)) {
        tag->kind = TAG_IF, tag->condition = rest;
    } else if (word_cut(s, STR("ELSEIF"), &rest) || (word_cut(s, STR("ELSE"), &rest) && word_cut(rest, STR("IF"), &rest))) {
        tag->kind = TAG_ELSEIF, tag->condition = rest;
    } else if (str_eq_nocase(s, STR("ELSE"))) {
        tag->kind = TAG_ELSE;
    } else if (str_eq_nocase(s, STR("ENDIF")) || (word_cut(s, STR("END"), &rest) && str_eq_nocase(rest, STR("IF")))) {
        tag->kind = TAG_ENDIF;
    } else {
        return field_parse(s, tag, f);
    }
    bool needs_one = tag->kind == TAG_IF || tag->kind == TAG_ELSEIF;
    return !needs_one || tag->condition.len || fault_user(f, 400, "the condition is missing");
}
