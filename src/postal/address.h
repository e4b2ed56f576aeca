/* address.h: addresses offline: parsed, standardised to Publication 28, checked for what can be checked without licensed data
 * (specs: postal §4). No claim of deliverability is made. US and CA. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

enum address_country { ADDRESS_US, ADDRESS_CA, ADDRESS_OTHER };
struct address_in {
    struct str first_name, last_name, company, street, street2, city, state, zip, country;
};

enum address_warning {
    ADDRESS_WARN_ZIP_STATE = 1,
    ADDRESS_WARN_ZIP_PADDED = 2,
    ADDRESS_WARN_NO_NUMBER = 4,
    ADDRESS_WARN_UNIT_MISSING = 8
};
struct address {
    enum address_country country;
    struct str line[6]; /* recipient, company, (secondary,) primary, last line; standardised upper case; n_lines of them */
    int n_lines;
    struct str street, unit, city, state, zip5, zip4, dp; /* state: 2 letters; CA: zip5 holds "A1A 1A1" */
    char routing[12];                                     /* IMb routing: "", 5, 9 or 11 digits */
    unsigned warnings;
};
/* Fills `out` from the arena. FAULT_USER names the field and what is wrong: required fields, ZIP and state formats, text that
 * the address block cannot print. state: code or full name. zip: 5, 9 with or without dash, or 11 digits; 4 digits are padded
 * in states whose ZIPs begin with 0. Country: "", US, USA, United States …, CA, Canada; else refused. */
bool address_standardise(struct arena *a, const struct address_in *in, struct address *out, struct fault *f);
bool address_state_code(struct str s, enum address_country country, char out[3]); /* "california" → "CA" */
bool address_zip_is_valid(struct str zip, enum address_country country);
/* 16 bytes: digest of the standardised address and last name; one person at one address. */
void address_match_key(const struct address *ad, struct str last_name, uint8_t out[16]);
/* JSON one a line for `pennypost address`: fields as in the API in, standardised fields, lines, routing, warnings out. */
