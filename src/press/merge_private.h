/* merge_private.h: shared by merge_scan.c (finds the tags), merge_compile.c (makes the program), merge_escape.c and
 * merge_run.c (runs it). */
#pragma once
#include "lql/cond.h"
#include "press/html_scan.h"
#include "press/merge.h"

enum merge_tag_kind { TAG_FIELD, TAG_PURL, TAG_QR, TAG_IF, TAG_ELSEIF, TAG_ELSE, TAG_ENDIF };
struct merge_tag {
    enum merge_tag_kind kind;
    struct str name;       /* of a field, as written */
    struct str by_default; /* ptr NULL: none */
    struct str condition;
    double size_px; /* of a QR code; 0: its own */
};
/* `inside` is what stands between {{ and }}. */
bool merge_tag_parse(struct arena *a, struct str inside, struct merge_tag *tag, struct fault *f);

enum merge_escape {
    ESCAPE_HTML,
    ESCAPE_CSS,
    ESCAPE_CSS_BARE, /* style= without quotes */
    ESCAPE_BARE,     /* attribute without quotes */
    ESCAPE_COMMENT
};
enum merge_op_kind { OP_TEXT, OP_FIELD, OP_PURL, OP_QR, OP_UNLESS /* goes to target when the condition is false */, OP_JUMP };
struct merge_op {
    enum merge_op_kind kind;
    enum merge_escape escape;
    bool is_whole_value; /* the whole of an attribute without quotes */
    bool must_fill;      /* an empty value would let what follows begin something else: it becomes a space */
    bool has_default;
    int field;       /* index of its value; -1: there is no such field */
    int name;        /* index in names */
    struct str text; /* OP_TEXT; a field's default */
    const struct cond *condition;
    int target;
    double size_px;
};
struct merge {
    struct merge_op *ops;
    int n_ops;
    struct str *names; /* as first written */
    int n_names;
    bool strict, uses_purl, head_varies;
};
void merge_escape_add(struct buf *out, struct str value, enum merge_escape how);
