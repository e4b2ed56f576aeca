/* address_guard.c: which addresses this program may speak to on behalf of a user. Made once at start-up from the settings; read-only after
 * that. Every address is looked at as 16 bytes (v4 as ::ffff:a.b.c.d); forms that carry a v4 address are looked at as that one. */
#include "net/address_guard.h"
#include "net/web_address.h"
#include "base/log.h"
#include "base/settings.h"
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>

enum { ALLOW_MAX = 64, PORTS_MAX = 64, BLOCK_TEXT_MAX = 64 };

struct block {
    uint8_t ip[16];
    int bits;
};

struct address_guard {
    struct block allow[ALLOW_MAX];
    int n_allow, ports[PORTS_MAX], n_ports;
    bool allows_all, allows_http, allows_all_ports;
};

/* IANA's special-purpose registries; OWASP's list is a part of it. */
static const struct {
    const char *cidr, *what;
} closed[] = {
    {"0.0.0.0/8", "no address of a machine"},
    {"10.0.0.0/8", "an address of a private network"},
    {"100.64.0.0/10", "an address of a provider's inner network"},
    {"127.0.0.0/8", "this machine itself"},
    {"169.254.0.0/16", "an address of the local link (cloud metadata)"},
    {"172.16.0.0/12", "an address of a private network"},
    {"192.0.0.0/24", "reserved"},
    {"192.0.2.0/24", "reserved for examples"},
    {"192.88.99.0/24", "reserved"},
    {"192.168.0.0/16", "an address of a private network"},
    {"198.18.0.0/15", "reserved for measurements"},
    {"198.51.100.0/24", "reserved for examples"},
    {"203.0.113.0/24", "reserved for examples"},
    {"224.0.0.0/4", "a multicast address"},
    {"240.0.0.0/4", "reserved"},
    {"::/128", "no address of a machine"},
    {"::1/128", "this machine itself"},
    {"fc00::/7", "an address of a private network"},
    {"fe80::/10", "an address of the local link"},
    {"fec0::/10", "an address of a private network"},
    {"ff00::/8", "a multicast address"},
    {"2001::/23", "reserved"}, /* Teredo too: it carries a v4 address */
    {"2001:db8::/32", "reserved for examples"},
    {"3fff::/20", "reserved for examples"},
};
enum { N_CLOSED = sizeof closed / sizeof *closed };

/* ---- blocks ---- */

static void put_v4(uint8_t ip[16], const void *v4)
{
    memset(ip, 0, 10);
    ip[10] = ip[11] = 0xff;
    memcpy(ip + 12, v4, 4);
}

static bool begins_with(const uint8_t ip[16], const uint8_t prefix[16], int bits)
{
    int whole = bits / 8, rest = bits % 8;
    if (memcmp(ip, prefix, (size_t)whole) != 0) return false;
    return rest == 0 || ((ip[whole] ^ prefix[whole]) >> (8 - rest)) == 0;
}

/* "10.0.0.0/8", "fd00::/8", or one address. */
static bool block_read(struct str s, struct block *b)
{
    char text[BLOCK_TEXT_MAX];
    uint8_t v4[4];
    struct str bits, ip = str_cut(s, '/', &bits);
    int64_t n = -1;
    if (ip.len >= sizeof text || (bits.ptr && (!str_to_int64(bits, &n) || n < 0))) return false;
    snprintf(text, sizeof text, "%.*s", STR_ARG(ip));
    bool is_v4 = inet_pton(AF_INET, text, v4) == 1;
    if (!is_v4 && inet_pton(AF_INET6, text, b->ip) != 1) return false;
    if (is_v4) put_v4(b->ip, v4);
    if (n > (is_v4 ? 32 : 128)) return false;
    b->bits = n < 0 ? 128 : (int)n + (is_v4 ? 96 : 0);
    return true;
}

/* 10.1.2.3/8 is a slip of somebody who means one address or another block. */
static bool block_is_whole(const struct block *b)
{
    for (int i = b->bits; i < 128; i++)
        if (b->ip[i / 8] & (0x80 >> i % 8)) return false;
    return true;
}

static bool is_in(const struct block *blocks, int n, const uint8_t ip[16])
{
    for (int i = 0; i < n; i++)
        if (begins_with(ip, blocks[i].ip, blocks[i].bits)) return true;
    return false;
}

/* ---- settings ---- */

static bool read_allow(struct address_guard *g, struct str rest, struct fault *f)
{
    if (str_eq(rest, STR("all"))) return g->allows_all = true;
    while (rest.len) {
        struct str one = str_trim(str_cut(rest, ',', &rest));
        struct block b;
        if (!block_read(one, &b))
            return fault_operator(f, "\"%.*s\" is not a block of addresses like 10.1.0.0/16 or fd00::/8", STR_ARG(one));
        if (!block_is_whole(&b)) return fault_operator(f, "%.*s has digits beyond the length of its block", STR_ARG(one));
        if (g->n_allow == ALLOW_MAX) return fault_operator(f, "more than %d blocks of addresses are allowed", ALLOW_MAX);
        g->allow[g->n_allow++] = b;
    }
    return true;
}

