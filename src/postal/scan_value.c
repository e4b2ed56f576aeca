/* scan_value.c: the texts of one row become a scan, or the reason why not. Called for each row of each reader; no state, no
 * allocation. */
#include "postal/scan_private.h"
#include "postal/imb.h"
#include "postal/scan_time.h"
#include "base/limits.h"
#include <stdarg.h>
#include <stdio.h>

#define FIRST_KEY INT64_C(1000000) /* facilities below it are ZIP codes */

static const char *const reasons[] = {
    "",
#define SCAN_REASON(ident, word) word,
#include "postal/scan_reason.def"
#undef SCAN_REASON
};
const char *scan_reason_word(int reason)
{
    return reason > 0 && reason < (int)(sizeof reasons / sizeof *reasons) ? reasons[reason] : "";
}

static const struct {
    const char *key, *words;
} phases[] = {
#define SCAN_PHASE(ident, key, words) {key, words},
#include "postal/scan_phase.def"
#undef SCAN_PHASE
};
const char *scan_phase_key(int phase) { return phase >= 0 && phase < SCAN_PHASES ? phases[phase].key : ""; }

static bool is_letter_or_digit(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9'); }
static char small(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

size_t scan_fold(struct str name, char out[48])
{
    size_t n = 0;
    for (size_t i = 0; i < name.len && n < 47; i++)
        if (is_letter_or_digit(name.ptr[i])) out[n++] = small(name.ptr[i]);
    out[n] = '\0';
    return n;
}

bool scan_is_one_of(struct str word, const char *words)
{
    for (struct str rest = str_of(words); rest.ptr;)
        if (str_eq(word, str_cut(rest, ' ', &rest))) return true;
    return false;
}

int scan_field_of(struct str name)
{
    static const char *const names[] = {
#define X(ident, words) words,
        SCAN_FIELD_LIST(X)
#undef X
    };
    char folded[48];
    struct str word = str_make(folded, scan_fold(name, folded));
    for (int i = 0; i < SCAN_FIELDS && word.len; i++)
        if (scan_is_one_of(word, names[i])) return i;
    return -1;
}

/* The phase whose number the text begins with: a digit, and maybe a letter. */
static enum scan_phase phase_by_number(struct str s)
{
    char letter = s.len > 1 ? small(s.ptr[1]) : '\0';
    if (letter < 'a' || letter > 'c') letter = '\0';
    for (int i = 1; i < SCAN_PHASES; i++)
        if (phases[i].key[0] == s.ptr[0] && phases[i].key[1] == letter) return (enum scan_phase)i;
    return SCAN_PHASE_NONE;
}

static struct str without(struct str s, const char *skip)
{
    while (s.len > 0 && s.ptr[0] && strchr(skip, s.ptr[0])) s = str_make(s.ptr + 1, s.len - 1);
    return s;
}

enum scan_phase scan_phase_of(struct str s)
{
    s = str_trim(s);
    if (s.len >= 5 && str_eq_nocase(str_make(s.ptr, 5), STR("phase"))) s = without(str_make(s.ptr + 5, s.len - 5), " ");
    if (s.len > 0 && s.ptr[0] >= '0' && s.ptr[0] <= '9') {
        enum scan_phase found = phase_by_number(s);
        if (found) return found;
        s = without(s, "0123456789abcABC"); /* a number we do not know: the words may tell */
        s = without(s, " -");
    }
    for (int i = 1; i < SCAN_PHASES && s.len; i++)
        if (str_eq_nocase(s, str_of(phases[i].words)) || str_eq_nocase(s, str_of(phases[i].key))) return (enum scan_phase)i;
    return SCAN_PHASE_NONE;
}

/* Up to 18 digits and nothing else. */
static bool number_of(struct str s, size_t most, int64_t *out)
{
    int64_t v = 0;
    if (s.len == 0 || s.len > most) return false;
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return false;
        v = v * 10 + (s.ptr[i] - '0');
    }
    *out = v;
    return true;
}

static bool code_refuse(const char **why, const char *what)
{
    *why = what;
    return false;
}

/* Twenty digits and maybe a routing code, checked as the encoder does. */
static bool code_of_digits(struct str s, struct scan_code *out, const char **why)
{
    int64_t head, mid, serial;
    if (s.len != 20 && s.len != 25 && s.len != 29 && s.len != 31)
        return code_refuse(why, "is not 20, 25, 29 or 31 digits long");
    for (size_t i = 20; i < s.len; i++)
        if (s.ptr[i] < '0' || s.ptr[i] > '9') return code_refuse(why, "holds something else than digits");
    size_t mid_digits = s.ptr[5] == '9' ? 9 : 6;
    if (!number_of(str_make(s.ptr, 5), 5, &head) || !number_of(str_make(s.ptr + 5, mid_digits), 9, &mid) ||
        !number_of(str_make(s.ptr + 5 + mid_digits, 15 - mid_digits), 9, &serial))
        return code_refuse(why, "holds something else than digits");
    if (s.ptr[1] > '4') return code_refuse(why, "has a second digit above 4");
    if (!imb_serial_space(mid)) return code_refuse(why, "holds no mailer id");
    *out = (struct scan_code){
        (int32_t)mid, (int32_t)serial, (int16_t)(head % 1000), (uint8_t)(head / 1000), s.len > 20,
    };
    return true;
}

bool scan_code_parse(struct str s, struct scan_code *out, const char **why)
{
    char packed[IMB_BARS + 1], tracking[21], routing[12];
    size_t n = 0;
    if (s.len == 20) return code_of_digits(s, out, why);
    for (size_t i = 0; i < s.len; i++) {
        if (s.ptr[i] == ' ' || s.ptr[i] == '-') continue;
        if (n == IMB_BARS) return code_refuse(why, "is longer than any barcode");
        packed[n++] = small(s.ptr[i]) >= 'a' && small(s.ptr[i]) <= 't' ? (char)(small(s.ptr[i]) - 32) : s.ptr[i];
    }
    if (n != IMB_BARS) return code_of_digits(str_make(packed, n), out, why);
    if (imb_decode(str_make(packed, n), tracking, routing) != IMB_OK) return code_refuse(why, "are not the bars of a barcode");
    if (!code_of_digits(str_make(tracking, 20), out, why)) return false;
    out->has_routing = routing[0] != '\0';
    return true;
}

int64_t scan_facility_of_zip(struct str zip)
{
    int64_t v;
    struct str rest, five = str_cut(zip, '-', &rest);
    if (!rest.ptr && zip.len == 9) five = str_make(zip.ptr, 5);
    return five.len >= 3 && number_of(five, 5, &v) ? v : 0; /* spreadsheets drop leading zeros */
}

/* In base 37, so that 0 never stands in front. */
int64_t scan_facility_of_key(struct str key)
{
    int64_t v = 0;
    if (key.len == 0 || key.len > 11) return 0;
    for (size_t i = 0; i < key.len; i++) {
        char c = key.ptr[i];
        if (!is_letter_or_digit(c)) return 0;
        v = v * 37 + (c <= '9' ? c - '0' + 1 : small(c) - 'a' + 11);
    }
    return FIRST_KEY + v;
}

int scan_facility_zip3(int64_t facility) { return facility > 0 && facility < 100000 ? (int)(facility / 100) : -1; }

void scan_facility_text(int64_t facility, char out[13])
{
    char letters[12];
    int n = 0;
    out[0] = '\0';
    if (facility > 0 && facility < 100000) snprintf(out, 13, "%05d", (int)facility);
    if (facility <= FIRST_KEY) return;
    for (int64_t v = facility - FIRST_KEY; v > 0 && n < 12; v /= 37)
        letters[n++] = " 0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v % 37];
    for (int i = 0; i < n; i++) out[i] = letters[n - 1 - i];
    out[n] = '\0';
}

struct scan_bounds scan_bounds_make(int64_t now_ms)
{
    return (struct scan_bounds){now_ms - limit_get(LIMIT_SCAN_OLDEST_DAYS) * 86400000,
                                now_ms + limit_get(LIMIT_SCAN_AHEAD_HOURS) * 3600000};
}

const char *scan_why_set(struct scan_why *w, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(w->text, sizeof w->text, fmt, ap);
    va_end(ap);
    return w->text;
}

struct scan_quote scan_quote(struct str s)
{
    struct scan_quote q;
    size_t n = s.len < 40 ? s.len : 40;
    for (size_t i = 0; i < n; i++) q.text[i] = s.ptr[i] >= ' ' && s.ptr[i] <= '~' ? s.ptr[i] : '?';
    memcpy(q.text + n, s.len > 40 ? "..." : "", s.len > 40 ? 4 : 1);
    return q;
}

/* From mailer id, serial number and service type in fields of their own. */
static bool code_of_parts(const struct scan_values *v, struct scan_code *out, enum scan_reason *reason, struct scan_why *why)
{
    int64_t mid, serial, stid = -1;
    struct str of_mid = v->v[SCAN_FIELD_MID], of_serial = v->v[SCAN_FIELD_SERIAL], of_stid = v->v[SCAN_FIELD_STID];
    if (!of_mid.len || !of_serial.len) {
        *reason = SCAN_REASON_NO_CODE;
        scan_why_set(why, "there is no barcode: neither its digits nor mailer id and serial number");
        return false;
    }
    *reason = SCAN_REASON_CODE;
    if (!number_of(of_mid, 9, &mid) || !imb_serial_space(mid)) {
        scan_why_set(why, "\"%s\" is not a mailer id", scan_quote(of_mid).text);
    } else if (!number_of(of_serial, 11, &serial) || serial >= imb_serial_space(mid)) {
        scan_why_set(why, "\"%s\" is not a serial number of mailer id %lld", scan_quote(of_serial).text, (long long)mid);
    } else if (of_stid.len && !number_of(of_stid, 3, &stid)) {
        scan_why_set(why, "\"%s\" is not a service type", scan_quote(of_stid).text);
    } else {
        *out = (struct scan_code){(int32_t)mid, (int32_t)serial, (int16_t)stid, 0, false};
        return true;
    }
    return false;
}

bool scan_code_of(const struct scan_values *v, struct scan_code *out, enum scan_reason *reason, struct scan_why *why)
{
    struct str code = v->v[SCAN_FIELD_TRACKING].len ? v->v[SCAN_FIELD_TRACKING] : v->v[SCAN_FIELD_IMB];
    const char *what;
    if (code.len == 0) {
        if (!code_of_parts(v, out, reason, why)) return false;
    } else if (!scan_code_parse(code, out, &what)) {
        *reason = SCAN_REASON_CODE;
        scan_why_set(why, "the barcode \"%s\" %s", scan_quote(code).text, what);
        return false;
    }
    if (v->v[SCAN_FIELD_ROUTING].len) out->has_routing = true;
    return true;
}

static char handling_of(struct str s)
{
    if (s.len == 0 || str_eq_nocase(s, STR("actual"))) return 'A';
    char c = (char)(small(s.ptr[0]) - 32);
    if (s.len == 1 && (c == 'A' || c == 'L' || c == 'S')) return c;
    if (str_eq_nocase(s, STR("logical"))) return 'L';
    return str_eq_nocase(s, STR("assumed")) ? 'S' : 'O';
}

static bool time_of(struct str s, const struct scan_bounds *b, struct scan_row *row, struct scan_why *why)
{
    struct scan *scan = &row->scan;
    row->reason = SCAN_REASON_NO_TIME;
    if (s.len == 0) return scan_why_set(why, "there is no time of the scan"), false;
    row->reason = SCAN_REASON_TIME;
    if (!scan_time_parse(s, scan_facility_zip3(scan->facility), &scan->scanned_at))
        return scan_why_set(why, "\"%s\" is not a time like 2026-05-30T02:02:04", scan_quote(s).text), false;
    row->reason = SCAN_REASON_TOO_OLD;
    if (scan->scanned_at < b->least_ms)
        return scan_why_set(why, "the scan of %s is older than the limit scan.oldest", scan_quote(s).text), false;
    row->reason = SCAN_REASON_FUTURE;
    if (scan->scanned_at > b->most_ms)
        return scan_why_set(why, "the scan of %s lies further ahead than the limit scan.ahead", scan_quote(s).text), false;
    return true;
}

static bool op_of(struct str s, struct scan_row *row, struct scan_why *why)
{
    int64_t op;
    row->reason = SCAN_REASON_OP_CODE;
    if (s.len == 0) return scan_why_set(why, "there is no operation code"), false;
    if (!number_of(s, 3, &op)) return scan_why_set(why, "\"%s\" is not an operation code", scan_quote(s).text), false;
    row->scan.op_code = (int16_t)op;
    return true;
}

void scan_make(const struct scan_values *v, const struct scan_bounds *b, struct scan_row *row, struct scan_why *why)
{
    struct scan_code code;
    struct scan *scan = &row->scan;
    row->why = why->text;
    if (!scan_code_of(v, &code, &row->reason, why)) return;
    scan->mid = code.mid, scan->serial = code.serial, scan->stid = code.stid;
    scan->barcode_id = code.barcode_id, scan->has_routing = code.has_routing;
    scan->facility = scan_facility_of_zip(v->v[SCAN_FIELD_ZIP]);
    if (!scan->facility) scan->facility = scan_facility_of_key(v->v[SCAN_FIELD_KEY]);
    if (!time_of(v->v[SCAN_FIELD_TIME], b, row, why) || !op_of(v->v[SCAN_FIELD_OP], row, why)) return;
    scan->phase = (uint8_t)scan_phase_of(v->v[SCAN_FIELD_PHASE]);
    scan->handling = handling_of(v->v[SCAN_FIELD_HANDLING]);
    scan->has_id_tag = v->v[SCAN_FIELD_ID_TAG].len > 0;
    row->facility_name = v->v[SCAN_FIELD_FACILITY], row->city = v->v[SCAN_FIELD_CITY], row->state = v->v[SCAN_FIELD_STATE];
    row->reason = SCAN_FINE;
    row->why = NULL;
}
