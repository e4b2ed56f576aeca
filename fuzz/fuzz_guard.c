/* fuzz_guard.c: header fields through the guard: the input's lines are "name:value"; the first byte says the version. What the
 * guard lets pass must be framed in one way only, as this file counts it anew. */
#include "base/log.h"
#include "net/http_guard.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    if (n == 0) return 0;
    struct http_guard g = {.is_http_11 = data[0] & 1};
    int lengths = 0, encodings = 0, hosts = 0;
    struct str rest = str_make(data + 1, n - 1);
    while (rest.ptr) {
        struct str value, line = str_cut(rest, '\n', &rest);
        struct str name = str_cut(line, ':', &value);
        if (!value.ptr) value = STR("");
        lengths += str_eq_nocase(name, STR("Content-Length"));
        encodings += str_eq_nocase(name, STR("Transfer-Encoding"));
        hosts += str_eq_nocase(name, STR("Host"));
        http_guard_field(&g, name, value);
    }
    if (http_guard_end(&g)) return 0;
    ASSERT(lengths + encodings <= 1 && hosts <= 1);
    ASSERT(!g.is_http_11 || hosts == 1);
    ASSERT(g.is_http_11 || encodings == 0);
    return 0;
}
