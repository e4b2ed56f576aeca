/* feed.c: addresses that may push scans without a key (usps.push_from). Pure; any thread. */
#include "api/api_private.h"
#include <arpa/inet.h>
#include <netinet/in.h>

static void map_v4(const struct in_addr *v4, uint8_t out[16])
{
    static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};
    memcpy(out, mapped, 12);
    memcpy(out + 12, v4, 4);
}

bool feed_address(const struct sockaddr *a, uint8_t out[16])
{
    if (!a || (a->sa_family != AF_INET6 && a->sa_family != AF_INET)) return false;
    if (a->sa_family == AF_INET6)
        memcpy(out, &((const struct sockaddr_in6 *)(const void *)a)->sin6_addr, 16);
    else
        map_v4(&((const struct sockaddr_in *)(const void *)a)->sin_addr, out);
    return true;
}

static bool block_of(struct str text, uint8_t out[16], int64_t *bits)
{
    char host[64];
    struct str width, name = str_cut(text, '/', &width);
    struct in_addr v4;
    if (!name.len || name.len >= sizeof host) return false;
    memcpy(host, name.ptr, name.len);
    host[name.len] = '\0';
    bool is_v4 = inet_pton(AF_INET, host, &v4) == 1;
    if (is_v4)
        map_v4(&v4, out);
    else if (inet_pton(AF_INET6, host, out) != 1)
        return false;
    *bits = is_v4 ? 32 : 128;
    if (width.ptr && (!str_to_int64(width, bits) || *bits < 0 || *bits > (is_v4 ? 32 : 128))) return false;
    if (is_v4) *bits += 96;
    return true;
}

static bool is_in(const uint8_t *address, const uint8_t *block, int64_t bits)
{
    for (int i = 0; i < 16 && bits > 0; i++, bits -= 8) {
        unsigned mask = bits >= 8 ? 0xffu : 0xffu << (8 - bits) & 0xffu;
        if (((unsigned)address[i] ^ block[i]) & mask) return false;
    }
    return true;
}

bool feed_is_allowed(const struct sockaddr *peer, struct str blocks)
{
    uint8_t address[16], block[16];
    int64_t bits;
    if (!feed_address(peer, address)) return false;
    while (blocks.ptr && blocks.len) {
        struct str rest, one = str_trim(str_cut(blocks, ',', &rest));
        if (block_of(one, block, &bits) && is_in(address, block, bits)) return true;
        blocks = rest;
    }
    return false;
}
