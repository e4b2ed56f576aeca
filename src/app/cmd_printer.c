/* cmd_printer.c: `pennypost printer …`, `pennypost batch …` and `pennypost printed import FILE`: printers, what a person says of batches, and
 * printers' return files; through the operator's socket. */
#include "app/commands.h"
#include "app/import_watch.h"
#include "app/options.h"
#include "app/remote.h"
#include "base/json_out.h"
#include "base/log.h"
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* A form of a command: its first word, how many words follow, and what it is for. A list of them ends in one without a verb. */
struct form {
    const char *verb;
    int n_args;
    bool needs_account;
    const char *text;
};

static void print_forms(FILE *to, const char *command, const struct form *forms)
{
    for (; forms->verb; forms++) fprintf(to, "pennypost %s %s\n", command, forms->text);
}

static const struct form *form_of(const char *command, const struct form *forms, const struct options *o)
{
    for (const struct form *form = forms; form->verb; form++)
        if (o->n_rest && strcmp(form->verb, o->rest[0]) == 0 && o->n_rest == form->n_args + 1 &&
            (!form->needs_account || o->account))
            return form;
    fprintf(stderr, "pennypost %s: it is one of\n", command);
    print_forms(stderr, command, forms);
    return NULL;
}

static int fail(const char *command, const struct fault *f)
{
    return fprintf(stderr, "pennypost %s: %s\n", command, f->text), EXIT_CANNOT;
}

/* One member as JSON object {key: value, …}; NULL ends the pairs. */
static struct str object_of(struct buf *b, const char *const *pairs)
{
    struct json_out j = json_out_begin(b);
    json_object(&j, NULL);
    for (; *pairs; pairs += 2) json_strz(&j, pairs[0], pairs[1]);
    json_end(&j);
    json_out_end(&j);
    return buf_str(b);
}

static int ask(struct remote *r, const struct options *o, const char *command, const char *method, const char *target,
               struct str body)
{
    struct json_value root;
    struct fault f = {0};
    if (!remote_call(r, method, target, body, &root, &f)) return fail(command, &f);
    if (o->json)
        printf("%.*s\n", STR_ARG(remote_text(r)));
    else
        puts("done");
    return EXIT_DONE;
}

/* ---- printers ---- */

static const struct form printer_forms[] = {
    {"put", 3, false, "put NAME folder PATH   (PATH: the printer's folder, absolute)"},
    {"list", 0, false, "list"},
    {"remove", 1, false, "remove NAME"},
    {"grant", 2, false, "grant NAME ACCOUNT   (the account prints there)"},
    {"revoke", 1, false, "revoke ACCOUNT   (it prints nowhere)"},
    {0},
};
static void show_printer_forms(FILE *to) { print_forms(to, "printer", printer_forms); }

static int list_printers(struct remote *r, const struct options *o)
{
    struct json_value root, item, account;
    struct json_iter it = {0};
    struct fault f = {0};
    if (!remote_call(r, "GET", "/v1/printers", STR_NULL, &root, &f)) return fail("printer", &f);
    if (o->json) return printf("%.*s\n", STR_ARG(remote_text(r))), EXIT_DONE;
    while (json_next(root, &it, NULL, &item)) {
        struct json_iter each = {0};
        struct json_value settings = json_get(item, "settings");
        printf("%.*s  %.*s %.*s  accounts:", STR_ARG(json_get(item, "name").string), STR_ARG(json_get(settings, "kind").string),
               STR_ARG(json_get(settings, "path").string));
        while (json_next(json_get(item, "accounts"), &each, NULL, &account)) printf(" %lld", (long long)account.integer);
        puts("");
    }
    return EXIT_DONE;
}

static int act_printer(struct remote *r, const struct options *o, const char *verb)
{
    char target[400];
    struct buf body = BUF_INIT;
    struct str json = STR_NULL;
    const char *method = "PUT", *const *w = o->rest;
    if (strcmp(verb, "list") == 0) return list_printers(r, o);
    if (strcmp(verb, "put") == 0) {
        snprintf(target, sizeof target, "/v1/printers/%s", w[1]);
        json = object_of(&body, (const char *const[]){"kind", w[2], "path", w[3], NULL});
    } else if (strcmp(verb, "remove") == 0) {
        method = "DELETE";
        snprintf(target, sizeof target, "/v1/printers/%s", w[1]);
    } else if (strcmp(verb, "grant") == 0) {
        snprintf(target, sizeof target, "/v1/accounts/%s/printer/%s", w[2], w[1]);
    } else {
        method = "DELETE";
        snprintf(target, sizeof target, "/v1/accounts/%s/printer", w[1]);
    }
    int code = ask(r, o, "printer", method, target, json);
    buf_finish(&body);
    return code;
}

