/* status.h: what can happen to a piece of mail, as codes and names (status.def), and which of it is news. Static; any thread. */
#pragma once
#include "base/str.h"

enum status_code {
#define STATUS(ident, code, api, crm, rank, in_us, in_ca, what) STATUS_##ident = (code),
#include "postal/status.def"
#undef STATUS
};
#define STATUS_CODES 12 /* codes lie below it; 1 is a gap */
/* Sets of codes, as `scan.emits` holds them. */
#define STATUS_BIT(code) (1u << (code))

struct status_def {
    enum status_code code;
    const char *api, *crm, *what;
    int rank; /* 0: beside the way to the mailbox */
    bool in_us, in_ca;
};
const struct status_def *status_find(int64_t code); /* NULL: no such code */
/* By any of its spellings: the API's, the CRMs', and those that differ in case, blanks, hyphens or underscores only; also "Created"
 * (webhooks) and "purl Completed". NULL: none. */
const struct status_def *status_by_name(struct str name);
const struct status_def *status_at(size_t i); /* in order of the code; NULL behind the last: for lists and documents */

/* Of what a happening causes, what is news for a piece that has reached `reached` already: nothing twice, and no step back on the
 * way to the mailbox. ReRouted may come again from another facility or on another day: see track.h. */
unsigned status_news(unsigned reached, unsigned caused);
/* The one to show for a piece: returned, else the furthest on its way, else re-routed; -1: nothing reached. */
int status_shown(unsigned reached);
