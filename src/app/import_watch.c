/* import_watch.c: see import_watch.h. */
#include "app/import_watch.h"
#include "base/buf.h"
#include "base/progress.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { POLL_US = 150000, SHOWN_REFUSALS = 20 };

static bool wait_for(struct remote *r, struct import_outcome *out, int64_t bytes, bool quiet, struct fault *f)
{
    char target[80];
    struct json_value root;
    struct progress *bar = progress_create("Importing contacts", "bytes", bytes, quiet);
    snprintf(target, sizeof target, "/v1/imports/%lld", (long long)out->import_id);
    bool ok, done = false;
    while ((ok = remote_call(r, "GET", target, STR_NULL, &root, f)) && !done) {
        out->rows = json_get(root, "rows").integer;
        out->used = json_get(root, "used").integer;
        out->inserted = json_get(root, "inserted").integer;
        out->updated = json_get(root, "updated").integer;
        out->unchanged = json_get(root, "unchanged").integer;
        out->repeated = json_get(root, "repeated").integer;
        out->refused = json_get(root, "refused").integer;
        progress_set(bar, json_get(root, "at_byte").integer, out->refused);
        struct str state = json_get(root, "state").string;
        if (str_eq(state, STR("failed")))
            ok = fault_remote(f, "the import failed: %.*s", STR_ARG(json_get(root, "last_error").string));
        done = !ok || str_eq(state, STR("done"));
        if (!done) usleep(POLL_US);
        if (!ok) break;
    }
    progress_end(&bar);
    return ok;
}

void import_show_refused(struct remote *r, const char *what, int64_t n)
{
    char target[100];
    struct json_value root, row;
    struct json_iter it = {0};
    struct fault f = {0};
    snprintf(target, sizeof target, "%s/refused?limit=%d", what, SHOWN_REFUSALS);
    if (!n || !remote_call(r, "GET", target, STR_NULL, &root, &f)) return;
    while (json_next(root, &it, NULL, &row))
        fprintf(stderr, "  line %lld: %.*s\n", (long long)json_get(row, "line").integer,
                STR_ARG(json_get(row, "detail").string));
    if (n > SHOWN_REFUSALS) fprintf(stderr, "  and %lld more: GET %s/refused\n", (long long)(n - SHOWN_REFUSALS), what);
}

static void add_key(struct buf *target, const char *key)
{
    buf_addz(target, "?key=");
    for (const unsigned char *p = (const unsigned char *)key; *p; p++) buf_addf(target, "%%%02X", *p);
}

bool import_and_watch(struct remote *r, int64_t list, const char *file, const char *key, bool quiet, struct import_outcome *out,
                      struct fault *f)
{
    struct buf target = BUF_INIT;
    char what[80];
    struct stat st;
    struct json_value root;
    if (stat(file, &st) != 0) return fault_errno(f, "the file %s cannot be read", file);
    buf_addf(&target, "/v1/lists/%lld/imports", (long long)list);
    if (key) add_key(&target, key);
    bool ok = remote_upload(r, "POST", target.data, file, "text/csv", &root, f);
    buf_finish(&target);
    if (!ok) return false;
    *out = (struct import_outcome){.import_id = json_get(root, "import_id").integer};
    if (!wait_for(r, out, st.st_size, quiet, f)) return false;
    snprintf(what, sizeof what, "/v1/imports/%lld", (long long)out->import_id);
    if (!quiet) import_show_refused(r, what, out->refused);
    return true;
}
