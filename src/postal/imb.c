/* imb.c: the Intelligent Mail barcode, both ways (USPS-B-3200). The press encodes one for each piece, scans and tests decode.
 * No state, no allocation; any thread. What cannot be encoded or decoded is told by the result, and outputs stay as they were.
 */
#include "postal/imb.h"
#include "postal/imb_table.h"

typedef unsigned __int128 payload; /* 102 bits: routing, then the 20 tracking digits */

/* Routing codes of each length begin where the shorter ones end, so that one number tells length and digits. */
static const uint64_t first_of_5 = 1, first_of_9 = 100001, first_of_11 = 1000100001, end_of_11 = 101000100001;

static const struct {
    enum imb_result result;
    const char *text;
} texts[] = {
    {IMB_OK, "good"},
    {IMB_TRACKING_LENGTH, "the tracking code is not 20 digits long"},
    {IMB_TRACKING_DIGITS, "the tracking code holds something else than digits"},
    {IMB_SECOND_DIGIT, "the second digit of the tracking code is not 0 to 4"},
    {IMB_ROUTING_LENGTH, "the routing code is not 0, 5, 9 or 11 digits long"},
    {IMB_ROUTING_DIGITS, "the routing code holds something else than digits"},
    {IMB_NOT_A_CODE, "the bars are not an Intelligent Mail barcode"},
};

const char *imb_result_text(enum imb_result r)
{
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
        if (texts[i].result == r) return texts[i].text;
    return "unknown result";
}

static bool all_digits(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
    return true;
}

static uint64_t number(const char *digits, size_t n)
{
    uint64_t v = 0;
    for (size_t i = 0; i < n; i++) v = v * 10 + (uint64_t)(digits[i] - '0');
    return v;
}

/* The order of the checks is that of the USPS encoder, so that the codes agree; it does not count blanks at either end. */
static enum imb_result check(struct str tracking, struct str routing)
{
    if (tracking.len != 20 || tracking.ptr[0] == ' ' || tracking.ptr[19] == ' ') return IMB_TRACKING_LENGTH;
    if (!all_digits(tracking)) return IMB_TRACKING_DIGITS;
    if (tracking.ptr[1] > '4') return IMB_SECOND_DIGIT;
    if (routing.len != 0 && routing.len != 5 && routing.len != 9 && routing.len != 11) return IMB_ROUTING_LENGTH;
    return all_digits(routing) ? IMB_OK : IMB_ROUTING_DIGITS;
}

static payload payload_of(struct str tracking, struct str routing)
{
    uint64_t v = routing.len ? number(routing.ptr, routing.len) : 0;
    v += routing.len == 11 ? first_of_11 : routing.len == 9 ? first_of_9 : routing.len == 5 ? first_of_5 : 0;
    v = (v * 10 + (uint64_t)(tracking.ptr[0] - '0')) * 5 + (uint64_t)(tracking.ptr[1] - '0');
    return (payload)v * 1000000000000000000u + number(tracking.ptr + 2, 18);
}

/* 11 bits over the payload's 102: six bits singly, then twelve bytes. */
static unsigned frame_check(payload v, const struct imb_table *t)
{
    unsigned fcs = IMB_FCS_MASK;
    for (int bit = 101; bit >= 96; bit--) {
        unsigned high = ((fcs >> 10) ^ (unsigned)(v >> bit)) & 1;
        fcs = (fcs << 1) ^ (high ? IMB_FCS_POLYNOMIAL : 0);
        fcs &= IMB_FCS_MASK;
    }
    for (int shift = 88; shift >= 0; shift -= 8)
        fcs = ((fcs << 8) ^ t->fcs[((fcs >> 3) ^ (unsigned)(v >> shift)) & 0xFF]) & IMB_FCS_MASK;
    return fcs;
}

static void bars_of(const unsigned character[IMB_CHARACTERS], const struct imb_table *t, char bars[IMB_BARS + 1])
{
    for (int i = 0; i < IMB_BARS; i++) {
        unsigned down = (character[t->descender_character[i]] >> t->descender_bit[i]) & 1;
        unsigned up = (character[t->ascender_character[i]] >> t->ascender_bit[i]) & 1;
        bars[i] = "TDAF"[down | up << 1];
    }
    bars[IMB_BARS] = 0;
}

