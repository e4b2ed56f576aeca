/* webhook.h: the connector that posts events to an address. Events of drops have the body of the service we are compatible with (specs:
 * postalytics-api §9), those of connections that are watched too (their person's and drop's numbers, no piece, and meta.connectionId), those of lists our own envelope {type, timestamp, data}; both are signed as Standard Webhooks 1.0.0 says (specs:
 * crm-apis §5). */
#pragma once
#include "outbox/link.h"

struct webhook;
struct webhook *webhook_create(void);
void webhook_destroy(struct webhook **w); /* after outbox_destroy */
const struct link_def *webhook_link(const struct webhook *w);
#define WEBHOOK_NUMBER 1

/* A new secret: whsec_ and 32 random bytes in base 64. Shown once. */
struct str webhook_secret_make(struct arena *a);
/* whsec_ and base 64 of 24-64 bytes; several parted by blanks while one is rotated out. FAULT_USER 400. */
bool webhook_secret_check(struct str secret, struct fault *f);
/* "v1,… v1,…": one for each secret. STR_NULL: the secret is none. */
struct str webhook_sign(struct arena *a, struct str secret, struct str id, int64_t timestamp_s, struct str body);
