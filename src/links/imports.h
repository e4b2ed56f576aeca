/* imports.h: contacts of a connection that come into a list: how far they are. Who begins one, and how its pages are read, is the connector's
 * (connector.h: import_begin); what is the same for all lies here. Its file ends as an intake (mail/intake.h). */
#pragma once
#include "links/connector.h"

enum remote_import_state { REMOTE_IMPORT_READING, REMOTE_IMPORT_HANDED, REMOTE_IMPORT_FAILED };
struct remote_import {
    int64_t import_id, connection_id, contact_list_id, n_rows, n_all /* -1: not known yet */, intake_id /* 0: none yet */,
        started_at, attempt, at_byte, restarts; /* how often it was begun from the beginning again */
    enum remote_import_state state;
    struct str wish;       /* JSON as it was asked for */
    struct str place;      /* where the next page begins, as the connector wrote it; STR_NULL: at the beginning */
    struct str last_error; /* STR_NULL */
};
const char *remote_import_word(enum remote_import_state s);
bool remote_import_get(struct store *s, struct arena *a, int64_t account, int64_t id, struct remote_import *out,
                       struct fault *f); /* 404 */
/* At the start, before anything runs: what this node held when it ended is held by nobody. */
bool remote_leases_free(struct store *s, struct fault *f);
/* A connection's, newest first; how many, -1 with a fault. */
int remote_import_all(struct store *s, struct arena *a, int64_t account, int64_t connection_id, int n,
                      struct remote_import **out, struct fault *f);
