/* post.h: pieces in the mail and the files in which the USPS tells of them, for the tests of tracking. */
#pragma once
#include "house.h"
#include "mail/scan_intake.h"
#include "mail/track.h"

#define HOUR INT64_C(3600000)
#define DAY  (24 * HOUR)

struct post { /* the pieces of one closed batch */
    int64_t account, batch_id, first_serial, mid, at /* when its serials were assigned, or a little later */;
    int64_t pieces[512];
    int n, stid;
    struct drop drop;
};
/* Sends n pieces to the campaign and waits for its batch. */
void post_send(struct house *h, int64_t account, const struct drop *d, int n, struct post *out);
struct drop post_live(struct house *h, int64_t account, int64_t mid); /* a campaign that is live on a mailer id of its own */

/* A line of a delimited file: seat, hours after `at`, operation, phase ("3c", "PARS"), ZIP, handling. */
struct line {
    int seat;
    double hours;
    int op;
    const char *phase, *zip;
    char handling; /* 0: A */
};
extern const char post_header[];
char *post_line(struct house *h, const struct post *p, const struct line *l); /* with its newline */
/* Keeps a text as a file of scans and waits until it is read to its end. */
struct scan_intake post_read(struct house *h, int64_t account, enum scan_intake_kind kind, struct str text);
struct scan_intake post_wait(struct house *h, int64_t account, int64_t intake_id);
struct scan_intake post_read_lines(struct house *h, const struct post *p, const struct line *lines, int n);
/* Codes of a piece's events in order of their number, as a text: "11 4 5". */
const char *post_events(struct house *h, const struct post *p, int64_t piece_id);
int post_count_events(struct house *h, const struct post *p);
