/* html_scan.c: the state machine of html_scan.h. No memory, cannot fail. */
#include "press/html_scan.h"

enum {
    TEXT,
    OPEN,
    END_OPEN,
    TAG_NAME,
    IN_TAG,
    ATTR_NAME,
    AFTER_NAME,
    BEFORE_VALUE,
    QUOTED,
    BARE,
    MARKUP,
    COMMENT_START,
    COMMENT,
    BOGUS,
    RAW,
    RAW_OPEN,
    RAW_END
};

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '\f'; }
static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }
static bool is_letter(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

/* Names longer than we know of are cut; none of the known ones is that long. */
static void name_add(char name[12], char c)
{
    size_t n = strlen(name);
    if (n < 11) name[n] = lower(c), name[n + 1] = '\0';
}

static bool is_raw_element(const char *tag)
{
    static const char *const raw[] = {"script", "style",   "title",    "textarea", "xmp",
                                      "iframe", "noembed", "noframes", "plaintext"};
    for (size_t i = 0; i < sizeof raw / sizeof *raw; i++)
        if (strcmp(tag, raw[i]) == 0) return true;
    return false;
}

static enum html_attribute attribute_kind(const char *name)
{
    if (strcmp(name, "style") == 0) return HTML_ATTR_STYLE;
    if (strcmp(name, "srcdoc") == 0) return HTML_ATTR_DOCUMENT;
    return name[0] == 'o' && name[1] == 'n' && name[2] ? HTML_ATTR_EVENT : HTML_ATTR_PLAIN;
}

static bool tag_end(struct html_scan *s)
{
    bool is_raw = !s->is_end_tag && is_raw_element(s->tag);
    s->state = is_raw ? RAW : TEXT;
    s->name[0] = '\0', s->quote = 0;
    if (is_raw) memcpy(s->element, s->tag, sizeof s->element);
    return true;
}

static void tag_begin(struct html_scan *s, char c, bool is_end)
{
    s->is_end_tag = is_end, s->tag[0] = '\0', s->name[0] = '\0', s->state = TAG_NAME;
    name_add(s->tag, c);
}

static void markup_open(struct html_scan *s, char c)
{
    if (is_letter(c)) {
        tag_begin(s, c, s->state == END_OPEN);
    } else if (s->state == OPEN && c == '/') {
        s->state = END_OPEN;
    } else if (s->state == OPEN && c == '!') {
        s->state = MARKUP, s->matched = 0;
    } else if (s->state == OPEN && c != '?') {
        s->state = c == '<' ? OPEN : TEXT;
    } else {
        s->state = c == '>' ? TEXT : BOGUS;
    }
}

/* Inside a tag, between attributes or in a name. */
static bool in_tag(struct html_scan *s, char c)
{
    if (c == '>') return tag_end(s);
    if (is_space(c) || c == '/') {
        s->state = s->state == ATTR_NAME || s->state == AFTER_NAME ? (c == '/' ? IN_TAG : AFTER_NAME) : IN_TAG;
    } else if (s->state == TAG_NAME) {
        name_add(s->tag, c);
    } else if (c == '=' && s->state != IN_TAG) {
        s->state = BEFORE_VALUE, s->attribute = attribute_kind(s->name);
    } else {
        if (s->state != ATTR_NAME) s->name[0] = '\0';
        s->state = ATTR_NAME;
        name_add(s->name, c);
    }
    return false;
}

static bool in_value(struct html_scan *s, char c)
{
    if (s->state == BEFORE_VALUE) {
        if (is_space(c)) return false;
        if (c == '>') return tag_end(s);
        s->state = c == '"' || c == '\'' ? QUOTED : BARE;
        s->quote = s->state == QUOTED ? c : 0;
    } else if (s->state == QUOTED) {
        if (c == s->quote) s->state = IN_TAG, s->quote = 0, s->name[0] = '\0';
    } else {
        if (c == '>') return tag_end(s);
        if (is_space(c)) s->state = IN_TAG, s->name[0] = '\0';
    }
    return false;
}

/* "<!--" begins a comment, all else behind "<!" ends at the next ">". A comment ends at "-->", "--!>", and at once when ">" or
 * "->" opens it. `matched` counts dashes, 3 is "--!". */
static void in_markup(struct html_scan *s, char c)
{
    if (s->state == MARKUP) {
        if (c != '-')
            s->state = c == '>' ? TEXT : BOGUS;
        else if (++s->matched == 2)
            s->state = COMMENT_START, s->matched = 0;
    } else if (s->state == BOGUS) {
        if (c == '>') s->state = TEXT;
    } else if (c == '>' && (s->matched >= 2 || s->state == COMMENT_START)) {
        s->state = TEXT;
    } else if (c == '-') {
        s->matched = s->matched == 3 ? 1 : s->matched < 2 ? s->matched + 1 : 2;
        if (s->state == COMMENT_START && s->matched == 2) s->state = COMMENT;
    } else {
        s->matched = c == '!' && s->matched == 2 ? 3 : 0;
        s->state = COMMENT;
    }
    if (s->state == TEXT) s->matched = 0;
}

static bool in_raw(struct html_scan *s, char c)
{
    if (s->state == RAW) {
        if (c == '<') s->state = RAW_OPEN;
    } else if (s->state == RAW_OPEN) {
        s->state = c == '/' ? RAW_END : c == '<' ? RAW_OPEN : RAW;
        s->matched = 0;
    } else if (s->element[s->matched] && lower(c) == s->element[s->matched]) {
        s->matched++;
    } else if (!s->element[s->matched] && (is_space(c) || c == '/' || c == '>')) {
        memcpy(s->tag, s->element, sizeof s->tag);
        s->is_end_tag = true, s->element[0] = '\0', s->matched = 0, s->name[0] = '\0', s->state = IN_TAG;
        return c == '>' && tag_end(s);
    } else {
        s->state = c == '<' ? RAW_OPEN : RAW, s->matched = 0;
    }
    return false;
}

bool html_scan_feed(struct html_scan *s, char c)
{
    switch (s->state) {
    case TEXT:
        if (c == '<') s->state = OPEN;
        return false;
    case OPEN:
    case END_OPEN: markup_open(s, c); return false;
    case TAG_NAME:
    case IN_TAG:
    case ATTR_NAME:
    case AFTER_NAME: return in_tag(s, c);
    case BEFORE_VALUE:
    case QUOTED:
    case BARE: return in_value(s, c);
    case RAW:
    case RAW_OPEN:
    case RAW_END: return in_raw(s, c);
    default: in_markup(s, c); return false;
    }
}

enum html_place html_scan_place(const struct html_scan *s)
{
    switch (s->state) {
    case TEXT: return HTML_TEXT;
    case BEFORE_VALUE: return HTML_BEFORE_VALUE;
    case QUOTED: return HTML_QUOTED_VALUE;
    case BARE: return HTML_BARE_VALUE;
    case RAW:
        if (strcmp(s->element, "style") == 0) return HTML_CSS;
        if (strcmp(s->element, "script") == 0) return HTML_SCRIPT;
        return strcmp(s->element, "title") == 0 || strcmp(s->element, "textarea") == 0 ? HTML_RCDATA : HTML_RAW;
    case COMMENT_START:
    case COMMENT:
    case BOGUS: return HTML_COMMENT;
    default: return HTML_TAG;
    }
}

void html_scan_value(struct html_scan *s)
{
    if (s->state == BEFORE_VALUE) s->state = BARE;
    if (s->state == COMMENT_START) s->state = COMMENT;
    if (s->state == COMMENT) s->matched = 0;
}

/* Only what matters in the state it is in; the rest is left over from before. */
bool html_scan_same(const struct html_scan *a, const struct html_scan *b)
{
    bool in_value = a->state == BEFORE_VALUE || a->state == QUOTED || a->state == BARE;
    bool in_name = a->state == ATTR_NAME || a->state == AFTER_NAME;
    bool in_a_tag = in_value || in_name || a->state == TAG_NAME || a->state == IN_TAG;
    bool in_raw_text = a->state == RAW || a->state == RAW_OPEN || a->state == RAW_END;
    bool is_counting = a->state == MARKUP || a->state == COMMENT_START || a->state == COMMENT || a->state == RAW_END;
    if (a->state != b->state) return false;
    if (in_value && (a->attribute != b->attribute || a->quote != b->quote)) return false;
    if (in_name && strcmp(a->name, b->name) != 0) return false;
    if (in_a_tag && (strcmp(a->tag, b->tag) != 0 || a->is_end_tag != b->is_end_tag)) return false;
    if (in_raw_text && strcmp(a->element, b->element) != 0) return false;
    return !is_counting || a->matched == b->matched;
}
