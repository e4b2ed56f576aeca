/* html_scan.h: where in an HTML text a character stands: element text, which kind of attribute value, style sheet, script,
 * comment. Fed a byte at a time, tolerant as browsers are (it follows the tokenizer of the HTML standard as far as places
 * differ). The merge asks it how to escape a value; the press, where <body> begins.
 *
 * A scan is a plain value: it may be copied and compared (html_scan_same), which is how the branches of {{IF}} are checked. */
#pragma once
#include "base/str.h"

enum html_place {
    HTML_TEXT,
    HTML_RCDATA,       /* <title>, <textarea> */
    HTML_RAW,          /* <xmp>, <iframe> …: text that is taken as it is */
    HTML_CSS,          /* inside <style> */
    HTML_SCRIPT,       /* inside <script> */
    HTML_COMMENT,      /* also <!doctype …> and <?…> */
    HTML_TAG,          /* inside a tag, outside of attribute values */
    HTML_BEFORE_VALUE, /* behind "=", before the value of an attribute */
    HTML_QUOTED_VALUE,
    HTML_BARE_VALUE, /* an attribute without quotes */
};
enum html_attribute { HTML_ATTR_PLAIN, HTML_ATTR_STYLE, HTML_ATTR_EVENT /* on… */, HTML_ATTR_DOCUMENT /* srcdoc */ };

struct html_scan {
    int state; /* html_scan.c's */
    enum html_attribute attribute;
    char quote;
    bool is_end_tag;
    int matched;      /* of a closing tag or of "<!--" */
    char tag[12];     /* lower case, cut */
    char name[12];    /* of the attribute, lower case, cut */
    char element[12]; /* the raw text element we are in */
};
/* True when this byte ended a tag: s->tag and s->is_end_tag say which. */
bool html_scan_feed(struct html_scan *s, char c);
enum html_place html_scan_place(const struct html_scan *s);
/* A value of unknown content stands here: steps into the place where it ends. */
void html_scan_value(struct html_scan *s);
bool html_scan_same(const struct html_scan *a, const struct html_scan *b);

/* A merged creative as chromium.h takes it: all before <body …>, and the element itself. Made-up tags are wrapped around
 * creatives without them. The texts point into `merged` or come from the arena. */
struct html_parts {
    struct str head, body;
    uint8_t key[32]; /* of head and style sheets in the body: recipients whose keys differ must not share a document */
};
struct arena;
void html_split(struct arena *a, struct str merged, struct html_parts *out);
