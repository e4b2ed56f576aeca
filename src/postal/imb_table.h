/* imb_table.h: the fixed tables of the Intelligent Mail barcode, for imb.c alone. Made once, read-only afterwards. */
#pragma once
#include <stdint.h>

#define IMB_CHARACTERS     10 /* A to J */
#define IMB_CHARACTER_BITS 13
#define IMB_FIVE_OF_13     1287 /* codewords below this have five bits set, the rest two */
#define IMB_CODEWORDS      1365
#define IMB_FCS_MASK       0x7FF
#define IMB_FCS_POLYNOMIAL 0xF35

struct imb_table {
    uint16_t character[IMB_CODEWORDS]; /* codeword to 13 bits */
    int16_t codeword[8192];            /* the reverse; -1: no such character */
    uint16_t fcs[256];                 /* the check sequence's remainder of one byte */
    /* where each bar's descender and ascender come from */
    uint8_t descender_character[65], descender_bit[65], ascender_character[65], ascender_bit[65];
};
const struct imb_table *imb_table_get(void);
