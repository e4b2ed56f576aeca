/* acs.h: address change service records (Full-Service ACS, OneCode ACS): what became of a piece that could not be delivered as
 * addressed (specs: postal §2.5, "ACS as second source").
 *
 * Two shapes. Delimited with a header line: columns by name (acs.c has the list): the barcode, or mailer id and serial number; the
 * deliverability code; the new address; a date. Fixed records (702 characters today, 427 before): where the fields lie is told by
 * a layout, CSV name,start,length (first place is 1), since the official one could not be had; without one a fixed file is refused
 * as a whole. Each field is checked, so that a layout that does not fit refuses rows and never reads nonsense. */
#pragma once
#include "base/fault.h"
#include "postal/scan.h"
#include "postal/stid.h"

enum acs_kind {
    ACS_FORWARDED, /* blank: moved, and the new address is known */
    ACS_TEMPORARY, /* W */
    ACS_GONE,      /* K left no address, G box closed */
    ACS_NIXIE,     /* one of 15 letters: cannot be delivered as addressed */
};
struct acs_record {
    struct scan_code code; /* stid -1: the record tells mailer id and serial only */
    enum acs_kind kind;
    char letter;      /* as written; ' ' for blank */
    const char *what; /* "no such street" */
    int64_t at_ms;    /* of the notice; `now` when there is none */
    bool has_new_address;
    struct str name, street, city, state, zip, zip4; /* the new address, as given */
};
struct acs_row {
    enum scan_reason reason;
    const char *why;
    struct acs_record record;
    int64_t line, at_byte;
    struct str raw; /* cut at 4 KiB */
};
typedef bool acs_row_fn(void *ctx, const struct acs_row *row);

struct acs_layout; /* read-only once made */
struct acs_layout *acs_layout_read(struct str csv, struct fault *f);
struct acs_layout *acs_layout_load(const char *path, struct fault *f);
void acs_layout_destroy(struct acs_layout **l);

struct acs_reader;
/* `layout` may be NULL, and outlives the reader. */
struct acs_reader *acs_reader_create(const struct acs_layout *layout, int64_t now_ms, acs_row_fn *fn, void *ctx);
bool acs_reader_feed(struct acs_reader *r, struct str bytes);
bool acs_reader_end(struct acs_reader *r);
void acs_reader_destroy(struct acs_reader **r);

/* STATUS_BIT of what it means: ReRouted, ReturnedToSender, or 0 (Marketing Mail that nobody pays the return of is discarded). */
unsigned acs_status(enum acs_kind kind, enum mail_class mail_class, bool returns);
