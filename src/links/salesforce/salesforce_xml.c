/* salesforce_xml.c: XML from outside, read by libxml2. What could make a small text large, or fetch something, is refused before it is parsed:
 * a document type, an entity, another coding than UTF-8. So is what libxml2 would take too long for: it compares each attribute with all before it
 * on its element, and looks for a prefix among all that are declared around it. */
#include "links/salesforce/salesforce_xml.h"
#include "base/limits.h"
#include "base/utf8.h"
#include <libxml/parser.h>
#include <libxml/tree.h>
#include <stdio.h>

static bool holds(struct str s, const char *word) { return s.ptr && memmem(s.ptr, s.len, word, strlen(word)) != NULL; }

static void be_silent(void *ctx, const char *message, ...) { (void)ctx, (void)message; }

static bool is_plain(struct str body, struct fault *f)
{
    if (!body.len || body.len > INT32_MAX) return fault_user(f, 400, "The body is empty where XML is expected.");
    if (!body.ptr || memchr(body.ptr, 0, body.len) || !utf8_is_valid(body, NULL))
        return fault_user(f, 400, "The XML is not UTF-8.");
    if (holds(body, "<!DOCTYPE") || holds(body, "<!ENTITY"))
        return fault_user(f, 400, "XML with a document type or entities of its own is not taken.");
    return true;
}

/* Behind a comment, a CDATA section or an instruction that begins at `at`; `at` itself: it is a tag; NULL: it has no end. */
static const char *skip(const char *at, const char *end)
{
    static const struct {
        const char *begin, *end;
    } others[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        size_t n = strlen(others[i].begin), n_end = strlen(others[i].end);
        if (!str_starts(str_make(at, (size_t)(end - at)), str_of(others[i].begin))) continue;
        at = memmem(at + n, (size_t)(end - at) - n, others[i].end, n_end);
        return at ? at + n_end : NULL;
    }
    return at;
}

/* Counts what a tag holds. Its end; NULL: it has none, or another begins inside it, where libxml2 would go on. */
static const char *count_tag(const char *at, const char *end, int64_t *n_attributes, int64_t *n_namespaces)
{
    char quote = 0;
    *n_attributes = 0;
    for (at++; at < end && *at != '<'; at++) {
        if (quote) {
            if (*at == quote) quote = 0;
            continue;
        }
        if (*at == '>') return at + 1;
        if (*at == '"' || *at == '\'') quote = *at;
        *n_attributes += *at == '=';
        *n_namespaces += *at == 'x' && str_starts(str_make(at, (size_t)(end - at)), STR("xmlns"));
    }
    return NULL;
}

static bool is_bounded(struct str body, struct fault *f)
{
    int64_t most = limit_get(LIMIT_XML_ATTRIBUTES), most_namespaces = limit_get(LIMIT_XML_NAMESPACES), n, n_namespaces = 0;
    const char *end = body.ptr + body.len, *at = body.ptr, *next;
    while ((at = memchr(at, '<', (size_t)(end - at)))) {
        next = skip(at, end);
        if (next == at)
            next = count_tag(at, end, &n, &n_namespaces);
        else
            n = 0;
        if (n > most)
            return fault_user(f, 400, "An element of the XML has more than %lld attributes (xml.max_attributes).",
                              (long long)most);
        if (n_namespaces > most_namespaces)
            return fault_user(f, 400, "The XML declares more than %lld namespaces (xml.max_namespaces).",
                              (long long)most_namespaces);
        if (!next) return fault_user(f, 400, "The XML is broken: something in it does not end before the next begins.");
        at = next;
    }
    return true;
}

struct _xmlDoc *sf_xml_read(struct str body, struct fault *f)
{
    if (!is_plain(body, f) || !is_bounded(body, f)) return NULL;
    xmlParserCtxt *ctx = xmlNewParserCtxt();
    if (!ctx) {
        fault_ours(f, "libxml2 has no memory");
        return NULL;
    }
    ctx->sax->error = be_silent;
    xmlDoc *doc = xmlCtxtReadMemory(ctx, body.ptr, (int)body.len, NULL, "UTF-8",
                                    XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NOCDATA);
    if (!doc) {
        const xmlError *e = xmlCtxtGetLastError(ctx);
        const char *why = e && e->message ? e->message : "it cannot be read";
        fault_user(f, 400, "The XML is broken at line %d: %.*s.", e ? e->line : 0, (int)strcspn(why, "\n"), why);
    }
    xmlFreeParserCtxt(ctx);
    if (doc && (doc->intSubset || doc->extSubset)) {
        sf_xml_free(&doc);
        fault_user(f, 400, "XML with a document type is not taken.");
    }
    return doc;
}

void sf_xml_free(struct _xmlDoc **doc)
{
    if (*doc) xmlFreeDoc(*doc);
    *doc = NULL;
}

struct _xmlNode *sf_xml_root(struct _xmlDoc *doc) { return xmlDocGetRootElement(doc); }

static xmlNode *first_of(xmlNode *n, const char *name)
{
    for (; n; n = n->next)
        if (n->type == XML_ELEMENT_NODE && (!name || strcmp((const char *)n->name, name) == 0)) return n;
    return NULL;
}

struct _xmlNode *sf_xml_child(const struct _xmlNode *n, const char *name) { return n ? first_of(n->children, name) : NULL; }
struct _xmlNode *sf_xml_next(const struct _xmlNode *n, const char *name) { return n ? first_of(n->next, name) : NULL; }

struct _xmlNode *sf_xml_find(const struct _xmlNode *n, const char *name)
{
    for (xmlNode *c = sf_xml_child(n, NULL); c; c = sf_xml_next(c, NULL)) {
        if (strcmp((const char *)c->name, name) == 0) return c;
        xmlNode *deeper = sf_xml_find(c, name); /* libxml2 has bounded the depth */
        if (deeper) return deeper;
    }
    return NULL;
}

const char *sf_xml_name(const struct _xmlNode *n) { return (const char *)n->name; }

struct str sf_xml_text(struct arena *a, const struct _xmlNode *n)
{
    if (!n) return STR_NULL;
    xmlChar *text = xmlNodeGetContent((const xmlNode *)n);
    struct str out = text ? arena_str(a, str_of((const char *)text)) : STR("");
    xmlFree(text);
    return out;
}

void sf_xml_escape(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.ptr[i]) {
        case '&': buf_addz(b, "&amp;"); break;
        case '<': buf_addz(b, "&lt;"); break;
        case '>': buf_addz(b, "&gt;"); break;
        default: buf_add_byte(b, text.ptr[i]);
        }
    }
}
