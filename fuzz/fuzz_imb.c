/* fuzz_imb.c: the first byte chooses what the rest is: bars as they stand, bars of four letters, or digits. What decodes must
 * encode to the same bars, what encodes must decode to the same digits, and one bar changed must be noticed. */
#include "base/log.h"
#include "postal/imb.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(struct str bars)
{
    char tracking[21], routing[12], again[IMB_BARS + 1];
    if (imb_decode(bars, tracking, routing) != IMB_OK) return;
    ASSERT(imb_encode(str_of(tracking), str_of(routing), again) == IMB_OK);
    ASSERT(str_eq(bars, str_of(again)));
}

static void decode_letters(const uint8_t *data, size_t size)
{
    char bars[IMB_BARS];
    for (size_t i = 0; i < IMB_BARS; i++) bars[i] = "TDAF"[i < size ? data[i] & 3 : 0];
    decode(str_make(bars, IMB_BARS));
}

static void encode(struct str tracking, struct str routing, uint8_t change)
{
    char bars[IMB_BARS + 1], t[21], r[12];
    if (imb_encode(tracking, routing, bars) != IMB_OK) return;
    ASSERT(strlen(bars) == IMB_BARS && imb_decode(str_make(bars, IMB_BARS), t, r) == IMB_OK);
    ASSERT(str_eq(str_of(t), tracking) && str_eq(str_of(r), routing));
    char *bar = &bars[change % IMB_BARS], other = "TDAF"[change & 3];
    if (other == *bar) return;
    *bar = other;
    ASSERT(imb_decode(str_make(bars, IMB_BARS), t, r) == IMB_NOT_A_CODE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2) return 0;
    struct str rest = str_make(data + 2, size - 2);
    if (data[0] % 3 == 0) decode(rest);
    if (data[0] % 3 == 1) decode_letters(data + 2, size - 2);
    size_t cut = rest.len < 20 ? rest.len : 20;
    if (data[0] % 3 == 2) encode(str_make(rest.ptr, cut), str_make(rest.ptr + cut, rest.len - cut), data[1]);
    return 0;
}