static bool read_ports(struct address_guard *g, struct str rest, struct fault *f)
{
    static const int usual[] = {80, 443, 8443};
    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) g->ports[g->n_ports++] = usual[i];
    if (str_eq(rest, STR("all"))) return g->allows_all_ports = true;
    while (rest.len) {
        struct str one = str_trim(str_cut(rest, ',', &rest));
        int64_t port;
        if (!str_to_int64(one, &port) || port < 1 || port > 65535)
            return fault_operator(f, "\"%.*s\" is not a port", STR_ARG(one));
        if (g->n_ports == PORTS_MAX) return fault_operator(f, "more than %d ports are allowed", PORTS_MAX);
        g->ports[g->n_ports++] = (int)port;
    }
    return true;
}

struct address_guard *address_guard_create(struct str allow, bool allow_http, struct str ports, struct fault *f)
{
    struct address_guard *g = calloc(1, sizeof *g);
    ASSERT(g);
    g->allows_http = allow_http;
    if (!read_allow(g, str_trim(allow), f) || !read_ports(g, str_trim(ports), f)) address_guard_destroy(&g);
    return g;
}

struct address_guard *address_guard_from_settings(struct fault *f)
{
    return address_guard_create(str_of(setting_get(SETTING_OUTGOING_ALLOW)),
                                strcmp(setting_get(SETTING_OUTGOING_HTTP), "on") == 0,
                                str_of(setting_get(SETTING_OUTGOING_PORTS)), f);
}

void address_guard_destroy(struct address_guard **g)
{
    if (!g) return;
    free(*g);
    *g = NULL;
}

/* ---- checks ---- */

/* NAT64 (RFC 6052) and 6to4 (RFC 3056) addresses lead to the v4 address inside. */
static void unwrap(uint8_t ip[16])
{
    static const uint8_t nat64[16] = {0x00, 0x64, 0xff, 0x9b}, six_to_four[16] = {0x20, 0x02};
    uint8_t v4[4];
    if (begins_with(ip, nat64, 96))
        memcpy(v4, ip + 12, 4);
    else if (begins_with(ip, six_to_four, 16))
        memcpy(v4, ip + 2, 4);
    else
        return;
    put_v4(ip, v4);
}

static const char *why_closed(const uint8_t ip[16])
{
    static const uint8_t v4[16] = {[10] = 0xff, [11] = 0xff}, global[16] = {0x20};
    for (int i = 0; i < N_CLOSED; i++) {
        struct block b;
        ASSERT(block_read(str_of(closed[i].cidr), &b) && block_is_whole(&b));
        if (begins_with(ip, b.ip, b.bits)) return closed[i].what;
    }
    return begins_with(ip, v4, 96) || begins_with(ip, global, 3) ? NULL : "not on the public internet";
}

bool address_guard_ip(const struct address_guard *g, const struct sockaddr *sa, struct fault *f)
{
    char text[INET6_ADDRSTRLEN] = "?";
    uint8_t ip[16];
    if (sa->sa_family == AF_INET) {
        put_v4(ip, &((const struct sockaddr_in *)sa)->sin_addr);
        inet_ntop(AF_INET, ip + 12, text, sizeof text);
    } else if (sa->sa_family == AF_INET6) {
        memcpy(ip, &((const struct sockaddr_in6 *)sa)->sin6_addr, 16);
        inet_ntop(AF_INET6, ip, text, sizeof text);
    } else {
        return fault_user(f, 400, "The address is neither IPv4 nor IPv6.");
    }
    if (g->allows_all || is_in(g->allow, g->n_allow, ip)) return true;
    unwrap(ip);
    const char *what = is_in(g->allow, g->n_allow, ip) ? NULL : why_closed(ip);
    return !what || fault_user(f, 400, "%s is %s; this server does not speak to it (setting outgoing.allow).", text, what);
}

static bool check_port(const struct address_guard *g, int port, struct fault *f)
{
    if (g->allows_all_ports) return true;
    for (int i = 0; i < g->n_ports; i++)
        if (g->ports[i] == port) return true;
    return fault_user(f, 400, "Port %d is not one that this server speaks to (setting outgoing.ports).", port);
}

static bool check_text(const struct address_guard *g, struct str url, struct web_address *w, struct fault *f)
{
    if (!web_address_read(url, w, f)) return false;
    if (!w->is_https && !g->allows_http)
        return fault_user(f, 400, "The address must begin with https:// (setting outgoing.http).");
    return check_port(g, w->port, f) && (!w->is_ip || address_guard_ip(g, (struct sockaddr *)&w->ip, f));
}

bool address_guard_text(const struct address_guard *g, struct str url, struct fault *f)
{
    struct web_address w;
    return check_text(g, url, &w, f);
}

bool address_guard_url(const struct address_guard *g, struct str url, struct fault *f)
{
    struct web_address w;
    struct addrinfo *all = NULL, hints = {.ai_socktype = SOCK_STREAM};
    if (!check_text(g, url, &w, f)) return false;
    if (w.is_ip) return true;
    int error = getaddrinfo(w.host, NULL, &hints, &all);
    if (error || !all)
        return fault_user(f, 400, "The name %s does not resolve: %s.", w.host, gai_strerror(error ? error : EAI_NONAME));
    bool is_good = true;
    for (struct addrinfo *i = all; i && is_good; i = i->ai_next) is_good = address_guard_ip(g, i->ai_addr, f);
    freeaddrinfo(all);
    return is_good;
}
