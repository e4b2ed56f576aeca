/* address.c: one address from the fields people give to the block that is printed and the routing code of its barcode. Called
 * when contacts are taken in, when sends are asked for and by the command line. Everything lives in the caller's arena;
 * FAULT_USER names the field. No claim is made that mail can be delivered there. */
#include "postal/address_table.h"
#include "base/buf.h"
#include "base/digest.h"
#include "base/utf8.h"

enum { LINE_MAX_CHARACTERS = 40 }; /* street and unit on one line up to here (Publication 28, 213) */

/* These two are compared and counted as they stand; they are also quoted in refusals, so they must be text first. */
static bool is_text(struct str s, const char *field, struct fault *f)
{
    if (!utf8_is_valid(s, NULL)) return fault_user(f, 400, "%s: not valid UTF-8 text", field);
    return !utf8_has_control(s) || fault_user(f, 400, "%s: a control character cannot be printed", field);
}

static struct str shown(struct str s)
{
    struct str rest = s;
    for (int i = 0; i < 40 && rest.len; i++) utf8_next(&rest);
    return str_make(s.ptr, s.len - rest.len);
}

static bool country_of(struct str s, enum address_country *out, struct fault *f)
{
    static const char *const us[] = {"", "US", "USA", "U.S.", "U.S.A.", "UNITED STATES", "UNITED STATES OF AMERICA"};
    static const char *const ca[] = {"CA", "CAN", "CANADA"};
    struct str name = str_trim(s);
    if (!is_text(name, "country", f)) return false;
    for (size_t i = 0; i < sizeof us / sizeof *us; i++)
        if (str_eq_nocase(name, str_of(us[i]))) return *out = ADDRESS_US, true;
    for (size_t i = 0; i < sizeof ca / sizeof *ca; i++)
        if (str_eq_nocase(name, str_of(ca[i]))) return *out = ADDRESS_CA, true;
    return fault_user(f, 400, "country: \"%.*s\" is not served; only the United States and Canada are", STR_ARG(shown(name)));
}

/* ZIP's digits: 5, 9 or 11 of them; dashes (or a blank) only after the fifth and the ninth. 0: not a ZIP. */
static size_t us_digits(struct str zip, char digits[12])
{
    size_t n = 0;
    zip = str_trim(zip);
    for (size_t i = 0; i < zip.len; i++) {
        char c = zip.ptr[i];
        bool may_part = (n == 5 || n == 9) && i > 0 && zip.ptr[i - 1] != '-' && zip.ptr[i - 1] != ' ' && i + 1 < zip.len;
        if ((c == '-' || c == ' ') && may_part) continue;
        if (c < '0' || c > '9' || n == 11) return 0;
        digits[n++] = c;
    }
    digits[n] = 0;
    return n == 4 || n == 5 || n == 9 || n == 11 ? n : 0;
}

static bool ca_code(struct str zip, char code[8])
{
    char c[6];
    size_t n = 0;
    zip = str_trim(zip);
    for (size_t i = 0; i < zip.len; i++) {
        if (n == 3 && (zip.ptr[i] == ' ' || zip.ptr[i] == '-') && i == 3) continue;
        if (n == 6) return false;
        char letter = zip.ptr[i];
        c[n++] = letter >= 'a' && letter <= 'z' ? (char)(letter - 32) : letter;
    }
    if (n != 6) return false;
    for (size_t i = 0; i < 6; i++) {
        const char *allowed = i % 2 ? "0123456789" : i == 0 ? "ABCEGHJKLMNPRSTVXY" : "ABCEGHJKLMNPRSTVWXYZ";
        if (!c[i] || !strchr(allowed, c[i])) return false;
    }
    memcpy(code, c, 3), code[3] = ' ', memcpy(code + 4, c + 3, 3), code[7] = 0;
    return true;
}

bool address_zip_is_valid(struct str zip, enum address_country country)
{
    char text[12];
    if (country == ADDRESS_CA) return ca_code(zip, text);
    return country == ADDRESS_US && us_digits(zip, text) >= 5;
}

static bool zip_us(struct arena *a, struct str zip, struct address *ad, struct fault *f)
{
    char digits[12];
    size_t n = us_digits(zip, digits);
    if (n == 4 && address_state_has_leading_zero(ad->state.ptr)) {
        memmove(digits + 1, digits, 5);
        digits[0] = '0', n = 5;
        ad->warnings |= ADDRESS_WARN_ZIP_PADDED;
    }
    if (n < 5) return fault_user(f, 400, "zip: \"%.*s\" is not a ZIP code; expected 5, 9 or 11 digits", STR_ARG(shown(zip)));
    struct str all = arena_str(a, str_make(digits, n));
    ad->zip5 = str_make(all.ptr, 5);
    ad->zip4 = n >= 9 ? str_make(all.ptr + 5, 4) : STR("");
    ad->dp = n == 11 ? str_make(all.ptr + 9, 2) : STR("");
    memcpy(ad->routing, digits, n + 1);
    return true;
}

