/* fuzz_cond.c: lines: a condition, then the values of fields a to h. The first byte says whether unknown fields are let pass.
 * A refusal must be a sentence; what compiles must give the opposite under NOT, and again the same when run again. */
#include "base/log.h"
#include "base/utf8.h"
#include "lql/cond.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { FIELDS = 8 };

static int field(void *ctx, struct str name)
{
    (void)ctx;
    return name.len == 1 && name.ptr[0] >= 'a' && name.ptr[0] < 'a' + FIELDS ? name.ptr[0] - 'a' : -1;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return 0;
    struct arena *a = arena_create(4096);
    struct str values[FIELDS], rest, text = str_cut(str_make(data + 1, size - 1), '\n', &rest);
    for (int i = 0; i < FIELDS; i++) values[i] = rest.ptr ? str_cut(rest, '\n', &rest) : STR_NULL;
    struct fault f = {0};
    struct cond *c = cond_compile(a, text, field, NULL, data[0] & 1, &f);
    if (!c) {
        ASSERT(f.whose == FAULT_USER && f.text[0] && utf8_is_valid(str_of(f.text), NULL));
    } else {
        bool result = cond_run(c, values, FIELDS);
        ASSERT(result == cond_run(c, values, FIELDS));
        struct str not = str_of(arena_printf(a, "NOT (%.*s)", STR_ARG(text)));
        struct cond *opposite = cond_compile(a, not, field, NULL, data[0] & 1, &f);
        ASSERT(!opposite || cond_run(opposite, values, FIELDS) != result); /* NULL: past a limit now */
        cond_run(c, values, 0);
    }
    ASSERT(arena_bytes(a) < 1 << 20 || size > 4096);
    arena_destroy(&a);
    return 0;
}
