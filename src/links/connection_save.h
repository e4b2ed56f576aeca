/* connection_save.h: what becomes of a connection when its owner makes it, changes it, or tries it (its end: connection_end.h): the rules of the
 * connector's table, the destination for its events, and the trial at the other side. Functions here wait (a pool's thread). */
#pragma once
#include "links/connector.h"

/* What is not said (STR_NULL, JSON_MISSING) stays as it is. */
struct connection_wish {
    const struct connector *connector;
    int64_t account_id, connection_id; /* 0: a new one */
    struct str label, description;     /* a new one without a label is called as its connector; description "" takes it away */
    struct json_value settings;        /* an object of texts and numbers; null takes one away */
    struct json_value
        secrets; /* likewise. What was got with the old ones (tokens) is forgotten when any is said, or a makes_token changes */
    bool replaces; /* settings that are not said go back to what they are by themselves */
    bool is_untried;
};
struct connection_trial {
    bool is_tried, is_working;
    bool is_refused;    /* for its credentials or its address: not by chance */
    int status;         /* HTTP; 0: no answer */
    int64_t tried_at;   /* when it was over */
    char sentence[500]; /* when it does not work; without secrets */
};
/* Is it tried at the other side when it is saved? Nobody else is asked by connection_save. */
bool connection_save_asks(const struct connection_wish *w);
/* Checks, stores, makes the destination, tries it, and opens that. What the other side refuses for its credentials or its address is put back as it
 * was, or is gone again if it was new: FAULT_USER 400 with its sentence. What stays: a pause from before, a refresh token that
 * the trial got for one that is good for one use, and what others have saved meanwhile. A side that does not answer refuses nothing: true, and
 * *trial says so; it is kept (connection.tried). Where the trial or its end cannot be stored, that is logged, it stays saved, and the answer is
 * true.
 * FAULT_USER 400 names the setting; 404; 409: another change of its settings or secrets is being tried. *out without secrets, texts in the
 * arena. */
bool connection_save(const struct link_house *h, const struct connection_wish *w, struct arena *a, struct connection *out,
                     struct connection_trial *trial, struct fault *f);
/* The connector's try_operation with a connection as it is stored; what comes of it is kept there, unless other settings or secrets were saved
 * meanwhile. False: there is none (409), or ours. */
bool connection_try(const struct link_house *h, const struct connector *d, int64_t account, int64_t id, struct arena *a,
                    struct connection_trial *trial, struct fault *f);
