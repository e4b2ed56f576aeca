/* http_client.c: one blocking request, over the server's Unix socket or to an address, on libcurl. Called by the command line; keeps nothing. */
#include "net/http_client.h"
#include <curl/curl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

static size_t take_answer(char *data, size_t size, size_t n, void *answer)
{
    buf_add(answer, data, size * n);
    return size * n;
}

static struct curl_slist *call_headers(const struct http_call *c)
{
    char line[300];
    struct curl_slist *h = curl_slist_append(NULL, "Expect:"); /* no waiting for 100 on a socket of this machine */
    if (c->account) snprintf(line, sizeof line, "X-Account: %s", c->account), h = curl_slist_append(h, line);
    if (c->content_type) snprintf(line, sizeof line, "Content-Type: %s", c->content_type), h = curl_slist_append(h, line);
    return h;
}

static bool call_set_body(CURL *curl, const struct http_call *c, FILE **file, struct fault *f)
{
    if (c->body_file) {
        struct stat st;
        *file = fopen(c->body_file, "rbe");
        if (!*file || fstat(fileno(*file), &st) != 0) return fault_errno(f, "reading %s", c->body_file);
        curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
        curl_easy_setopt(curl, CURLOPT_READDATA, *file);
        curl_easy_setopt(curl, CURLOPT_INFILESIZE_LARGE, (curl_off_t)st.st_size);
    } else if (c->body.ptr) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, c->body.ptr);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)c->body.len);
    } else if (strcmp(c->method, "HEAD") == 0) {
        curl_easy_setopt(curl, CURLOPT_NOBODY, 1L);
    }
    return true;
}

static bool call_perform(CURL *curl, const struct http_call *c, int *status, struct buf *answer, struct fault *f)
{
    char url[2048];
    const char *where = c->address ? c->address : c->unix_path;
    if ((size_t)snprintf(url, sizeof url, "%s%s", c->address ? c->address : "http://localhost", c->target) >= sizeof url)
        return fault_user(f, 400, "the request's address is too long");
    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (!c->address) curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, c->unix_path);
    if (c->user_agent) curl_easy_setopt(curl, CURLOPT_USERAGENT, c->user_agent);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)c->timeout_ms);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, c->method);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_answer);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, answer);
    CURLcode code = curl_easy_perform(curl);
    if (code == CURLE_COULDNT_CONNECT) return fault_remote(f, "no server answers on %s; is it running?", where);
    if (code != CURLE_OK) return fault_remote(f, "asking the server on %s: %s", where, curl_easy_strerror(code));
    long got = 0;
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &got);
    *status = (int)got;
    return true;
}

bool http_call(const struct http_call *c, int *status, struct buf *answer, struct fault *f)
{
    CURL *curl = curl_easy_init();
    if (!curl) return fault_operator(f, "libcurl could not start");
    FILE *file = NULL;
    struct curl_slist *headers = call_headers(c);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    bool ok = call_set_body(curl, c, &file, f) && call_perform(curl, c, status, answer, f);
    if (file) fclose(file);
    curl_slist_free_all(headers);
    curl_easy_cleanup(curl);
    return ok;
}
