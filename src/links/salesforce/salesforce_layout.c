/* salesforce_layout.c: one item more on a page layout. updateMetadata replaces the whole layout, so all that we do not mean must go back byte
 * for byte, what this program does not know included. So libxml2 only says that a text is well formed (a tree written out again would
 * spell things its own way); then a walk over its tags finds the places, and the new item goes in between the bytes. */
#include "links/salesforce/salesforce_layout.h"
#include "links/salesforce/salesforce_xml.h"
#include <ctype.h>
#include <stdio.h>

#define METADATA "http://soap.sforce.com/2006/04/metadata"

/* ---- a walk over the tags of a well-formed text ---- */

enum { DEPTH_MAX = 64 };
struct tag {
    struct str name; /* as spelt, with its prefix */
    size_t from, to; /* of the tag itself, '<' and behind '>' */
    bool is_end, is_empty;
    int depth; /* of the element; the outermost 0 */
};
struct walk {
    struct str text;
    size_t at;
    int depth;
};

/* `from`: behind what opens it, whose end may look like the beginning of `mark` ("<!-->"). */
static size_t behind(struct str t, size_t from, const char *mark)
{
    if (from > t.len) return t.len;
    const char *p = memmem(t.ptr + from, t.len - from, mark, strlen(mark));
    return p ? (size_t)(p - t.ptr) + strlen(mark) : t.len;
}

static size_t tag_end(struct str t, size_t at)
{
    char quote = 0;
    for (; at < t.len; at++) {
        char c = t.ptr[at];
        if (quote)
            quote = c == quote ? 0 : quote;
        else if (c == '"' || c == '\'')
            quote = c;
        else if (c == '>')
            return at + 1;
    }
    return t.len;
}

static bool next_tag(struct walk *w, struct tag *out)
{
    struct str t = w->text;
    for (;;) {
        const char *p = w->at < t.len ? memchr(t.ptr + w->at, '<', t.len - w->at) : NULL;
        if (!p) return false;
        size_t from = (size_t)(p - t.ptr);
        struct str rest = str_make(p, t.len - from);
        if (str_starts(rest, STR("<!--")))
            w->at = behind(t, from + 4, "-->");
        else if (str_starts(rest, STR("<![CDATA[")))
            w->at = behind(t, from + 9, "]]>");
        else if (str_starts(rest, STR("<?")))
            w->at = behind(t, from + 2, "?>");
        else {
            *out = (struct tag){.from = from, .to = tag_end(t, from), .is_end = rest.len > 1 && p[1] == '/'};
            out->is_empty = out->to >= 2 && t.ptr[out->to - 2] == '/';
            size_t name = from + 1 + out->is_end, n = name;
            while (n < t.len && !strchr(" \t\r\n/>", t.ptr[n])) n++;
            out->name = str_make(t.ptr + name, n - name);
            if (out->is_end) w->depth--;
            out->depth = w->depth;
            if (!out->is_end && !out->is_empty) w->depth++;
            w->at = out->to;
            return true;
        }
    }
}

static struct str local(struct str name)
{
    struct str rest, before = str_cut(name, ':', &rest);
    return rest.ptr ? rest : before;
}

static bool is_called(const struct tag *t, const char *name) { return str_eq(local(t->name), str_of(name)); }

/* ---- the layout inside an answer ---- */

/* A fault in words, or that the answer is not one to this question. */
static bool not_expected(struct _xmlDoc *doc, struct fault *f)
{
    struct arena *a = arena_create(512);
    struct str why = sf_xml_text(a, sf_xml_find(sf_xml_root(doc), "faultstring"));
    if (why.len)
        fault_user(f, 400, "Salesforce's Metadata API refused it: %.300s", why.ptr);
    else
        fault_user(f, 400, "Salesforce's Metadata API answered something else than was asked.");
    arena_destroy(&a);
    return false;
}

/* Nothing that could be meant: a page, a part of an answer, something that wants to grow. */
static struct _xmlDoc *read_answer(struct str body, struct fault *f)
{
    struct fault why;
    struct _xmlDoc *doc = sf_xml_read(body, &why);
    if (!doc) fault_remote(f, "Salesforce's answer about the page layout cannot be read: %s", why.text);
    return doc;
}

