/* scan_private.h: what the readers of tracking data share: the fields, and how their texts become a scan. For postal/scan_*.c, acs.c
 * and printed.c alone. */
#pragma once
#include "postal/scan.h"
#include "base/buf.h"

#define SCAN_RAW_BYTES 4096 /* of a row, for the list of refused ones */

/* The fields and their names, folded (scan_fold). */
#define SCAN_FIELD_LIST(X)                                                                                                     \
    X(TRACKING, "imbtrackingcode trackingcode")                                                                                \
    X(IMB, "imb imbcode intelligentmailbarcode")                                                                               \
    X(MID, "imbmid mailerid mid")                                                                                              \
    X(SERIAL, "imbserialnumber serialnumber imbserial")                                                                        \
    X(STID, "imbstid servicetypeid stid")                                                                                      \
    X(ROUTING, "routingcodeimbmatchingportion imbroutingcode")                                                                 \
    X(TIME, "scandatetime")                                                                                                    \
    X(OP, "scaneventcode operationcode opcode")                                                                                \
    X(ZIP, "scanfacilityzip")                                                                                                  \
    X(KEY, "scanlocalekey")                                                                                                    \
    X(HANDLING, "handlingeventtype")                                                                                           \
    X(PHASE, "mailphase")                                                                                                      \
    X(ID_TAG, "idtag")                                                                                                         \
    X(FACILITY, "scanfacilityname")                                                                                            \
    X(CITY, "scanfacilitycity")                                                                                                \
    X(STATE, "scanfacilitystate")
enum scan_field {
#define X(ident, names) SCAN_FIELD_##ident,
    SCAN_FIELD_LIST(X)
#undef X
        SCAN_FIELDS
};
/* Those that tell whose scan it is: an object hands them down to the scans inside it. */
#define SCAN_FIELD_IS_CODE(f) ((f) <= SCAN_FIELD_ROUTING)

/* Small letters and digits of a name; what is longer than 47 is cut. Returns the length. */
size_t scan_fold(struct str name, char out[48]);
int scan_field_of(struct str name); /* -1: none of ours */
/* True when `word` is one of the blank-separated `words`. */
bool scan_is_one_of(struct str word, const char *words);

struct scan_values {
    struct str v[SCAN_FIELDS]; /* trimmed; empty: not given */
};
struct scan_bounds {
    int64_t least_ms, most_ms;
};
struct scan_bounds scan_bounds_make(int64_t now_ms);

/* A sentence about one value, made only when it is needed. */
struct scan_why {
    char text[200];
};
const char *scan_why_set(struct scan_why *w, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The value as it may stand in a sentence: at most 40 characters, what cannot be shown as `?`. */
struct scan_quote {
    char text[48];
};
struct scan_quote scan_quote(struct str s);

/* The barcode from whatever field holds it. False: *reason and *why. */
bool scan_code_of(const struct scan_values *v, struct scan_code *out, enum scan_reason *reason, struct scan_why *why);
/* Makes row->scan, or row->reason and row->why (in `why`). Sets the facility's names too. */
void scan_make(const struct scan_values *v, const struct scan_bounds *b, struct scan_row *row, struct scan_why *why);

/* The two kinds of text, fed with unzipped bytes; they give rows through the reader. */
struct scan_reader;
void scan_give(struct scan_reader *r, struct scan_row *row);
bool scan_is_over(const struct scan_reader *r); /* stopped, or the rest is passed over */
/* The rest of the file cannot be used. */
void scan_fail(struct scan_reader *r, int64_t line, int64_t at_byte, const char *why);

struct scan_delimited;
struct scan_delimited *scan_delimited_create(struct scan_reader *r, const struct scan_bounds *b, int64_t line, int64_t at_byte);
void scan_delimited_feed(struct scan_delimited *d, struct str bytes);
void scan_delimited_end(struct scan_delimited *d);
void scan_delimited_destroy(struct scan_delimited **d);

struct scan_json;
struct scan_json *scan_json_create(struct scan_reader *r, const struct scan_bounds *b, int64_t at_byte);
void scan_json_feed(struct scan_json *j, struct str bytes);
void scan_json_end(struct scan_json *j);
void scan_json_destroy(struct scan_json **j);

static inline struct str scan_raw(struct str s) { return str_make(s.ptr, s.len > SCAN_RAW_BYTES ? SCAN_RAW_BYTES : s.len); }
