/* import_watch.h: starts a contact import over the operator's socket and shows its progress until it is done. */
#pragma once
#include "app/remote.h"

struct import_outcome {
    int64_t import_id, rows, used, inserted, updated, unchanged, repeated, refused;
};
/* The refused rows of GET `what`/refused to standard error with line and reason, at most 20 of them, and where the others are. Nothing when `n` is 0. */
void import_show_refused(struct remote *r, const char *what, int64_t n);
/* key: the field that tells the contacts apart; NULL: as the list has it. Refused rows are shown. */
bool import_and_watch(struct remote *r, int64_t list, const char *file, const char *key, bool quiet, struct import_outcome *out,
                      struct fault *f);
