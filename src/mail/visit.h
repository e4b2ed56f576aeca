/* visit.h: personal URLs: who is asked for by a code, where the way leads, and what is written down of it (specs: schema §5 "Visit").
 *
 *   purl     what a code stands for: a piece, and what its drop says of visits
 *   visit    somebody opened the personal URL; has a number, which the redirect gives to the landing page
 *   report   the landing page (t.js) says that a page was seen; the server knows whether it is the goal
 *
 * A visit and all that follows from it (event, statistics) is one unit. Test pieces, and all pieces of a drop whose tracking is in test mode,
 * count apart (is_test); with tracking off nothing is written down. */
#pragma once
#include "base/json_out.h"
#include "mail/mail.h"

enum visit_kind { VISIT_OPENED = 1, VISIT_PAGE, VISIT_GOAL };
enum online_tracking { ONLINE_OFF, ONLINE_ON, ONLINE_TEST };
enum { VISITOR_BYTES = 16 };

struct purl {
    int64_t account, piece_id, batch_id, contact_id, drop_id;
    bool is_test;
    enum online_tracking tracking;
    struct str starting_url, goal_url; /* STR_NULL: the campaign has none */
    struct str landing_fields;         /* JSON array of names */
    struct str recipient;              /* as stored: recipient.h */
};
/* What a code stands for: one read of the piece, and of its batch when that was not asked for in the last seconds. 404 "There is nothing at
 * this address.": no such code, or with only_account above 0 one of another account. */
bool purl_find(struct mail *m, struct arena *a, struct str code, int64_t only_account, struct purl *out, struct fault *f);
/* The fields of the person that the campaign gives to its landing page, as members of the object that is open. */
bool purl_fields(const struct purl *p, struct arena *a, struct json_out *j, struct fault *f);

struct visit {
    const struct purl *purl;
    struct str url, agent;          /* what was asked for, or seen; who says to have asked */
    uint8_t visitor[VISITOR_BYTES]; /* visit_open: of the cookie */
    bool is_known_visitor;          /* visit_open: the cookie came with the request, so there may be earlier visits */
    int64_t visit_id;               /* visit_open: set; visit_report: the visit that the page belongs to, 0: not known */
    bool is_counted, is_goal;       /* set: something was written down; it was the goal, for the first time in this visit */
};
/* Both wait for the commit. An opening is an event (pURLOpened), a page view and for a piece's new visitor a visitor. The first page that
 * a visit reports is the one that the opening has counted. The goal, once a visit, is an event (pURLCompleted), and once a piece a
 * conversion. */
bool visit_open(struct mail *m, struct visit *v, struct fault *f);
bool visit_report(struct mail *m, struct visit *v, struct fault *f);

struct visit_row {
    int64_t visit_id, visited_at;
    enum visit_kind kind;
    bool is_test;
    struct str url;
};
/* Newest first; -1 with a fault. */
int visit_of_piece(struct store *s, struct arena *a, int64_t account, int64_t piece_id, int n, struct visit_row **out,
                   struct fault *f);

/* Is it a program that looks at addresses by itself (purl.robots)? No name at all: yes. */
bool visit_is_robot(const struct mail *m, struct str agent);

/* ---- what a drop says of visits: `id` is a drop's or a campaign's ---- */
struct drop_online {
    int64_t drop_id;
    struct str starting_url, goal_url;
    enum online_tracking tracking;
    struct str landing_fields; /* JSON array of names */
};
const char *online_word(enum online_tracking t); /* off, on, test */
bool online_of_word(struct str word, enum online_tracking *out);
bool drop_online_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct drop_online *out, struct fault *f);
/* Changes what is named; URLs that are empty are taken away. Takes effect with the next visit. */
struct drop_online_change {
    bool has_starting_url, has_goal_url, has_tracking, has_landing_fields;
    struct str starting_url, goal_url;
    enum online_tracking tracking;
    const struct str *fields; /* names */
    int n_fields;
};
bool drop_online_put(struct mail *m, int64_t account, int64_t id, const struct drop_online_change *c, struct fault *f);
/* Test visits and their numbers are gone. Events stay: they were told. */
bool visit_wipe_test(struct mail *m, int64_t account, int64_t id, int64_t *drop_id, int64_t *n, struct fault *f);
