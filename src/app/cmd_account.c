/* cmd_account.c: `pennypost account …`: accounts, keys and mailer ids, through the operator's socket. A key is printed once,
 * here. */
#include "app/commands.h"
#include "app/options.h"
#include "app/remote.h"
#include "base/json_out.h"
#include "base/log.h"
#include <stdio.h>

static int fail(const struct fault *f) { return fprintf(stderr, "pennypost account: %s\n", f->text), EXIT_CANNOT; }

/* The whole answer with --json, else the named members one a line. */
static void show(const struct remote *r, const struct options *o, struct json_value root, const char *const *names)
{
    if (o->json) {
        printf("%.*s\n", STR_ARG(remote_text(r)));
        return;
    }
    for (; *names; names++) {
        struct json_value v = json_get(root, *names);
        if (v.type == JSON_INT) printf("%-12s %lld\n", *names, (long long)v.integer);
        if (v.type == JSON_STRING) printf("%-12s %.*s\n", *names, STR_ARG(v.string));
    }
}

static int create(struct remote *r, const struct options *o, struct fault *f)
{
    struct buf body = BUF_INIT;
    struct json_out j = json_out_begin(&body);
    json_object(&j, NULL);
    json_strz(&j, "username", o->rest[1]);
    json_end(&j);
    json_out_end(&j);
    struct json_value root;
    bool ok = remote_call(r, "POST", "/v1/accounts", buf_str(&body), &root, f);
    buf_finish(&body);
    if (!ok) return fail(f);
    show(r, o, root, (const char *const[]){"account_id", "api_key", NULL});
    if (!o->json) puts("The key is shown this once; the server keeps only its digest.");
    return EXIT_DONE;
}

static int list(struct remote *r, const struct options *o, struct fault *f)
{
    struct json_value root, item;
    struct json_iter it = {0};
    if (!remote_call(r, "GET", "/v1/accounts", STR_NULL, &root, f)) return fail(f);
    if (o->json) return printf("%.*s\n", STR_ARG(remote_text(r))), EXIT_DONE;
    while (json_next(root, &it, NULL, &item))
        printf("%10lld  %.*s\n", (long long)json_get(item, "account_id").integer, STR_ARG(json_get(item, "username").string));
    return EXIT_DONE;
}

static int simple(struct remote *r, const struct options *o, const char *method, const char *target, struct fault *f)
{
    struct json_value root;
    if (!remote_call(r, method, target, STR_NULL, &root, f)) return fail(f);
    show(r, o, root, (const char *const[]){"account_id", "api_key", "mailer_id", "hint", NULL});
    return EXIT_DONE;
}

static int rate_limit(struct remote *r, const struct options *o, struct fault *f)
{
    char target[300];
    struct json_value root;
    struct buf body = BUF_INIT;
    struct json_out j = json_out_begin(&body);
    struct str rate = str_of(o->rest[2]);
    json_object(&j, NULL);
    json_str(&j, "rate_limit", str_eq(rate, STR("house")) ? STR_NULL : rate);
    json_end(&j);
    json_out_end(&j);
    snprintf(target, sizeof target, "/v1/accounts/%s/rate-limit", o->rest[1]);
    bool ok = remote_call(r, "PUT", target, buf_str(&body), &root, f);
    buf_finish(&body);
    if (!ok) return fail(f);
    show(r, o, root, (const char *const[]){"account_id", "rate_limit", NULL});
    return EXIT_DONE;
}

static const struct verb {
    const char *name, *args[2], *form;
} verbs[] = {
    {"create", {"NAME"}, "create NAME"},
    {"list", {NULL}, "list"},
    {"key", {"ID"}, "key ID"},
    {"revoke", {"ID", "HINT"}, "revoke ID HINT   (HINT: the key's last four characters)"},
    {"mailer-id", {"ID", "MID"}, "mailer-id ID MID"},
    {"rate-limit",
     {"ID", "RATE"},
     "rate-limit ID RATE   (off, vendor, 5/s, 100/min or 5/s,100/min; house: api.rate_limit again)"},
};
enum { N_VERBS = sizeof verbs / sizeof *verbs };

static void forms(FILE *to)
{
    for (const struct verb *v = verbs; v < verbs + N_VERBS; v++) fprintf(to, "pennypost account %s\n", v->form);
}

/* Says what is missing or too much, and how it is written, before anything is opened. */
static bool is_complete(const struct options *o)
{
    const struct verb *v = verbs;
    while (o->n_rest && v < verbs + N_VERBS && strcmp(v->name, o->rest[0]) != 0) v++;
    if (!o->n_rest || v == verbs + N_VERBS) {
        fprintf(stderr,
                o->n_rest ? "pennypost account: there is no \"%s\"; it is one of\n"
                          : "pennypost account: say what; it is one of\n",
                o->n_rest ? o->rest[0] : "");
        forms(stderr);
        return false;
    }
    int n = 0;
    while (n < 2 && v->args[n]) n++;
    if (o->n_rest == n + 1) return true;
    if (o->n_rest <= n)
        fprintf(stderr, "pennypost account %s: %s is missing: pennypost account %s\n", v->name, v->args[o->n_rest - 1],
                v->form);
    else
        fprintf(stderr, "pennypost account %s: \"%s\" is too much: pennypost account %s\n", v->name, o->rest[n + 1], v->form);
    return false;
}

static int act(struct remote *r, const struct options *o, struct fault *f)
{
    char target[300];
    struct str verb = str_of(o->rest[0]);
    if (str_eq(verb, STR("create"))) return create(r, o, f);
    if (str_eq(verb, STR("list"))) return list(r, o, f);
    if (str_eq(verb, STR("key"))) {
        snprintf(target, sizeof target, "/v1/accounts/%s/keys", o->rest[1]);
        return simple(r, o, "POST", target, f);
    }
    if (str_eq(verb, STR("revoke"))) {
        snprintf(target, sizeof target, "/v1/accounts/%s/keys/%s", o->rest[1], o->rest[2]);
        return simple(r, o, "DELETE", target, f);
    }
    if (str_eq(verb, STR("mailer-id"))) {
        snprintf(target, sizeof target, "/v1/accounts/%s/mailer-ids/%s", o->rest[1], o->rest[2]);
        return simple(r, o, "PUT", target, f);
    }
    if (str_eq(verb, STR("rate-limit"))) return rate_limit(r, o, f);
    ASSERT(str_is_empty(verb)); /* verbs has it, act does not */
    return EXIT_USAGE;
}

int cmd_account(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON, forms) || !is_complete(&o)) return EXIT_USAGE;
    struct remote *r = remote_open(NULL, str_eq(str_of(o.rest[0]), STR("create")), &f);
    if (!r) return fail(&f);
    int code = act(r, &o, &f);
    remote_close(&r);
    return code;
}
