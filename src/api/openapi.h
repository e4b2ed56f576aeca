/* openapi.h: the schemas of openapi.def as YAML, for the document that openapi.c writes. Pure. */
#pragma once
#include "base/buf.h"
#include "base/str.h"

/* A line, indented by so many spaces: yaml_line(b, 4, "type: %s", "string"). */
void yaml_line(struct buf *b, int indent, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
/* key: "text", quoted. */
void yaml_text(struct buf *b, int indent, const char *key, struct str text);
/* What a type says of a value (openapi.def), as the lines below `schema:`. */
void openapi_type(struct buf *b, int indent, struct str type, bool may_be_null);
/* All rows of SCHEMA, below `schemas:`. */
void openapi_schemas(struct buf *b, int indent);
/* The whole document. */
void openapi_write(struct buf *b);
