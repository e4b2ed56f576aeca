/* web_address.h: an http or https address of another machine, read strictly: what is doubtful is refused rather than guessed, so that nobody
 * after us (getaddrinfo, libcurl) can read another host out of it. */
#pragma once
#include "base/fault.h"
#include "base/str.h"
#include <sys/socket.h>

enum { WEB_ADDRESS_MAX_BYTES = 2048, WEB_HOST_MAX_BYTES = 253 };
struct web_address {
    bool is_https, is_ip;
    int port;
    char host[WEB_HOST_MAX_BYTES +
              1];               /* lower-case ASCII as it is looked up (IDN as xn--…); a v6 address without its brackets */
    struct sockaddr_storage ip; /* with is_ip: the host is an address already; port 0 */
    struct str rest;            /* path, query and fragment, in the text that was read */
};
/* FAULT_USER 400 with what is wrong: not http(s), a user name, a control character, space or backslash, a host that is no name and no strictly
 * spelt address (0x7f.1, 017700000001, 127.1, a dot at the end, percent signs, a zone), a port out of range, longer than 2,048 bytes. */
bool web_address_read(struct str url, struct web_address *out, struct fault *f);
/* The address again, its host as it is looked up. */
struct arena;
char *web_address_text(struct arena *a, const struct web_address *w);
/* What a document at `base` means by `reference` ("../a.png", "//host/b.css", "https://…"); STR_NULL: nothing. */
struct str web_address_join(struct arena *a, struct str base, struct str reference);
