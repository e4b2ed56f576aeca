/* house.h: a whole house in this process for the tests of the API: store on a temporary folder, accounts, mail, HTTP on any port and on
 * the operator's socket. Its scheduler is not started, so nothing is compiled or printed behind a test's back. And a client. */
#pragma once
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "fresh_store.h"
#include "api/api.h"
#include "base/seal.h"
#include "links/mailing/mailing.h"
#include "links/webhook/webhook.h"

struct test_house {
    char dir[64], socket[80], address[FRESH_STORE_BYTES];
    struct store *store;
    struct accounts *accounts;
    struct press *press;
    struct jobs *jobs;
    struct address_guard *guard; /* lets addresses of this machine through */
    struct fetcher *fetcher;
    struct seal *seal;
    struct link_house links; /* and one connector: fake_connector.h */
    struct webhook *webhook;
    struct mailing *mailing;
    struct outbox *outbox;
    struct mail *mail;
    struct api *api;
    struct http_server *http;
    int port;
    const struct http_route *extra; /* set before house_open: routes beside the API's */
    size_t n_extra;
    int64_t account, other; /* two accounts with a key each, and a key of the first that was revoked */
    int64_t sub;            /* a sub-account of the first, with its key */
    char key[37], other_key[37], revoked_key[37], sub_key[37];
};
extern struct test_house house;
int house_open(void **state); /* cmocka's group setup and teardown */
int house_close(void **state);

/* One request on a connection of its own; the answer's parts lie in static memory until the next one. */
struct answer {
    int status;
    const char *head, *body;
    size_t body_len;
};
enum { OVER_SOCKET = 1 };
struct answer ask(const char *key /* NULL: none */, const char *method, const char *path, const char *body /* NULL: none */);
/* With more header lines, each ending in "\r\n". */
struct answer ask_with(const char *key, const char *headers, const char *method, const char *path, const char *body);
struct answer ask_operator(int64_t account /* 0: none */, const char *method, const char *path, const char *body);
/* Bytes as they are; "" when the connection closes without a word. */
struct answer ask_raw(const char *bytes, size_t n);

/* The same with memory of one's own, for several threads at once: the status; the answer's body is copied. */
int house_ask_bytes(const char *request, char *body, size_t size);

/* The status, and the body byte for byte but for the pattern's marks: '#' digits, '@' a time, '$' an upper-case GUID, '~' whatever is left. */
#define assert_answer(a, want_status, pattern) assert_answer_at((a), (want_status), (pattern), __FILE__, __LINE__)
void assert_answer_at(struct answer a, int status, const char *pattern, const char *file, int line);
/* The number behind "name": in the body. */
int64_t answer_number(struct answer a, const char *name);
const char *answer_text(struct answer a, const char *name, char *out, size_t size);

/* The value of a header of the answer. */
const char *answer_header(struct answer a, const char *name, char *out, size_t size);

/* Strict base 64 with padding. */
void house_base64(const char *s, char *out);

/* Rows in all tables that requests write. */
int64_t house_rows(void);
/* What the press would do: the template's newest version is compiled. */
void house_publish(int64_t template_id);
/* What tracking would do: n of a code on a day of a drop. */
void house_count(int64_t drop_id, int64_t day, int code, int64_t n);
