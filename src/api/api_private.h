/* api_private.h: what the files of src/api share: the handlers, and the small tools for requests and answers. */
#pragma once
#include "api/api.h"
#include "api/once.h"
#include "account/account.h"
#include "base/json.h"
#include "base/json_out.h"
#include "base/limits.h"

#define ROUTE(method, pattern, handler, flags, limit, who, summary) http_handler handler;
#include "api/routes.def"
#undef ROUTE

/* The two ends of a send, for the handler and for the benchmark that leaves out what lies between. */
struct send;
struct buf;
bool send_read(struct http_exchange *x, struct send *s, struct fault *f);
void send_reply(struct send *s);
struct person;
/* Its values and other fields, into the arena. */
void send_take_person(struct send *s, struct arena *a, const struct person *p);

struct api {
    struct api_config config;
    struct rate rate; /* of keys whose account has none of its own */
    struct arena *arena;
    struct http_route *routes;
    struct pace *pace;      /* of visitors */
    struct pace *hook_pace; /* of tokens that are none */
    struct outward *outward;
    _Atomic int64_t disk_asked_ms;
    _Atomic int64_t disk_free_mb; /* as of then */
    _Atomic int64_t disk_said_ms; /* when the log last heard of it */
};

struct accounts *api_accounts(struct http_exchange *x);
const char *api_data_dir(struct http_exchange *x);
int64_t api_account(struct http_exchange *x); /* the caller's; asserted to be one */

/* The token of the status pages' cookie; STR_NULL: it has none. */
struct str login_cookie(struct http_exchange *x);

/* False, 503, when the disk has less than disk.min_free; looked at once a second. Asked by what takes in mail and what it is made of; tracking
 * goes on. */
bool api_takes_mail(struct http_exchange *x, struct fault *f);

/* feed.c: is the address in one of the blocks (56.0.0.0/8,10.1.2.3,fd00::/8)? Blocks that are none hold nobody. */
struct sockaddr;
/* The address as 16 bytes, IPv4 as mapped; false: of another kind. */
bool feed_address(const struct sockaddr *a, uint8_t out[16]);
bool feed_is_allowed(const struct sockaddr *peer, struct str blocks);
/* A page of refused rows, of an import or of a file of scans. */
struct refused_row;
void reply_refused(struct http_exchange *x, const struct refused_row *rows, int n);
const char *intake_word(int state); /* enum intake_state */

/* ---- request.c: what a path or a query says. False: it has answered. ---- */
/* A {name} that is a number from 1 up; anything else names nothing: 404 "There is no contact abc." */
bool request_id(struct http_exchange *x, const char *param, const char *what, int64_t *id);
/* 400 when it is there and no number from least to most. */
bool request_number(struct http_exchange *x, const char *name, int64_t by_default, int64_t least, int64_t most, int64_t *out);
/* ?limit= of a page: from 1 to the limit `most`, `by_default` rows when it is not said. */
bool request_rows(struct http_exchange *x, enum limit by_default, enum limit most, int64_t *out);
/* The body of a route with HTTP_BODY_FILE as a file, which is the caller's. False, 400, when it is empty: "The body is empty; <what>." */
bool request_upload(struct http_exchange *x, const char *what, const char **path);
/* request_failed; a file that was not taken is gone. */
bool request_upload_failed(struct http_exchange *x, bool ok, const char *path, const struct fault *f);
/* http_fail_fault, or when `ok` nothing: `if (request_failed(x, list_get(…), &f)) return;` */
bool request_failed(struct http_exchange *x, bool ok, const struct fault *f);

/* ---- imports.c: a file that is worked off, by its number ---- */
void reply_import(struct http_exchange *x, int64_t id, int status);

/* ---- reply.c: a JSON answer. The struct must stay where it is from begin to end. ---- */
struct reply {
    struct http_exchange *x;
    struct buf buf;
    struct json_out json;
};
struct json_out *reply_begin(struct reply *r, struct http_exchange *x);
void reply_end(struct reply *r, int status);
/* {"<verb>_date": now, "<name>": id} */
void reply_done(struct http_exchange *x, const char *date_name, const char *id_name, int64_t id);
/* DB_NULL is null. */
void reply_int(struct json_out *j, const char *key, int64_t v);
void reply_time(struct json_out *j, const char *key, int64_t ms);
