/* cmd_connection.c: `pennypost connection …`: connections to other systems, through the server's own routes. */
#include "app/commands.h"
#include "app/connection_words.h"
#include "app/options.h"
#include "app/remote.h"
#include "base/log.h"
#include "net/url.h"
#include <stdio.h>
#include <string.h>

static const struct verb {
    const char *name;
    int least, most; /* words behind it */
    const char *form;
    unsigned takes; /* flags beside those that all of them take */
} verbs[] = {
    {"kinds", 0, 0, "kinds", 0},
    {"list", 0, 0, "list", 0},
    {"add", 1, 38, "add KIND [label=TEXT] [NAME=VALUE …] [--secrets FILE] [--untested]   (KIND and NAMEs: connection kinds)",
     TAKES_SECRETS | TAKES_UNTESTED},
    {"show", 1, 1, "show ID", 0},
    {"set", 1, 38, "set ID [label=TEXT] [NAME=VALUE …] [--secrets FILE] [--untested]   (NAME= takes one away)",
     TAKES_SECRETS | TAKES_UNTESTED},
    {"test", 1, 1, "test ID", 0},
    {"call", 2, 38, "call ID OPERATION [NAME=TEXT | NAME:=JSON … | -]   (-: one JSON object on standard input)", 0},
    {"subscribe", 1, 38, "subscribe ID [drop=DROP] [events=Mailed,…] [delay=3d] [name=TEXT] [NAME=VALUE …]", 0},
    {"hook", 1, 1, "hook ID   (a new address for its requests; the one before is shut)", 0},
    {"unhook", 1, 1, "unhook ID", 0},
    {"remove", 1, 1, "remove ID", 0},
};
enum { N_VERBS = sizeof verbs / sizeof *verbs };
#define SECRETS_HINT "Secrets come from --secrets FILE (-: standard input): lines NAME=VALUE, NAME=@FILE, or one JSON object.\n"

struct work {
    const struct options *o;
    struct remote *remote;
    struct buf body;
    char target[400];
};

static int fail(const struct fault *f) { return fprintf(stderr, "pennypost connection: %s\n", f->text), EXIT_CANNOT; }
static int misused(const struct fault *f) { return fprintf(stderr, "pennypost connection: %s\n", f->text), EXIT_USAGE; }

static bool call(struct work *w, const char *method, const char *target, struct json_value *root, struct fault *f)
{
    struct str body = w->body.len ? buf_str(&w->body) : STR_NULL;
    return remote_call(w->remote, method, target, body, root, f);
}

static const char *of(struct work *w, const char *rest)
{
    struct buf id = BUF_INIT;
    url_encode(&id, str_of(w->o->rest[1]));
    snprintf(w->target, sizeof w->target, "/v1/connections/%.*s%s", (int)(id.len < 60 ? id.len : 60), id.data ? id.data : "",
             rest);
    buf_finish(&id);
    return w->target;
}

static int as_came(const struct work *w) { return printf("%.*s\n", STR_ARG(remote_text(w->remote))), EXIT_DONE; }

/* ---- for people ---- */

static void print_names(const char *label, struct json_value list, const char *mark_of)
{
    struct json_iter it = {0};
    struct json_value v;
    printf("  %-11s", label);
    while (json_next(list, &it, NULL, &v))
        printf(" %.*s%s", STR_ARG(json_get(v, "name").string), json_get(v, mark_of).boolean ? "*" : "");
    puts("");
}

static void print_settings_of(struct json_value kind, bool secret)
{
    struct json_iter it = {0};
    struct json_value s;
    while (json_next(json_get(kind, "settings"), &it, NULL, &s)) {
        if (json_get(s, "is_secret").boolean != secret) continue;
        struct str by_default = json_get(s, "default").string;
        printf("  %-9s %.*s%s: %.*s", secret ? "secret" : "setting", STR_ARG(json_get(s, "name").string),
               json_get(s, "is_required").boolean ? "*" : "", STR_ARG(json_get(s, "what").string));
        if (by_default.len) printf(" (%.*s)", STR_ARG(by_default));
        puts("");
    }
}

