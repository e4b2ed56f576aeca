/* imb_table.c: makes the tables of USPS-B-3200 (appendix D and E) at first use. Thread-safe; cannot fail; lives as long as the
 * process. Called by imb.c. */
#include "postal/imb_table.h"
#include <pthread.h>

static struct imb_table table;
static pthread_once_t once = PTHREAD_ONCE_INIT;

/* Table IV turned round: bit b of character c goes to place[13 c + b]. 1-65: the descenders of bars 1-65; 66-130: the
 * ascenders. */
static const uint8_t place[IMB_CHARACTERS * IMB_CHARACTER_BITS] = {
    67,  6,   78,  16,  86,  95,  34,  40,  45, 113, 117, 121, 62,  /* A */
    87,  18,  104, 41,  76,  57,  119, 115, 72, 97,  2,   127, 26,  /* B */
    105, 35,  122, 52,  114, 7,   24,  82,  68, 63,  94,  44,  77,  /* C */
    112, 70,  100, 39,  30,  107, 15,  125, 85, 10,  65,  54,  88,  /* D */
    20,  106, 46,  66,  8,   116, 29,  61,  99, 80,  90,  37,  123, /* E */
    51,  25,  84,  129, 56,  4,   109, 96,  28, 36,  47,  11,  71,  /* F */
    33,  102, 21,  9,   17,  49,  124, 79,  64, 91,  42,  69,  53,  /* G */
    60,  14,  1,   27,  103, 126, 75,  89,  50, 120, 19,  32,  110, /* H */
    92,  111, 130, 59,  31,  12,  81,  43,  55, 5,   74,  22,  101, /* I */
    128, 58,  118, 48,  108, 38,  98,  93,  23, 83,  13,  73,  3,   /* J */
};

static unsigned reversed(unsigned v)
{
    unsigned r = 0;
    for (int i = 0; i < IMB_CHARACTER_BITS; i++) r |= ((v >> i) & 1u) << (IMB_CHARACTER_BITS - 1 - i);
    return r;
}

/* Values with `bits` bits set, in the order of the standard: pairs (value, mirror image) from the front, palindromes from the
 * end. */
static void fill_characters(uint16_t *to, int n, int bits)
{
    int front = 0, back = n - 1;
    for (unsigned v = 0; v < 8192; v++) {
        unsigned mirror = reversed(v);
        if (__builtin_popcount(v) != bits || mirror < v) continue;
        if (mirror == v) {
            to[back--] = (uint16_t)v;
        } else {
            to[front++] = (uint16_t)v;
            to[front++] = (uint16_t)mirror;
        }
    }
}

static void fill_fcs(void)
{
    for (unsigned byte = 0; byte < 256; byte++) {
        unsigned fcs = byte << 3;
        for (int i = 0; i < 8; i++) fcs = fcs & 0x400 ? (fcs << 1) ^ IMB_FCS_POLYNOMIAL : fcs << 1;
        table.fcs[byte] = (uint16_t)(fcs & IMB_FCS_MASK);
    }
}

static void fill_bars(void)
{
    for (int i = 0; i < IMB_CHARACTERS * IMB_CHARACTER_BITS; i++) {
        int bar = (place[i] - 1) % 65;
        uint8_t character = (uint8_t)(i / IMB_CHARACTER_BITS), bit = (uint8_t)(i % IMB_CHARACTER_BITS);
        if (place[i] <= 65)
            table.descender_character[bar] = character, table.descender_bit[bar] = bit;
        else
            table.ascender_character[bar] = character, table.ascender_bit[bar] = bit;
    }
}

static void fill(void)
{
    fill_characters(table.character, IMB_FIVE_OF_13, 5);
    fill_characters(table.character + IMB_FIVE_OF_13, IMB_CODEWORDS - IMB_FIVE_OF_13, 2);
    for (int i = 0; i < 8192; i++) table.codeword[i] = -1;
    for (int i = 0; i < IMB_CODEWORDS; i++) table.codeword[table.character[i]] = (int16_t)i;
    fill_fcs();
    fill_bars();
}

const struct imb_table *imb_table_get(void)
{
    pthread_once(&once, fill);
    return &table;
}
