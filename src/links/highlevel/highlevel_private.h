/* highlevel_private.h: what the files of this connector share. */
#pragma once
#include "links/highlevel/highlevel.h"
#include "links/per_connection.h"
#include "base/json.h"

struct highlevel {
    const struct link_house *house;
    struct connector connector;
    struct link_def link;
    struct json_parser *parser; /* of load, which one thread calls */
    struct per_connection *pace;
};

/* ---- highlevel_terms.c: a connection's settings and secrets, read ---- */
struct highlevel_terms { /* texts: STR_NULL or empty where nothing is set */
    struct str base_url, version, location_id, tag /* with {code} in it */;
    struct str token; /* a private integration's; else OAuth: */
    struct str access_token, refresh_token, code /* not traded in yet */, client_id, client_secret, redirect_uri;
    int64_t expires_at; /* of the access token; 0: unknown */
    bool writes_tag, writes_note, refires_visits, may_create;
    int burst; /* requests in ten seconds; 0: no bound of ours */
};
/* From the two JSON objects of a connection; texts live in the arena. */
void highlevel_terms_read(const struct connector *c, struct json_parser *p, const struct connection *from, struct arena *a,
                          struct highlevel_terms *out);
/* Puts base_url in front of the ask's path, and the headers that every request has. */
enum authorised highlevel_terms_sign(const struct highlevel_terms *t, struct arena *a, int64_t now, struct fetch_ask *ask,
                                     struct fault *f);
bool highlevel_check(void *ctx, struct json_value settings, struct json_value secrets, struct fault *f);
bool highlevel_renew_ask(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                         struct fault *f);
bool highlevel_renew_read(void *ctx, const struct connection *c, struct arena *a, int64_t now,
                          const struct fetch_answer *answer, struct str *secrets, struct fault *f);

/* ---- highlevel_answer.c: what an answer means. Pure ---- */
/* LINK_OK, LINK_PERMANENT, LINK_AUTH, LINK_PAUSE_DESTINATION (429, 503 with Retry-After) or LINK_RETRY_LATER, and for all but the first a
 * sentence that says what to do. What looks like a secret in the other side's words is left out. */
enum link_result highlevel_judge(const struct fetch_answer *answer, char *sentence, size_t n);
/* It has words for people, which the sentence of an answer that says no repeats. */
bool highlevel_speaks(const struct fetch_answer *answer);
/* The contact that was asked about is not there: 404, or 400 and 422 that say so. */
bool highlevel_says_gone(const struct fetch_answer *answer);
/* 401 or 403 that says so: the token is good, and a renewed one would lack the same. */
bool highlevel_lacks_scope(const struct fetch_answer *answer);
/* The sentence of a 403 to a request about one contact. */
void highlevel_shut(const struct fetch_answer *answer, char *sentence, size_t n);
/* How the sentence of an answer begins whose body is not what it should be. */
void highlevel_misshapen(const struct fetch_answer *answer, const char *wanted, char *sentence, size_t n);

/* ---- highlevel_pace.c: how many requests a connection may make: our own bound, and what the other side's headers say. Any thread ---- */
struct per_connection *highlevel_pace_create(void);
void highlevel_pace_bound(struct per_connection *p, int64_t connection_id, int burst); /* 0: none */
/* Takes n requests, all or none: 0, or when to ask again, with the reason. `why` may be NULL. */
int64_t highlevel_pace_take(struct per_connection *p, int64_t connection_id, int n, int64_t now, char *why, size_t n_why);
void highlevel_pace_hear(struct per_connection *p, int64_t connection_id, const struct fetch_answer *answer, int64_t now);
/* What was heard is forgotten: other credentials, or another address, have other limits. */
void highlevel_pace_reopen(struct per_connection *p, int64_t connection_id);
/* When the other side takes requests again, by what was heard; 0: now. */
int64_t highlevel_pace_stopped(struct per_connection *p, int64_t connection_id, int64_t now, char *why, size_t n_why);

/* ---- highlevel_tell.c: the link: an event becomes a tag and a note ---- */
bool highlevel_load(void *ctx, struct tx *tx, struct link_delivery *d);
enum link_result highlevel_step(void *ctx, struct link_delivery *d, const struct fetch_answer *answer);
bool highlevel_settle(void *ctx, struct tx *tx, struct link_delivery *d, enum link_result result);

/* ---- highlevel_hook.c, highlevel_signature.c: a workflow's webhook ---- */
int highlevel_hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f);
/* "send field=place in the body" pairs parted by commas: FAULT_USER 400 names the one that is none. */
bool highlevel_mapping_check(struct str mapping, struct fault *f);
/* The two generations of signatures over a raw body, both in base 64: x-wh-signature, RSA with SHA-256; x-ghl-signature, Ed25519. */
enum highlevel_signing { HIGHLEVEL_RSA, HIGHLEVEL_ED25519 };
/* A public key as a PEM text, or its base 64 alone. False: it is none of that kind. */
bool highlevel_key_check(struct str key, enum highlevel_signing kind);
bool highlevel_signed(struct arena *a, struct str key, enum highlevel_signing kind, struct str body, struct str signature);