int cmd_printer(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    const struct form *form;
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON, show_printer_forms) ||
        !(form = form_of("printer", printer_forms, &o)))
        return EXIT_USAGE;
    struct remote *r = remote_open(NULL, true, &f);
    if (!r) return fail("printer", &f);
    int code = act_printer(r, &o, form->verb);
    remote_close(&r);
    return code;
}

/* ---- batches ---- */

static const struct form batch_forms[] = {
    {"release", 1, true, "release BATCH --account ID   (a daily cap holds it)"},
    {"resolve", 2, true, "resolve BATCH printed|not_printed --account ID   (its fate is unknown, and somebody has looked)"},
    {0},
};
static void show_batch_forms(FILE *to) { print_forms(to, "batch", batch_forms); }

int cmd_batch(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    struct buf body = BUF_INIT;
    struct str json = STR_NULL;
    char target[200];
    const struct form *form;
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT, show_batch_forms) ||
        !(form = form_of("batch", batch_forms, &o)))
        return EXIT_USAGE;
    struct remote *r = remote_open(o.account, false, &f);
    if (!r) return fail("batch", &f);
    snprintf(target, sizeof target, "/v1/batches/%s/%s", o.rest[1], form->verb);
    if (form->n_args == 2) json = object_of(&body, (const char *const[]){"outcome", o.rest[2], NULL});
    int code = ask(r, &o, "batch", "POST", target, json);
    buf_finish(&body);
    remote_close(&r);
    return code;
}

/* ---- printers' returns ---- */

static const struct form printed_forms[] = {
    {"import", 1, true, "import FILE.csv --account ID   (columns piece_id, status, time)"}, {0}};
static void show_printed_forms(FILE *to) { print_forms(to, "printed", printed_forms); }

static int64_t number_of(struct json_value root, const char *name) { return json_get(root, name).integer; }

/* Until it is worked off. */
static bool wait_for(struct remote *r, struct json_value *root, struct fault *f)
{
    char target[80];
    snprintf(target, sizeof target, "/v1/imports/%lld", (long long)number_of(*root, "import_id"));
    for (;;) {
        struct str state = json_get(*root, "state").string;
        if (str_eq(state, STR("done"))) return true;
        if (str_eq(state, STR("failed"))) return fault_user(f, 0, "%.*s", STR_ARG(json_get(*root, "last_error").string));
        usleep(100000);
        if (!remote_call(r, "GET", target, STR_NULL, root, f)) return false;
    }
}

int cmd_printed(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    struct json_value root;
    char what[80];
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT, show_printed_forms) ||
        !form_of("printed", printed_forms, &o))
        return EXIT_USAGE;
    struct remote *r = remote_open(o.account, false, &f);
    if (!r) return fail("printed", &f);
    bool ok = remote_upload(r, "POST", "/v1/printed", o.rest[1], "text/csv", &root, &f) && wait_for(r, &root, &f);
    int code = ok ? number_of(root, "refused") ? EXIT_REFUSED : EXIT_DONE : fail("printed", &f);
    if (ok && o.json) printf("%.*s\n", STR_ARG(remote_text(r)));
    if (ok && !o.json)
        printf("return %lld: %lld lines, %lld used, %lld known already, %lld refused\n",
               (long long)number_of(root, "import_id"), (long long)number_of(root, "rows"), (long long)number_of(root, "used"),
               (long long)number_of(root, "repeated"), (long long)number_of(root, "refused"));
    snprintf(what, sizeof what, "/v1/imports/%lld", (long long)(ok ? number_of(root, "import_id") : 0));
    if (ok && !o.json) import_show_refused(r, what, number_of(root, "refused"));
    remote_close(&r);
    return code;
}
