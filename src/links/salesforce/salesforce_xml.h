/* salesforce_xml.h: XML from outside, without DTD, entities of its own, and network. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"

struct _xmlDoc;
struct _xmlNode;
struct _xmlDoc *sf_xml_read(struct str body, struct fault *f); /* NULL: FAULT_USER 400 */
void sf_xml_free(struct _xmlDoc **doc);
struct _xmlNode *sf_xml_root(struct _xmlDoc *doc);
/* The first element inside, or behind, of that local name whatever its prefix (NULL: of any name); NULL: none. */
struct _xmlNode *sf_xml_child(const struct _xmlNode *n, const char *name);
struct _xmlNode *sf_xml_next(const struct _xmlNode *n, const char *name);
struct _xmlNode *sf_xml_find(const struct _xmlNode *n, const char *name); /* at any depth below */
const char *sf_xml_name(const struct _xmlNode *n);                        /* local */
struct str sf_xml_text(struct arena *a, const struct _xmlNode *n);        /* STR_NULL for NULL */
void sf_xml_escape(struct buf *b, struct str text);
