/* connection.h: an account's authorizations at other systems: which connector, its settings in the open, its secrets sealed. What the
 * settings mean is the connector's (links/connector.h); here they are two JSON objects.
 *
 * `version` grows with every change, but not with what is learnt of it (its status, a trial). A token that was renewed is stored only over the secrets it was renewed from: of two renewals one
 * counts, and the other one reads again. */
#pragma once
#include "base/seal.h"
#include "store/store.h"

/* What came of trying it. */
struct connection_tried {
    int64_t at; /* DB_NULL: it was not tried since its settings or secrets were saved */
    bool is_working;
    int status;          /* HTTP; 0: no answer */
    struct str sentence; /* when it does not work. Shown: without secrets */
};
struct connection {
    int64_t account_id, connection_id /* 0: a new one */, version, updated_at;
    int64_t saved_version;         /* the version by which its owner last changed settings or secrets */
    int kind;                      /* its connector's number */
    struct str label, description; /* description: STR_NULL: none */
    struct str settings;           /* a JSON object */
    struct str secrets;            /* a JSON object, unsealed; STR_NULL: none. Never shown, never logged */
    struct str status;             /* a JSON object: what its connector last learnt (limits, layouts); STR_NULL: nothing yet */
    struct connection_tried tried; /* the newest trial, when read */
    bool is_sealed_shut;           /* it has secrets, which do not open with this house's key: it must be saved again */
};

/* ---- inside a closure ---- */
/* False: there is none (tx_ok stays true), or the database failed. Texts live in the arena. */
bool connection_read(struct tx *tx, const struct seal *seal, struct arena *a, int64_t account, int64_t id,
                     struct connection *out);
/* Refuses the unit: 404, there is no connection of that number; unless the database has failed it already. False. */
bool connection_refuse(struct tx *tx, int64_t id);
/* Makes it (connection_id 0; sets the number), or replaces all but its status; secrets STR_NULL keep what is there. Sets version, saved_version
 * and updated_at. Other settings, or secrets that are said, are not tried yet: what came of the trial before is forgotten. 404: no such
 * connection. */
bool connection_put(struct tx *tx, const struct seal *seal, struct connection *c);
/* Renewed secrets instead of those of `from`, which they were renewed from. False with tx_ok true: somebody has put others there meanwhile, or
 * it is gone: read again. A save that left the secrets as they were is not in the way. */
bool connection_renew(struct tx *tx, const struct seal *seal, const struct connection *from, struct str secrets);
/* What was learnt; no new version. */
bool connection_note(struct tx *tx, int64_t account, int64_t id, struct str status);
/* c->tried is what came of trying c (its saved_version); no new version. Nothing is kept when others were saved meanwhile, or it is gone. */
bool connection_keep_trial(struct tx *tx, const struct connection *c);
/* 404. Its secrets are gone with it; the row stays for what refers to it. */
bool connection_remove(struct tx *tx, int64_t account, int64_t id);

/* ---- outside ---- */
bool connection_get(struct store *s, const struct seal *seal, struct arena *a, int64_t account, int64_t id,
                    struct connection *out, struct fault *f); /* 404 */
/* By number, without secrets; -1 with a fault. */
int connection_all(struct store *s, struct arena *a, int64_t account, struct connection **out, struct fault *f);
