/* connector.h: what a connector is: one table entry, from its folder. `app` makes the list; the API, the command line, the pages and the
 * documents read it.
 *
 *   settings     what its owner sets, in the open or secret (account/connection.h keeps them)
 *   operations   requests that a person or a program may have it make, by name
 *   link         what it does with events (outbox/link.h); NULL: nothing
 *   verbs        the two things that every CRM does with an event as far as it can: it sets the state of a contact for a drop (a tag, a
 *                field), and it appends to the contact's history (a note)
 *   hook         what it understands of requests that the other side makes here
 *
 * A connector's functions get `ctx`, never wait unless they say so, and may run on any thread. */
#pragma once
#include "account/connection.h"
#include "base/json.h"
#include "base/json_out.h"
#include "outbox/outbox.h"

enum connector_verb {
    CONNECTOR_SETS_STATE = 1,
    CONNECTOR_KEEPS_HISTORY = 2,
    CONNECTOR_IMPORTS = 4,
    CONNECTOR_SENDS = 8,
    CONNECTOR_IS_WATCHED = 16
};

struct connector_setting {
    const char *name, *fallback; /* fallback: what it is when it is not said; NULL: nothing */
    bool is_secret, is_required;
    const char *what;  /* a sentence for people */
    const char *fills; /* the operations' input that it is when that is not said; NULL: none */
    bool has_lines;    /* it may have several lines: a key in PEM, a list */
    bool leads;        /* it decides where the secrets are sent: who changes it must say them again */
    bool makes_token;  /* in the open, and tokens are made with it: who changes it has new ones made */
    bool is_proof;     /* one of several secrets that each prove who asks: what is said takes the place of those that are not */
};
/* A request by name. Inputs are keys of one JSON object: what stands in braces in `path`, what `query` and `body` name (parted by blanks; a
 * '*' behind a name: required). body "...", also behind names: every key that is not used elsewhere goes into the body as it came. Another key is refused. */
struct connector_operation {
    const char *name, *method, *path, *query, *body; /* NULL: none */
    const char *what;
    bool is_free; /* the caller brings method, path (relative), query, headers and body */
};

struct link_house;
struct sender;
struct hook_call { /* a request that came to POST /v1/hooks/<connector>/<token> */
    struct arena *arena;
    const struct connection *connection;
    struct str body;
    struct str (*header)(const struct hook_call *h, const char *name); /* STR_NULL: absent */
    const void *request;                                               /* header's */
    int64_t now;
};
struct hook_send {       /* a piece that the request asks for */
    struct str endpoint; /* of a triggered drip of the account */
    struct str body;     /* a JSON object as POST /api/v1/send takes it */
    struct str remote_id /* the contact there; STR_NULL */, repeat_id /* the same in a repeated request; STR_NULL: none */;
};
#define HOOK_SENDS_MAX 100
struct hook_answer { /* after all its pieces are durable */
    const char *content_type;
    struct str body;
};

enum authorised { AUTHORISED, AUTHORISE_RENEW /* its token must be renewed first */, AUTHORISE_CANNOT /* *f says why */ };

struct connector {
    const char *name, *title; /* "highlevel", "HighLevel" */
    int number; /* connection.kind and destination.link; never changed. 2 highlevel, 3 salesforce, 4 kizen, 5 postalytics, 7 mailing */
    unsigned verbs;
    const struct connector_setting *settings;
    int n_settings;
    const struct connector_operation *operations;
    int n_operations;
    const struct link_def *link;
    void *ctx;
    /* Rules beyond the table's, when a connection is saved. NULL: none. FAULT_USER 400 names the setting. */
    bool (*check)(void *ctx, struct json_value settings, struct json_value secrets, struct fault *f);
    /* In the unit that saved a connection: what it had given up may be tried again. NULL: there is nothing like it. */
    bool (*saved)(void *ctx, struct tx *tx, int64_t account, int64_t connection_id);
    /* After one was removed, committed: what lay on the disk for it goes, and what was remembered of it in memory (per_connection.h). Waits for the
     * store. NULL: there is nothing of the kind. */
    void (*removed)(void *ctx, int64_t connection_id);
    /* What a subscription's settings may hold. NULL: nothing. */
    bool (*check_subscription)(void *ctx, struct json_value settings, struct fault *f);
    /* Puts the other side's address in front of ask->url, which is a path, and adds what proves who asks. */
    enum authorised (*authorise)(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                                 struct fault *f);
    /* Renewing the token: the request to make, and what its answer means: the secrets as they are from now on. NULL: there is none. */
    bool (*renew_ask)(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                      struct fault *f);
    bool (*renew_read)(void *ctx, const struct connection *c, struct arena *a, int64_t now, const struct fetch_answer *answer,
                       struct str *secrets, struct fault *f);
    /* The other side's own limits, from the headers of its answers. NULL: it has none that are known. 0: ask now, else not before then. */
    int64_t (*pace)(void *ctx, int64_t connection_id, int64_t now);
    void (*heard)(void *ctx, int64_t connection_id, const struct fetch_answer *answer, int64_t now);
    /* An answer in one word: LINK_OK, LINK_PERMANENT, LINK_AUTH, …; `sentence` says what to do. */
    enum link_result (*judge)(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n);
    /* Of an answer that is LINK_AUTH: the token is good, and lacks a right, which a renewed one would lack too. 403 needs no such word. NULL: no other
     * status says so. */
    bool (*lacks_scope)(void *ctx, const struct fetch_answer *answer);
    /* The operation that a saved connection is tried with; NULL: it is not. */
    const char *try_operation;
    /* What its answer has, in its object or in the first of its list; without it somebody else answered. NULL: nothing that is known. */
    const char *try_member;
    /* Begins to bring its contacts into a list (imports.h); `wish` is the request's JSON object. Waits for the store. NULL: it imports nothing. */
    bool (*import_begin)(void *ctx, int64_t account, int64_t connection_id, struct json_value wish, int64_t *import_id,
                         struct fault *f);
    /* Takes back what it has set up at the other side (webhooks), before its connection is removed. Waits, for some seconds at most; what could
     * not be taken back is logged. NULL: nothing. */
    void (*leave)(void *ctx, int64_t account, int64_t connection_id);
    bool keeps_token; /* it tells the other side its address by itself: the hook's token is kept, sealed (links/incoming.h) */
    /* Reads a request; returns how many pieces it asks for, -1 with a fault (its status is the answer's). May wait for the store: what it writes itself is durable
     * when it returns. NULL: it takes none. */
    int (*hook)(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f);
};

/* What connectors are made of; lives as long as they do. */
struct link_house {
    struct store *store;
    struct jobs *jobs;
    const struct seal *seal;
    struct fetcher *fetcher;
    struct mail *mail;     /* set before anything is delivered or called */
    struct outbox *outbox; /* likewise */
    struct tokens *tokens;
    struct per_connection *saves;       /* a bool each: its settings or secrets are being changed (connection_save.c) */
    const struct sender *here, *remote; /* mail/sender.h: this house, and Postalytics connections; set like mail */
};

const struct connector *connector_find(const struct connector *const *all, int n, struct str name); /* NULL */
const struct connector *connector_of(const struct connector *const *all, int n, int number);
const struct connector_operation *connector_operation_find(const struct connector *c, struct str name);
/* A setting of a connection, or its fallback; STR_NULL. */
struct str connector_setting_get(const struct connector *c, struct json_value settings, const char *name);