enum imb_result imb_encode(struct str tracking, struct str routing, char bars[IMB_BARS + 1])
{
    enum imb_result r = check(tracking, routing);
    if (r != IMB_OK) return r;
    const struct imb_table *t = imb_table_get();
    payload v = payload_of(tracking, routing);
    unsigned fcs = frame_check(v, t), codeword[IMB_CHARACTERS], character[IMB_CHARACTERS];
    codeword[9] = (unsigned)(v % 636) * 2;
    v /= 636;
    for (int i = 8; i > 0; i--) {
        codeword[i] = (unsigned)(v % IMB_CODEWORDS);
        v /= IMB_CODEWORDS;
    }
    codeword[0] = (unsigned)v + (fcs & 0x400 ? 659 : 0);
    for (int i = 0; i < IMB_CHARACTERS; i++) character[i] = t->character[codeword[i]] ^ ((fcs >> i) & 1 ? 0x1FFF : 0);
    bars_of(character, t, bars);
    return IMB_OK;
}

static bool characters_of(struct str bars, const struct imb_table *t, unsigned character[IMB_CHARACTERS])
{
    if (bars.len != IMB_BARS) return false;
    memset(character, 0, sizeof *character * IMB_CHARACTERS);
    for (int i = 0; i < IMB_BARS; i++) {
        char c = bars.ptr[i];
        if (c != 'T' && c != 'D' && c != 'A' && c != 'F') return false;
        if (c == 'D' || c == 'F') character[t->descender_character[i]] |= 1u << t->descender_bit[i];
        if (c == 'A' || c == 'F') character[t->ascender_character[i]] |= 1u << t->ascender_bit[i];
    }
    return true;
}

/* An inverted character has 8 or 11 bits set; that it was inverted is one bit of the check sequence. */
static bool codewords_of(unsigned character[IMB_CHARACTERS], const struct imb_table *t, unsigned codeword[IMB_CHARACTERS],
                         unsigned *fcs)
{
    *fcs = 0;
    for (int i = 0; i < IMB_CHARACTERS; i++) {
        if (__builtin_popcount(character[i]) >= 8) {
            *fcs |= 1u << i;
            character[i] ^= 0x1FFF;
        }
        int found = t->codeword[character[i]];
        if (found < 0) return false;
        codeword[i] = (unsigned)found;
    }
    if (codeword[0] >= 659) {
        *fcs |= 0x400;
        codeword[0] -= 659;
    }
    return codeword[0] < 659 && codeword[9] % 2 == 0 && codeword[9] / 2 < 636;
}

/* `n` digits with leading zeros; returns where the next ones go. */
static char *put_digits(char *to, uint64_t v, int n)
{
    for (int i = n - 1; i >= 0; i--, v /= 10) to[i] = (char)('0' + v % 10);
    return to + n;
}

static void digits_of(payload v, char tracking[21], char routing[12])
{
    uint64_t low = (uint64_t)(v % 1000000000000000000u), high = (uint64_t)(v / 1000000000000000000u);
    uint64_t route = high / 50;
    char *end = put_digits(tracking, high / 5 % 10 * 10 + high % 5, 2);
    *put_digits(end, low, 18) = 0;
    if (route >= first_of_11)
        *put_digits(routing, route - first_of_11, 11) = 0;
    else if (route >= first_of_9)
        *put_digits(routing, route - first_of_9, 9) = 0;
    else if (route >= first_of_5)
        *put_digits(routing, route - first_of_5, 5) = 0;
    else
        routing[0] = 0;
}

enum imb_result imb_decode(struct str bars, char tracking[21], char routing[12])
{
    const struct imb_table *t = imb_table_get();
    unsigned character[IMB_CHARACTERS], codeword[IMB_CHARACTERS], fcs;
    if (!characters_of(bars, t, character) || !codewords_of(character, t, codeword, &fcs)) return IMB_NOT_A_CODE;
    payload v = codeword[0];
    for (int i = 1; i < 9; i++) v = v * IMB_CODEWORDS + codeword[i];
    v = v * 636 + codeword[9] / 2;
    if (v >= (payload)end_of_11 * 50 * 1000000000000000000u || frame_check(v, t) != fcs) return IMB_NOT_A_CODE;
    digits_of(v, tracking, routing);
    return IMB_OK;
}

int64_t imb_serial_space(int64_t mid)
{
    if (mid > 0 && mid < 900000) return 1000000000;
    return mid >= 900000000 && mid <= 999999999 ? 1000000 : 0;
}

int64_t imb_test_serials(int64_t space) { return space / 100 * 99; }

bool imb_tracking(int barcode_id, int stid, int64_t mid, int64_t serial, char out[21])
{
    int64_t space = imb_serial_space(mid);
    if (barcode_id < 0 || barcode_id > 99 || barcode_id % 10 > 4 || stid < 0 || stid > 999) return false;
    if (serial < 0 || serial >= space) return false;
    int serial_digits = space == 1000000 ? 6 : 9;
    char *to = put_digits(out, (uint64_t)barcode_id, 2);
    to = put_digits(to, (uint64_t)stid, 3);
    to = put_digits(to, (uint64_t)mid, 15 - serial_digits);
    *put_digits(to, (uint64_t)serial, serial_digits) = 0;
    return true;
}