static bool is_layout_answer(struct str body, bool *has_layout, struct fault *f)
{
    struct _xmlDoc *doc = read_answer(body, f);
    if (!doc) return false;
    struct arena *a = arena_create(512);
    struct _xmlNode *answer = sf_xml_find(sf_xml_root(doc), "readMetadataResponse");
    struct _xmlNode *records = sf_xml_child(sf_xml_child(answer, "result"), "records");
    bool ok = answer != NULL || not_expected(doc, f);
    *has_layout = sf_xml_text(a, sf_xml_child(records, "fullName")).len > 0; /* what is not there comes as an empty record */
    arena_destroy(&a);
    sf_xml_free(&doc);
    return ok;
}

bool sf_layout_take(struct str body, struct str *out, struct fault *f)
{
    bool has_layout;
    struct walk w = {.text = body};
    struct tag t;
    size_t from = 0;
    int depth = -1, answer = -1; /* of the records, of the answer that they stand in */
    if (!is_layout_answer(body, &has_layout, f)) return false;
    *out = STR_NULL;
    if (!has_layout) return true;
    while (next_tag(&w, &t)) {
        if (answer < 0 && !t.is_end && is_called(&t, "readMetadataResponse")) answer = t.depth;
        if (depth < 0 && !t.is_end && answer >= 0 && t.depth == answer + 2 && is_called(&t, "records")) {
            from = t.to;
            depth = t.depth;
        } else if (t.is_end && t.depth == depth) {
            *out = str_make(body.ptr + from, t.from - from);
            return true;
        } else if (depth >= 0 && memchr(t.name.ptr, ':', t.name.len)) {
            return fault_user(f, 400, "The layout has elements of another namespace (%.*s); add the field to it by hand.",
                              (int)(t.name.len < 60 ? t.name.len : 60), t.name.ptr);
        }
    }
    return fault_user(f, 400, "Salesforce's answer with the layout is incomplete.");
}

/* ---- the field in it ---- */

struct places {
    bool has_field;
    size_t columns;          /* behind the first column's start tag in our section; 0: none */
    struct tag empty_column; /* that column is <layoutColumns/>; its to 0: it is not */
    size_t sections_end;     /* behind the last section */
    size_t before;           /* of the first element that must stand behind sections; 0: none */
};

static struct str text_behind(const struct walk *w)
{
    const char *p = w->text.ptr + w->at, *end = memchr(p, '<', w->text.len - w->at);
    return str_trim(str_make(p, end ? (size_t)(end - p) : w->text.len - w->at));
}

/* The section that is being read. */
struct section {
    bool is_ours;
    size_t columns;
    struct tag empty_column;
};

static void note_column(struct section *s, const struct tag *t)
{
    if (s->columns) return;
    s->columns = t->to;
    if (t->is_empty) s->empty_column = *t;
}

static void leave_section(struct places *p, const struct section *s, const struct tag *t)
{
    p->sections_end = t->to;
    if (!s->is_ours || p->columns) return;
    p->columns = s->columns;
    p->empty_column = s->empty_column;
}

/* Elements of a layout stand in the order of the alphabet, the full name first (specs: §2.4). */
static bool stands_behind_sections(struct str name)
{
    struct str sections = STR("layoutSections");
    size_t n = name.len < sections.len ? name.len : sections.len;
    int order = memcmp(name.ptr, sections.ptr, n);
    return !str_eq(name, STR("fullName")) && (order > 0 || (order == 0 && name.len > sections.len));
}

static void find_places(struct str layout, struct str field, struct places *p)
{
    struct walk w = {.text = layout};
    struct section s = {0};
    struct tag t;
    *p = (struct places){0};
    while (next_tag(&w, &t)) {
        bool is_section = t.depth == 0 && is_called(&t, "layoutSections");
        if (is_section && !t.is_end) s = (struct section){0};
        if (is_section && (t.is_end || t.is_empty)) leave_section(p, &s, &t);
        if (t.is_end) continue;
        if (t.depth == 0 && !p->before && stands_behind_sections(local(t.name))) p->before = t.from;
        if (t.depth == 1 && is_called(&t, "label") && str_eq(text_behind(&w), STR(SF_SECTION))) s.is_ours = true;
        if (t.depth == 1 && is_called(&t, "layoutColumns")) note_column(&s, &t);
        if (is_called(&t, "field") && str_eq(text_behind(&w), field)) p->has_field = true;
    }
}

static void add_item(struct buf *b, struct str field)
{
    buf_addf(b, "<layoutItems><behavior>Readonly</behavior><field>%.*s</field></layoutItems>", STR_ARG(field));
}

