/* fuzz_address_guard.c: any bytes as an address and as the operator's settings. Whatever the guard takes, libcurl must read the same host and
 * port out of it, the host must be plain, and an address in place of a name must be an open one as the resolver reads it. */
#include "base/arena.h"
#include "base/log.h"
#include "net/address_guard.h"
#include "net/web_address.h"
#include <arpa/inet.h>
#include <curl/curl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* As it was given and as we write it again. True when libcurl takes it at all: else nothing is sent. */
static bool same_for_libcurl(const char *text, const struct web_address *w)
{
    char *host = NULL, *port = NULL;
    CURLU *u = curl_url();
    ASSERT(u);
    bool is_taken = curl_url_set(u, CURLUPART_URL, text, CURLU_URLENCODE | CURLU_PATH_AS_IS) == CURLUE_OK;
    if (is_taken) {
        ASSERT(curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT) == CURLUE_OK && atoi(port) == w->port);
        ASSERT(curl_url_get(u, CURLUPART_HOST, &host, 0) == CURLUE_OK);
        ASSERT(w->is_ip || str_eq_nocase(str_of(host), str_of(w->host)));
    }
    curl_free(host);
    curl_free(port);
    curl_url_cleanup(u);
    return is_taken;
}

static void check_libcurl(struct str url, const struct web_address *w)
{
    struct arena *a = arena_create(8192);
    bool is_ascii = true;
    for (size_t i = 0; i < url.len; i++) is_ascii &= (unsigned char)url.ptr[i] < 0x80;
    bool is_taken = same_for_libcurl(web_address_text(a, w), w);
    if (is_ascii) ASSERT(same_for_libcurl(arena_str(a, url).ptr, w) == is_taken);
    arena_destroy(&a);
}

/* getaddrinfo takes more for a number than we do: what we take for a name must be none to it. */
static void same_for_resolver(const struct address_guard *g, const struct web_address *w)
{
    struct addrinfo *all = NULL, hints = {.ai_flags = AI_NUMERICHOST, .ai_socktype = SOCK_STREAM};
    bool is_number = getaddrinfo(w->host, NULL, &hints, &all) == 0;
    ASSERT(is_number == w->is_ip);
    if (is_number) ASSERT(address_guard_ip(g, all->ai_addr, NULL));
    if (is_number) freeaddrinfo(all);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static struct address_guard *guard;
    struct fault f;
    struct str s = str_make(data, n);
    struct web_address w;
    if (!guard) guard = address_guard_create(STR(""), true, STR(""), &f);
    ASSERT(guard);
    if (address_guard_text(guard, s, &f)) {
        ASSERT(web_address_read(s, &w, &f));
        ASSERT(w.port == 80 || w.port == 443 || w.port == 8443);
        for (const char *p = w.host; *p; p++)
            ASSERT((*p >= 'a' && *p <= 'z') || (*p >= '0' && *p <= '9') || strchr(".-_:", *p));
        check_libcurl(s, &w);
        same_for_resolver(guard, &w);
    } else {
        ASSERT(f.whose == FAULT_USER && f.status == 400 && f.text[0]);
    }
    struct address_guard *other = address_guard_create(s, false, STR(""), &f);
    address_guard_destroy(&other);
    other = address_guard_create(STR(""), false, s, &f);
    address_guard_destroy(&other);
    return 0;
}
