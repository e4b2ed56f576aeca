/* merge_run.c: the compiled merge for one recipient. Reads only the program and the input, so threads may share a program. */
#include "base/limits.h"
#include "base/utf8.h"
#include "press/merge_private.h"
#include "press/qr.h"

static bool field_run(const struct merge *m, const struct merge_op *op, const struct merge_input *in, struct buf *out,
                      struct fault *f)
{
    struct str value = op->field >= 0 && op->field < in->n_values ? in->values[op->field] : STR_NULL;
    struct str name = m->names[op->name];
    bool is_empty = str_trim(value).len == 0;
    if (is_empty && m->strict && !op->has_default) return fault_user(f, 422, "the field %.*s is empty", STR_ARG(name));
    if (is_empty) value = op->text;
    if (value.len > (size_t)limit_get(LIMIT_MERGE_MAX_VALUE_BYTES))
        return fault_user(f, 413, "the field %.*s has %zu bytes; %lld are allowed", STR_ARG(name), value.len,
                          (long long)limit_get(LIMIT_MERGE_MAX_VALUE_BYTES));
    if (!utf8_is_valid(value, NULL)) return fault_user(f, 422, "the field %.*s is not UTF-8", STR_ARG(name));
    if (value.len == 0 && op->is_whole_value)
        buf_addz(out, "\"\"");
    else if (value.len == 0 && op->must_fill)
        buf_addz(out, op->escape == ESCAPE_COMMENT ? " " : "&#32;");
    else
        merge_escape_add(out, value, op->escape);
    return true;
}

/* Presentation attributes only, so that the creative's own style sheet may size and place it. */
static bool qr_run(const struct merge_op *op, struct str purl, struct buf *out, struct fault *f)
{
    struct qr qr;
    if (!qr_encode(purl, &qr, f)) return false;
    double size = op->size_px > 0 ? op->size_px : 96;
    buf_addz(out, "<svg class=\"qr\" width=\"");
    buf_add_fixed(out, size, 3);
    buf_addz(out, "\" height=\"");
    buf_add_fixed(out, size, 3);
    buf_addf(out, "\" viewBox=\"0 0 %d %d\" shape-rendering=\"crispEdges\"><path d=\"", qr.size + 8, qr.size + 8);
    qr_svg_path(out, &qr);
    buf_addz(out, "\"/></svg>");
    return true;
}

static bool value_run(const struct merge *m, const struct merge_op *op, const struct merge_input *in, struct buf *out,
                      struct fault *f)
{
    if (op->kind == OP_FIELD) return field_run(m, op, in, out, f);
    if (in->purl.len == 0)
        return fault_user(f, 422, "the piece has no personal address for {{%s}}", op->kind == OP_QR ? "qr" : "purl");
    if (op->kind == OP_QR) return qr_run(op, in->purl, out, f);
    merge_escape_add(out, in->purl, op->escape);
    return true;
}

bool merge_run(const struct merge *m, const struct merge_input *in, struct buf *out, struct fault *f)
{
    size_t most = (size_t)limit_get(LIMIT_MERGE_MAX_OUTPUT_BYTES), begin = out->len;
    for (int i = 0; i < m->n_ops;) {
        const struct merge_op *op = &m->ops[i++];
        if (op->kind == OP_TEXT)
            buf_add_str(out, op->text);
        else if (op->kind == OP_JUMP)
            i = op->target;
        else if (op->kind == OP_UNLESS)
            i = cond_run(op->condition, in->values, in->n_values) ? i : op->target;
        else if (!value_run(m, op, in, out, f))
            return false;
        if (out->len - begin > most || out->overflow)
            return fault_user(f, 413, "the merged piece has more than %zu bytes", most);
    }
    return true;
}
