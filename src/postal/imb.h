/* imb.h: the Intelligent Mail barcode, both ways (USPS-B-3200, 2015). 65 bars, one letter each: T tracker, D descender, A
 * ascender, F full. */
#pragma once
#include "base/str.h"

#define IMB_BARS 65
/* USPS result codes; the numbers are those of the USPS encoder. */
enum imb_result {
    IMB_OK = 0,
    IMB_TRACKING_LENGTH = 9,
    IMB_TRACKING_DIGITS = 10,
    IMB_SECOND_DIGIT = 11,
    IMB_ROUTING_LENGTH = 12,
    IMB_ROUTING_DIGITS = 13,
    IMB_NOT_A_CODE = 20 /* decode only */
};
const char *imb_result_text(enum imb_result r);

/* tracking: 20 digits; routing: 0, 5, 9 or 11 digits. bars gets 65 letters and a NUL. */
enum imb_result imb_encode(struct str tracking, struct str routing, char bars[IMB_BARS + 1]);
/* The reverse; every single-bar error is detected. tracking gets 20 digits, routing 0-11, each with a NUL. */
enum imb_result imb_decode(struct str bars, char tracking[21], char routing[12]);

/* The 20 digits from their parts. mid 1 to 899999 (six digits, 9-digit serial) or 900000000 to 999999999 (6-digit serial): the
 * first digit tells which, so a six-digit one never begins with 9. False when a part is out of range. */
bool imb_tracking(int barcode_id, int stid, int64_t mid, int64_t serial, char out[21]);
int64_t imb_serial_space(int64_t mid); /* 10^9, 10^6; 0: not a mailer id */
/* The first of the serials that test mode and specimens print, so that no live piece carries one: the last hundredth of a space
 * (specs: schema §4). */
int64_t imb_test_serials(int64_t space);