/* How a section of ours is made; one column of items in it. */
static void add_section(struct buf *b, struct str field)
{
    buf_addz(b,
             "<layoutSections><customLabel>true</customLabel><detailHeading>true</detailHeading><editHeading>true</editHeading>"
             "<label>" SF_SECTION "</label><layoutColumns>");
    add_item(b, field);
    buf_addz(b, "</layoutColumns><style>OneColumn</style></layoutSections>");
}

bool sf_layout_add(struct arena *a, struct str layout, struct str field, struct str *out, struct fault *f)
{
    struct places p;
    struct buf b = BUF_INIT;
    find_places(layout, field, &p);
    *out = layout;
    if (p.has_field) return true;
    size_t at = p.columns ? p.columns : p.sections_end ? p.sections_end : p.before ? p.before : layout.len, behind_it = at;
    if (p.empty_column.to) at = p.empty_column.to - 2; /* its "/>" becomes ">" */
    buf_add(&b, layout.ptr, at);
    if (p.empty_column.to) buf_add_byte(&b, '>');
    if (p.columns)
        add_item(&b, field);
    else
        add_section(&b, field);
    if (p.empty_column.to) buf_addz(&b, "</layoutColumns>");
    buf_add(&b, layout.ptr + behind_it, layout.len - behind_it);
    *out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out->len <= 4 << 20 || fault_user(f, 400, "The layout is larger than 4 MB; add the field to it by hand.");
}

/* ---- requests ---- */

struct str sf_layout_full_name(struct arena *a, struct str object, struct str ns, struct str layout)
{
    struct buf b = BUF_INIT;
    buf_addf(&b, "%.*s-", STR_ARG(object));
    if (ns.len) buf_addf(&b, "%.*s__", STR_ARG(ns));
    for (size_t i = 0; i < layout.len; i++) {
        unsigned char c = (unsigned char)layout.ptr[i];
        if (isalnum(c) || c >= 0x80 || c == ' ' || c == '_' || c == '-')
            buf_add_byte(&b, (char)c);
        else
            buf_addf(&b, "%%%02X", c);
    }
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

/* As jsforce writes it: the default namespace is the call's. */
static struct str envelope(struct arena *a, const char *call, struct str inside)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>"
                 "<soapenv:Envelope xmlns:soapenv=\"http://schemas.xmlsoap.org/soap/envelope/\" "
                 "xmlns:xsd=\"http://www.w3.org/2001/XMLSchema\" xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\">"
                 "<soapenv:Header xmlns=\"" METADATA "\"><SessionHeader><sessionId>" SF_SESSION
                 "</sessionId></SessionHeader></soapenv:Header><soapenv:Body xmlns=\"" METADATA "\">");
    buf_addf(&b, "<%s>", call);
    buf_add_str(&b, inside);
    buf_addf(&b, "</%s></soapenv:Body></soapenv:Envelope>", call);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

struct str sf_layout_read_body(struct arena *a, struct str full_name)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, "<type>Layout</type><fullNames>");
    sf_xml_escape(&b, full_name);
    buf_addz(&b, "</fullNames>");
    struct str out = envelope(a, "readMetadata", buf_str(&b));
    buf_finish(&b);
    return out;
}

struct str sf_layout_update_body(struct arena *a, struct str layout)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, "<metadata xsi:type=\"Layout\">");
    buf_add_str(&b, layout);
    buf_addz(&b, "</metadata>");
    struct str out = envelope(a, "updateMetadata", buf_str(&b));
    buf_finish(&b);
    return out;
}

bool sf_layout_update_read(struct str body, struct fault *f)
{
    struct _xmlDoc *doc = read_answer(body, f);
    if (!doc) return false;
    struct arena *a = arena_create(512);
    struct _xmlNode *result = sf_xml_child(sf_xml_find(sf_xml_root(doc), "updateMetadataResponse"), "result");
    struct str success = sf_xml_text(a, sf_xml_child(result, "success"));
    struct str why = sf_xml_text(a, sf_xml_child(sf_xml_child(result, "errors"), "message"));
    bool ok = str_eq(success, STR("true"));
    if (!ok && result)
        fault_user(f, 400, "Salesforce did not take the page layout: %.300s", why.len ? why.ptr : "it does not say why");
    else if (!ok)
        not_expected(doc, f);
    arena_destroy(&a);
    sf_xml_free(&doc);
    return ok;
}
