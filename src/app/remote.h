/* remote.h: how a command speaks to the house: the server's own routes over the operator's socket. Where no server runs, the
 * command opens the house itself (it takes the lock) on that socket, asks the same routes, and closes it again: one path for
 * both. */
#pragma once
#include "base/json.h"
#include "net/http_client.h"

struct remote;
/* may_make: where there is no house yet one is made; else that is the fault (FAULT_OPERATOR): a command in the wrong folder must not leave an
 * empty one there. `account` NULL: none. */
struct remote *remote_open(const char *account, bool may_make, struct fault *f);
void remote_close(struct remote **r);
/* One request. True when the answer is 2xx; else the fault holds the server's sentence. *root (may be NULL) is valid until the
 * next call, and its texts may be printed: other people's control characters are replaced (base/json_shown.h). */
bool remote_call(struct remote *r, const char *method, const char *target, struct str json_body, struct json_value *root,
                 struct fault *f);
bool remote_upload(struct remote *r, const char *method, const char *target, const char *file, const char *content_type,
                   struct json_value *root, struct fault *f);
void remote_set_account(struct remote *r, int64_t account);
struct str remote_text(const struct remote *r); /* the last answer as it came */
