/* address_guard.h: may this program speak to an address that a user gave? (Webhooks, remote assets.) Text first, then every resolved address;
 * the connection is then made to the address that was checked, never to the name again. Rules: specs crm-apis §5 (Standard Webhooks, OWASP).
 * A check that cannot be made is a refusal: FAULT_USER 400 with a sentence that names what is wrong. */
#pragma once
#include "base/fault.h"
#include "base/str.h"
#include <sys/socket.h>

struct address_guard; /* what the operator allows beyond the public internet; read-only, any thread */
/* allow: "" (nothing more), "all", or CIDR blocks parted by commas: 127.0.0.0/8,10.1.0.0/16,fd00::/8. allow_http: plain http too; ports:
 * extra ports beside 80, 443 and 8443, parted by commas, or "all". FAULT_OPERATOR: a text that is none of these. */
struct address_guard *address_guard_create(struct str allow, bool allow_http, struct str ports, struct fault *f);
/* By the settings outgoing.allow, outgoing.http, outgoing.ports. */
struct address_guard *address_guard_from_settings(struct fault *f);
void address_guard_destroy(struct address_guard **g);
/* The text: scheme, no user info, host, port, no control characters, at most 2,048 bytes; a host that is an address already is checked too. */
bool address_guard_text(const struct address_guard *g, struct str url, struct fault *f);
/* One resolved address. */
bool address_guard_ip(const struct address_guard *g, const struct sockaddr *ip, struct fault *f);
/* At save: text, then resolves and checks every address (blocking: the pool's). A name that does not resolve is refused. */
bool address_guard_url(const struct address_guard *g, struct str url, struct fault *f);
