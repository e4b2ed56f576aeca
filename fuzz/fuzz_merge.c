/* fuzz_merge.c: any source is compiled; what compiles is run with values that try to leave their place. Two properties hold:
 * the scan of the output ends where the same scan ends with harmless values, and splitting never reads beyond. */
#include "base/buf.h"
#include "base/log.h"
#include "press/html_scan.h"
#include "press/merge.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct html_scan scan_of(struct str text)
{
    struct html_scan s = {0};
    for (size_t i = 0; i < text.len; i++) html_scan_feed(&s, text.ptr[i]);
    if (html_scan_place(&s) == HTML_BARE_VALUE)
        html_scan_feed(&s, ' '); /* an empty value at the very end has its quotes closed */
    return s;
}

static bool output_of(const struct merge *m, int n, struct str value, struct arena *a, struct buf *out)
{
    struct str *values = ARENA_ARRAY(a, struct str, n + 1);
    struct fault f;
    for (int i = 0; i < n; i++) values[i] = value;
    return merge_run(m, &(struct merge_input){values, n, STR("https://x.test/p/a")}, out, &f);
}

/* A value that is harmless, one that tries to leave, an empty one. Conditions may take another branch, but all branches end in
 * the same place. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(1 << 14);
    struct fault f;
    const struct str *names;
    struct merge_options o = {.fields = NULL};
    const struct merge *m = merge_compile(a, str_make(data, size), &o, &f);
    static const struct str values[] = {STR("x"), STR("\"'><!-- --></style></title>`=\\ x{}/*-"), STR("")};
    struct html_scan first = {0};
    for (int i = 0; m && i < 3; i++) {
        struct buf out = BUF_INIT;
        struct html_parts parts;
        if (output_of(m, merge_names(m, &names), values[i], a, &out)) {
            struct html_scan at = scan_of(buf_str(&out));
            if (i == 0) first = at;
            ASSERT(html_scan_place(&at) == html_scan_place(&first));
            html_split(a, buf_str(&out), &parts);
        }
        buf_finish(&out);
    }
    arena_destroy(&a);
    return 0;
}