static bool zip_ca(struct arena *a, struct str zip, struct address *ad, struct fault *f)
{
    char code[8];
    if (!ca_code(zip, code))
        return fault_user(f, 400, "zip: \"%.*s\" is not a Canadian postal code; expected the form A1A 1A1",
                          STR_ARG(shown(zip)));
    ad->zip5 = arena_str(a, str_of(code));
    ad->zip4 = ad->dp = STR("");
    return true;
}

static bool place(struct arena *a, const struct address_in *in, struct address *ad, struct fault *f)
{
    char code[3];
    bool ok = true;
    ad->city = address_fold(a, in->city, "city", &ok, f);
    struct str state = address_fold(a, in->state, "state", &ok, f);
    if (!ok) return false;
    if (ad->city.len == 0) return fault_user(f, 400, "city: is missing");
    if (state.len == 0) return fault_user(f, 400, "state: is missing");
    if (!address_state_code(state, ad->country, code))
        return fault_user(f, 400, "state: \"%.*s\" is not a %s", STR_ARG(state),
                          ad->country == ADDRESS_CA ? "province of Canada" : "state of the United States");
    ad->state = arena_str(a, str_of(code));
    if (!is_text(in->zip, "zip", f)) return false;
    if (str_is_empty(str_trim(in->zip))) return fault_user(f, 400, "zip: is missing");
    if (!(ad->country == ADDRESS_CA ? zip_ca(a, in->zip, ad, f) : zip_us(a, in->zip, ad, f))) return false;
    if (!address_zip_is_in_state(ad->zip5, ad->state.ptr, ad->country)) ad->warnings |= ADDRESS_WARN_ZIP_STATE;
    return true;
}

/* A dash alone is how people get past a form that insists on the second line. */
static bool says_nothing(struct str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] != '-' && s.ptr[i] != '#' && s.ptr[i] != '/' && s.ptr[i] != ' ') return false;
    return true;
}

static bool street(struct arena *a, const struct address_in *in, struct address *ad, struct fault *f)
{
    bool ok = true;
    struct str first = address_fold(a, in->street, "street", &ok, f), second = address_fold(a, in->street2, "street2", &ok, f);
    if (!ok) return false;
    if (says_nothing(first)) return fault_user(f, 400, "street: is missing");
    ad->street = address_street(a, first, &ad->unit, &ad->warnings);
    if (!says_nothing(second)) {
        second = address_secondary(a, second, &ad->warnings);
        ad->unit = ad->unit.ptr ? str_of(arena_printf(a, "%.*s %.*s", STR_ARG(ad->unit), STR_ARG(second))) : second;
    }
    if (!ad->unit.ptr) ad->unit = STR("");
    return true;
}

static void add_line(struct address *ad, struct str s)
{
    if (s.len) ad->line[ad->n_lines++] = s;
}

static void last_lines(struct arena *a, struct address *ad)
{
    if (ad->unit.len && ad->street.len + 1 + ad->unit.len <= LINE_MAX_CHARACTERS) {
        add_line(ad, str_of(arena_printf(a, "%.*s %.*s", STR_ARG(ad->street), STR_ARG(ad->unit))));
    } else {
        add_line(ad, ad->unit);
        add_line(ad, ad->street);
    }
    add_line(ad, str_of(arena_printf(a, "%.*s %.*s  %.*s%s%.*s", STR_ARG(ad->city), STR_ARG(ad->state), STR_ARG(ad->zip5),
                                     ad->zip4.len ? "-" : "", STR_ARG(ad->zip4))));
}

bool address_standardise(struct arena *a, const struct address_in *in, struct address *out, struct fault *f)
{
    struct address ad = {0};
    bool ok = true;
    struct str first = address_fold(a, in->first_name, "first_name", &ok, f),
               last = address_fold(a, in->last_name, "last_name", &ok, f);
    struct str company = address_fold(a, in->company, "company", &ok, f);
    if (!ok) return false;
    if (says_nothing(first)) first = STR("");
    if (says_nothing(last)) last = STR("");
    if (says_nothing(company)) company = STR("");
    if (first.len + last.len + company.len == 0) return fault_user(f, 400, "last_name: a name or a company is needed");
    if (!country_of(in->country, &ad.country, f) || !street(a, in, &ad, f) || !place(a, in, &ad, f)) return false;
    add_line(&ad, first.len && last.len ? str_of(arena_printf(a, "%.*s %.*s", STR_ARG(first), STR_ARG(last)))
                  : first.len           ? first
                                        : last);
    add_line(&ad, company);
    last_lines(a, &ad);
    *out = ad;
    return true;
}

/* City and ZIP+4 stay out: the ZIP code says where it is, and both are written in several ways. */
void address_match_key(const struct address *ad, struct str last_name, uint8_t out[16])
{
    uint8_t sum[SHA256_BYTES];
    struct buf text = BUF_INIT, name = BUF_INIT;
    bool is_printable = address_fold_into(&name, last_name, "last_name", NULL);
    buf_addf(&text, "%d|%.*s|%.*s|%.*s|", (int)ad->country, STR_ARG(ad->street), STR_ARG(ad->unit), STR_ARG(ad->zip5));
    buf_add_str(&text, is_printable ? buf_str(&name) : last_name); /* one that cannot be printed still tells people apart */
    sha256(buf_str(&text), sum);
    memcpy(out, sum, 16);
    buf_finish(&name);
    buf_finish(&text);
}
