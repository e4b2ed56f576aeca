/* merge.h: the merge language: {{first_name}}, {{First Name}}, {{var_field_7|there}} (default), {{name default="there"}}, {{IF
 * cond}}…{{ELSE}}…{{ENDIF}} (cond: lql/cond.h; also {{ELSEIF cond}}), {{purl}}, {{qr}} ({{qr size="0.8in"}}). Words of the
 * language in any case. A source is compiled once; a compiled merge is read-only and may be shared by threads.
 *
 * Output is HTML, and the value is escaped for the place it stands in: element text and quoted attributes as HTML; inside
 * <style> and style="" as CSS; inside <script> the creative is refused. "{{" that opens nothing of ours is an error with line
 * and column. */
#pragma once
#include "base/buf.h"
#include "base/arena.h"
#include "base/fault.h"
#include "press/fields.h"

struct merge;
struct merge_options {
    const struct field_set *fields; /* NULL: any name is taken; see merge_names() */
    bool strict; /* a field that is not in `fields` refuses the source; an empty value without default refuses the piece */
};
/* FAULT_USER: "line 12, column 8: {{IF}} is never closed by {{ENDIF}}". */
struct merge *merge_compile(struct arena *a, struct str source, const struct merge_options *o, struct fault *f);

struct merge_input {
    const struct str *values; /* by field index */
    int n_values;
    struct str purl; /* full address; QR is made of it */
};
/* False: the piece is refused (FAULT_USER: which field is missing or too long). Adds to `out`. */
bool merge_run(const struct merge *m, const struct merge_input *in, struct buf *out, struct fault *f);
/* Fields that the source uses, as written; for reports and for choosing columns. */
int merge_names(const struct merge *m, const struct str **names);
bool merge_uses_purl(const struct merge *m); /* purl or qr */
/* True when the field is used inside a style sheet or attribute: these recipients cannot share one document head. */
bool merge_head_varies(const struct merge *m);
