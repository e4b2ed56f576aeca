/* cmd_scans.c: `pennypost scans import FILE`: scans of the USPS, or with `acs` ACS records, through the server's own routes. Without
 * --account the house's: rows may tell of anybody's pieces. Exit 1 when rows were refused. */
#include "app/commands.h"
#include "app/import_watch.h"
#include "app/options.h"
#include "app/remote.h"
#include "base/progress.h"
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#define FORM "pennypost scans import FILE [acs] [--account ID]   (acs: address change records)"
static void forms(FILE *to) { fputs(FORM "\n", to); }

enum { POLL_US = 150000, SHOWN_REFUSALS = 20 };

static bool wait_for(struct remote *r, int64_t id, int64_t bytes, bool quiet, int64_t *refused, struct fault *f)
{
    char target[80];
    struct json_value root;
    struct progress *bar = progress_create("Reading scans", "bytes", bytes, quiet);
    bool ok, done = false;
    snprintf(target, sizeof target, "/v1/scans/%lld", (long long)id);
    while ((ok = remote_call(r, "GET", target, STR_NULL, &root, f)) && !done) {
        struct str state = json_get(root, "state").string;
        *refused = json_get(root, "refused").integer;
        progress_set(bar, json_get(root, "at_byte").integer, *refused);
        done = str_eq(state, STR("done"));
        if (str_eq(state, STR("failed"))) {
            ok = fault_remote(f, "reading failed: %.*s", STR_ARG(json_get(root, "last_error").string));
            break;
        }
        if (done) break;
        usleep(POLL_US);
    }
    progress_end(&bar);
    return ok;
}

static bool import(struct remote *r, const struct options *o, int64_t *id, int64_t *refused, struct fault *f)
{
    struct stat st;
    char what[80];
    struct json_value root;
    const char *target = o->n_rest == 3 ? "/v1/scans?kind=acs" : "/v1/scans";
    if (stat(o->rest[1], &st) != 0) return fault_errno(f, "the file %s cannot be read", o->rest[1]);
    if (!remote_upload(r, "POST", target, o->rest[1], "application/octet-stream", &root, f)) return false;
    *id = json_get(root, "scan_file_id").integer;
    if (!wait_for(r, *id, st.st_size, o->json, refused, f)) return false;
    snprintf(what, sizeof what, "/v1/scans/%lld", (long long)*id);
    if (!o->json) import_show_refused(r, what, *refused);
    return true;
}

static bool show(struct remote *r, const struct options *o, int64_t id, struct fault *f)
{
    char target[80];
    struct json_value v;
    snprintf(target, sizeof target, "/v1/scans/%lld", (long long)id);
    if (!remote_call(r, "GET", target, STR_NULL, &v, f)) return false;
    if (o->json)
        printf("%.*s\n", STR_ARG(remote_text(r)));
    else
        printf("file of scans %lld: %lld rows, %lld new, %lld repeats, %lld of unknown pieces, %lld refused\n", (long long)id,
               (long long)json_get(v, "rows").integer, (long long)json_get(v, "used").integer,
               (long long)json_get(v, "repeats").integer, (long long)json_get(v, "orphans").integer,
               (long long)json_get(v, "refused").integer);
    return true;
}

int cmd_scans(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    int64_t id = 0, refused = 0;
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT, forms)) return EXIT_USAGE;
    bool is_form = (o.n_rest == 2 || o.n_rest == 3) && str_eq(str_of(o.rest[0]), STR("import")) &&
                   (o.n_rest == 2 || str_eq(str_of(o.rest[2]), STR("acs")));
    if (!is_form) return fprintf(stderr, "pennypost scans: %s\n", FORM), EXIT_USAGE;
    struct remote *r = remote_open(o.account, false, &f);
    bool ok = r && import(r, &o, &id, &refused, &f) && show(r, &o, id, &f);
    remote_close(&r);
    if (!ok) return fprintf(stderr, "pennypost scans: %s\n", f.text), EXIT_CANNOT;
    return refused ? EXIT_REFUSED : EXIT_DONE;
}
