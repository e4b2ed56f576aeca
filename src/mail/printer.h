/* printer.h: the house's printers (rows of `connection` of account 0) and who may print on which. The operator's; an account has one
 * printer or none, and without one its live batches wait at Ready. */
#pragma once
#include "mail/handover.h"
#include "store/store.h"

struct printer {
    int64_t connection_id, updated_at;
    struct str name, settings /* a JSON object with "kind" */;
    int64_t *accounts; /* that print there */
    int n_accounts;
};
/* Makes it or says where it is from now on. 400: no such kind, or its settings are wrong. Batches that wait for it are tried at once. */
bool printer_put(struct mail *m, struct str name, struct str settings, struct fault *f);
/* Nobody prints there any more; what was handed to it can still be asked for. 404. */
bool printer_remove(struct mail *m, struct str name, struct fault *f);
int printer_all(struct mail *m, struct arena *a, struct printer **out, struct fault *f); /* by name; -1: fault */
/* The account prints there, and nowhere else, from now on. 404. */
bool printer_grant(struct mail *m, int64_t account, struct str name, struct fault *f);
bool printer_revoke(struct mail *m, int64_t account, struct fault *f);

/* Inside a closure: the drop's own printer, else the account's; 0: none. */
int64_t printer_of(struct tx *tx, int64_t account, int64_t drop_id);
/* By number, removed or not: its face, and its settings in the parser. NULL with a fault: this program has no such kind any more. */
struct printer_at {
    int64_t connection_id, account, drop_id;
};
const struct printer_def *printer_face(struct mail *m, struct arena *a, const struct printer_at *at, struct json_parser *p,
                                       struct json_value *settings, struct fault *f);

/* ---- a drop's own printer: a connection of its account, where each piece goes to an endpoint (links/postalytics) ---- */
#define PRINTER_OF_DROPS "postalytics" /* the kind of it; its settings are {"kind", "connection_id", "endpoint"} */
struct drop_printer {
    int64_t connection_id; /* 0: it has none, and the account's printer prints */
    struct str endpoint;
};
/* The caller has looked at the connection's kind. Batches of the drop that wait are tried at once. 404: no such drop, no such connection. */
bool drop_printer_put(struct mail *m, int64_t account, int64_t drop_id, const struct drop_printer *p, struct fault *f);
bool drop_printer_remove(struct mail *m, int64_t account, int64_t drop_id, struct fault *f);
bool drop_printer_get(struct mail *m, struct arena *a, int64_t account, int64_t drop_id, struct drop_printer *out,
                      struct fault *f);
