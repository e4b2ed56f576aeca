/* site.h: the pages on a real server: a mail house in a temporary folder (tests/mail/house.h: real store and scheduler, the press
 * played), the API's authentication, and rows whose every text is full of HTML. */
#pragma once
#include "../mail/house.h"
#include "api/api.h"

#define EVIL "<script>alert(1)</script>\"'&"

struct site {
    struct house h;
    struct api *api;
    struct link_house links;
    struct http_server *http;
    char key[37], foreign_key[37];
    int64_t drop, batch, piece, refused, list, template_refused, import, connection; /* of the caller's account */
    int64_t foreign_drop, foreign_batch, foreign_piece, foreign_import, foreign_connection;
};
void site_open(struct site *s);
void site_close(struct site *s);

struct reply {
    int status;
    struct buf head, body;
};
/* key NULL: none. The reply is the caller's to finish. */
void site_get(struct site *s, const char *path, const char *key, struct reply *r);
void site_get_as(struct site *s, const char *path, const char *key, const char *header, struct reply *r);
void reply_finish(struct reply *r);
