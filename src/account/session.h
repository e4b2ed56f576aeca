/* session.h: browsers that are logged in, and the links that log one in (specs: postalytics-api §7). A token has 128 random bits; the store
 * holds its digest. A link is good once and for login.link seconds; the session that it opens for login.session seconds. */
#pragma once
#include "account/account.h"

#define SESSION_TOKEN_BYTES 33 /* 32 hex digits and a NUL */
/* A link to `target`, a path of the status pages. 404 when the account is gone. */
bool session_link_create(struct accounts *a, int64_t account_id, struct str target, char token[SESSION_TOKEN_BYTES],
                         struct fault *f);
/* Uses the link up: `session` gets the new session's token, *target comes from the arena. 410 when it is unknown, used or over. */
bool session_link_use(struct accounts *a, struct arena *arena, struct str token, char session[SESSION_TOKEN_BYTES],
                      struct str *target, struct fault *f);
/* Account of a live session's token, 0: none. Any thread, no waiting. */
int64_t session_account(struct accounts *a, struct str token);
