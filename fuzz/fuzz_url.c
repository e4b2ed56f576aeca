/* fuzz_url.c: any bytes through decoding, encoding and parsing of addresses. What was encoded must decode to itself. */
#include "base/log.h"
#include "base/utf8.h"
#include "net/url.h"
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct arena *a = arena_create(1024);
    struct str s = str_make(data, n);
    struct url_parts parts;
    struct buf b = BUF_INIT;
    struct str decoded = url_decode(a, s, n & 1);
    ASSERT(!decoded.ptr || (decoded.len <= n && utf8_is_valid(decoded, NULL) && !memchr(decoded.ptr, '\0', decoded.len)));
    if (url_parse(s, &parts)) ASSERT(parts.host.len > 0 && parts.port > 0 && parts.port < 65536 && parts.path.ptr[0] == '/');
    url_encode(&b, s);
    struct str again = url_decode(a, buf_str(&b), false);
    bool is_text = n > 0 && utf8_is_valid(s, NULL) && !memchr(data, '\0', n);
    ASSERT(!is_text || str_eq(again, s));
    buf_finish(&b);
    arena_destroy(&a);
    return 0;
}