static int kinds(struct work *w, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value root, kind;
    if (!call(w, "GET", "/v1/connectors", &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    while (json_next(root, &it, NULL, &kind)) {
        printf("%.*s: %.*s\n", STR_ARG(json_get(kind, "name").string), STR_ARG(json_get(kind, "title").string));
        print_settings_of(kind, false);
        print_settings_of(kind, true);
        print_names("operations", json_get(kind, "operations"), "");
    }
    puts("* must be set");
    return EXIT_DONE;
}

static void print_state(struct json_value c)
{
    struct json_value d = json_get(c, "destination"), again = json_get(c, "must_be_saved_again");
    if (again.boolean) printf("  its secrets must be saved again");
    if (d.type == JSON_OBJECT)
        printf("  %.*s, %lld waiting, %lld given up", STR_ARG(json_get(d, "state").string),
               (long long)json_get(d, "waiting").integer, (long long)json_get(d, "given_up").integer);
    if (d.type == JSON_OBJECT && json_get(d, "last_error").string.len)
        printf(": %.*s", STR_ARG(json_get(d, "last_error").string));
}

/* What came of the newest trial, in a list's row. */
static void print_tried(struct json_value t)
{
    if (t.type != JSON_OBJECT) return;
    printf("  tried %.*s: %s", STR_ARG(json_get(t, "tried_date").string),
           json_get(t, "is_working").boolean ? "works" : "does not work: ");
    if (!json_get(t, "is_working").boolean) printf("%.*s", STR_ARG(json_get(t, "sentence").string));
}

static int list(struct work *w, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value root, c;
    if (!call(w, "GET", "/v1/connections", &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    while (json_next(root, &it, NULL, &c)) {
        printf("%10lld  %-12.*s %.*s", (long long)json_get(c, "connection_id").integer, STR_ARG(json_get(c, "kind").string),
               STR_ARG(json_get(c, "label").string));
        print_state(c);
        print_tried(json_get(c, "test"));
        puts("");
    }
    return EXIT_DONE;
}

static void print_trial(struct json_value t)
{
    if (t.type != JSON_OBJECT) return;
    if (json_get(t, "is_working").boolean)
        puts("It works.");
    else
        printf("It does not work: %.*s\n", STR_ARG(json_get(t, "sentence").string));
}

static void print_members(struct json_value object, const char *label)
{
    struct json_iter it = {0};
    struct str key;
    struct json_value v;
    while (json_next(object, &it, &key, &v)) {
        if (v.type == JSON_STRING) printf("  %-9s %.*s = %.*s\n", label, STR_ARG(key), STR_ARG(v.string));
        if (v.type == JSON_BOOL) printf("  %-9s %.*s %s\n", label, STR_ARG(key), v.boolean ? "is set" : "is not set");
    }
}

static void print_deliveries(struct json_value log)
{
    struct json_iter it = {0};
    struct json_value a;
    while (json_next(log, &it, NULL, &a))
        printf("  %.*s  event %lld, attempt %lld: %.*s %.*s\n", STR_ARG(json_get(a, "created_date").string),
               (long long)json_get(a, "event_id").integer, (long long)json_get(a, "attempt").integer,
               STR_ARG(json_get(a, "result").string), STR_ARG(json_get(a, "answer").string));
}

static void print_newest_trial(struct json_value c)
{
    struct json_value t = json_get(c, "test");
    long long id = json_get(c, "connection_id").integer;
    if (t.type != JSON_OBJECT) {
        printf("  tried     not since it was saved (pennypost connection test %lld)\n", id);
        return;
    }
    printf("  tried     %.*s  ", STR_ARG(json_get(t, "tried_date").string));
    print_trial(t);
    if (!json_get(t, "is_working").boolean)
        printf("            It is kept as it is; pennypost connection test %lld tries it again.\n", id);
}

static int show(struct work *w, struct json_value c)
{
    struct json_value requests = json_get(c, "requests");
    if (w->o->json) return as_came(w);
    printf("connection %lld, %.*s: %.*s\n ", (long long)json_get(c, "connection_id").integer,
           STR_ARG(json_get(c, "title").string), STR_ARG(json_get(c, "label").string));
    print_state(c);
    puts("");
    print_members(json_get(c, "settings"), "setting");
    print_members(json_get(c, "secrets"), "secret");
    printf("  requests  %s\n", json_get(requests, "has_token").boolean ? "are taken" : "are not taken (connection hook)");
    if (json_get(requests, "last_refusal").string.len)
        printf("  refused   %.*s  %.*s\n", STR_ARG(json_get(requests, "last_refused_date").string),
               STR_ARG(json_get(requests, "last_refusal").string));
    print_newest_trial(c);
    print_deliveries(json_get(c, "last_deliveries"));
    return EXIT_DONE;
}

/* ---- bodies, before anything is opened ---- */

static const char *const plain[] = {"label", "description", NULL};

static bool connection_body(struct work *w, struct json_out *j, struct fault *f)
{
    if (strcmp(w->o->rest[0], "add") == 0) json_strz(j, "kind", w->o->rest[1]);
    if (w->o->untested) json_bool(j, "is_tested", false);
    for (int i = 0; plain[i]; i++) {
        struct str value = words_get(w->o, 2, plain[i]);
        if (value.ptr) json_str(j, plain[i], value);
    }
    return words_settings(w->o, 2, plain, j, f) && words_secrets(w->o, j, f);
}

static void events_body(struct json_out *j, struct str list)
{
    json_array(j, "events");
    while (list.ptr && list.len) json_str(j, NULL, str_trim(str_cut(list, ',', &list)));
    json_end(j);
}

static bool subscription_body(struct work *w, struct json_out *j, struct fault *f)
{
    static const char *const not_settings[] = {"drop", "events", "delay", "name", NULL};
    struct str drop = words_get(w->o, 2, "drop"), events = words_get(w->o, 2, "events"), delay = words_get(w->o, 2, "delay"),
               name = words_get(w->o, 2, "name");
    int64_t seconds = 0;
    json_strz(j, "connection_id", w->o->rest[1]);
    if (drop.ptr) json_str(j, "source_id", drop);
    if (name.ptr) json_str(j, "name", name);
    if (events.ptr) events_body(j, events);
    if (delay.ptr && !words_delay(delay, &seconds))
        return fault_user(f, 0, "a delay is written 90s, 15m, 12h or 3d, not \"%.*s\"", STR_ARG(delay));
    json_int(j, "delay_s", seconds);
    return words_settings(w->o, 2, not_settings, j, f);
}

static bool compose(struct work *w, const char *verb, struct fault *f)
{
    bool is_saved = strcmp(verb, "add") == 0 || strcmp(verb, "set") == 0;
    if (strcmp(verb, "call") == 0) return words_inputs(w->o, 3, &w->body, f);
    if (!is_saved && strcmp(verb, "subscribe") != 0) return true;
    struct json_out j = json_out_begin(&w->body);
    json_object(&j, NULL);
    bool ok = is_saved ? connection_body(w, &j, f) : subscription_body(w, &j, f);
    json_end(&j);
    json_out_end(&j);
    return ok;
}

/* ---- acting ---- */

/* A new label is no reason to try it: then what the answer says of its trial is of an earlier one. */
static bool is_tried(const struct work *w, bool is_new)
{
    return !w->o->untested && (is_new || w->o->secrets || words_say_settings(w->o, 2, plain));
}

static int put(struct work *w, bool is_new, struct fault *f)
{
    struct json_value root;
    if (!call(w, is_new ? "POST" : "PATCH", is_new ? "/v1/connections" : of(w, ""), &root, f)) return fail(f);
    struct json_value trial = json_get(root, "test");
    bool has_failed = trial.type == JSON_OBJECT && !json_get(trial, "is_working").boolean;
    show(w, root);
    return has_failed && is_tried(w, is_new) ? EXIT_REFUSED : EXIT_DONE;
}

static int test(struct work *w, struct fault *f)
{
    struct json_value root;
    if (!call(w, "POST", of(w, "/test"), &root, f)) return fail(f);
    if (w->o->json)
        as_came(w);
    else
        print_trial(root);
    return json_get(root, "is_working").boolean ? EXIT_DONE : EXIT_REFUSED;
}

static int operate(struct work *w, struct fault *f)
{
    char rest[200];
    struct json_value root;
    struct buf out = BUF_INIT;
    snprintf(rest, sizeof rest, "/operations/%.100s", w->o->rest[2]);
    if (!call(w, "POST", of(w, rest), &root, f)) return fail(f);
    bool is_done = json_get(root, "is_done").boolean;
    if (w->o->json) {
        as_came(w);
    } else {
        struct json_out j = json_out_begin(&out);
        json_value_write(&j, NULL, json_get(root, "body"));
        json_out_end(&j);
        printf("%lld\n%.*s\n", (long long)json_get(root, "status").integer, STR_ARG(buf_str(&out)));
        if (!is_done) fprintf(stderr, "pennypost connection: %.*s\n", STR_ARG(json_get(root, "sentence").string));
    }
    buf_finish(&out);
    return is_done ? EXIT_DONE : EXIT_REFUSED;
}

static int subscribe(struct work *w, struct fault *f)
{
    struct json_value root;
    if (!call(w, "POST", "/v1/subscriptions", &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    printf("subscription %lld\n", (long long)json_get(root, "subscription_id").integer);
    return EXIT_DONE;
}

static int hook(struct work *w, struct fault *f)
{
    struct json_value root;
    if (!call(w, "POST", of(w, "/hook"), &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    printf("%.*s\n", STR_ARG(json_get(root, "path").string));
    puts("It is shown this once. Put this server's address in front of it, and give it to nobody but the other side.");
    return EXIT_DONE;
}

static int simple(struct work *w, const char *method, const char *rest, struct fault *f)
{
    struct json_value root;
    if (!call(w, method, of(w, rest), &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    return puts("done"), EXIT_DONE;
}

static int act(struct work *w, const char *verb, struct fault *f)
{
    struct json_value root;
    if (strcmp(verb, "kinds") == 0) return kinds(w, f);
    if (strcmp(verb, "list") == 0) return list(w, f);
    if (strcmp(verb, "add") == 0) return put(w, true, f);
    if (strcmp(verb, "set") == 0) return put(w, false, f);
    if (strcmp(verb, "test") == 0) return test(w, f);
    if (strcmp(verb, "call") == 0) return operate(w, f);
    if (strcmp(verb, "subscribe") == 0) return subscribe(w, f);
    if (strcmp(verb, "hook") == 0) return hook(w, f);
    if (strcmp(verb, "unhook") == 0) return simple(w, "DELETE", "/hook", f);
    if (strcmp(verb, "remove") == 0) return simple(w, "DELETE", "", f);
    ASSERT(strcmp(verb, "show") == 0);
    return call(w, "GET", of(w, ""), &root, f) ? show(w, root) : fail(f);
}

/* ---- the command line ---- */

static void forms(FILE *to)
{
    for (const struct verb *v = verbs; v < verbs + N_VERBS; v++) {
        const char *note = strstr(v->form, "   (");
        int n = note ? (int)(note - v->form) : (int)strlen(v->form);
        fprintf(to, "pennypost connection %.*s --account ID%s\n", n, v->form, v->form + n);
    }
    fputs(SECRETS_HINT, to);
}

/* NULL: it is said how it is written. */
static const struct verb *verb_of(const struct options *o)
{
    const struct verb *v = verbs;
    while (o->n_rest && v < verbs + N_VERBS && strcmp(v->name, o->rest[0]) != 0) v++;
    if (!o->n_rest || v == verbs + N_VERBS) {
        fprintf(stderr,
                o->n_rest ? "pennypost connection: there is no \"%s\"; it is one of\n"
                          : "pennypost connection: say what; it is one of\n",
                o->n_rest ? o->rest[0] : "");
        forms(stderr);
        return NULL;
    }
    char command[40];
    snprintf(command, sizeof command, "connection %s", v->name);
    if (!options_take(o, command, TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT | v->takes)) return NULL;
    int n = o->n_rest - 1;
    if (n >= v->least && n <= v->most && o->account) return v;
    if (n > v->most)
        fprintf(stderr, "pennypost connection %s: \"%s\" is too much: pennypost connection %s\n", v->name, o->rest[v->most + 1],
                v->form);
    else
        fprintf(stderr, "pennypost connection %s: %s: pennypost connection %s --account ID\n", v->name,
                n < v->least ? "a word is missing" : "--account ID is missing", v->form);
    return NULL;
}

int cmd_connection(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    struct work w = {.o = &o};
    const struct verb *v;
    if (!options_read(&o, argc, argv, TAKES_NODE | TAKES_JSON | TAKES_ACCOUNT | TAKES_SECRETS | TAKES_UNTESTED, forms) ||
        !(v = verb_of(&o)))
        return EXIT_USAGE;
    int code = EXIT_CANNOT;
    if (!compose(&w, v->name, &f))
        code = misused(&f);
    else if (!(w.remote = remote_open(o.account, false, &f)))
        code = fail(&f);
    else
        code = act(&w, v->name, &f);
    if (w.remote) remote_close(&w.remote);
    buf_finish(&w.body);
    return code;
}
