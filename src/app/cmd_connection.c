/* cmd_connection.c: `pennypost connection …`: connections to other systems, through the server's own routes. */
#include "app/commands.h"
#include "app/connection_print.h"
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
    {"kinds", 0, 1, "kinds [KIND]   (KIND: that one, with the inputs of its operations)", 0},
    {"list", 0, 0, "list", 0},
    {"add", 1, 38, "add KIND [label=TEXT] [NAME=VALUE …] [--secrets FILE] [--untested]   (KIND and NAMEs: connection kinds)",
     TAKES_SECRETS | TAKES_UNTESTED},
    {"show", 1, 1, "show ID", 0},
    {"set", 1, 38, "set ID [label=TEXT] [NAME=VALUE …] [--secrets FILE] [--untested]   (NAME= takes one away)",
     TAKES_SECRETS | TAKES_UNTESTED},
    {"test", 1, 1, "test ID", 0},
    {"call", 2, 38, "call ID OPERATION [NAME=TEXT | NAME:=JSON … | -]   (-: one JSON object on standard input)", 0},
    {"subscribe", 1, 38, "subscribe ID [drop=DROP] [events=Mailed,…] [delay=3d] [name=TEXT] [NAME=VALUE …]", 0},
    {"subscriptions", 1, 1, "subscriptions ID", 0},
    {"unsubscribe", 2, 2,
     "unsubscribe ID SUBSCRIPTION   (SUBSCRIPTION: connection subscriptions ID; what waits for it goes with it)", 0},
    {"redrive", 1, 1, "redrive ID   (what it was not told of and was given up is tried again)", 0},
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

static const char *below(struct work *w, const char *start, const char *word, const char *rest)
{
    struct buf b = BUF_INIT;
    url_encode(&b, str_of(word));
    snprintf(w->target, sizeof w->target, "%s%.*s%s", start, (int)(b.len < 60 ? b.len : 60), b.data ? b.data : "", rest);
    buf_finish(&b);
    return w->target;
}

static const char *of(struct work *w, const char *rest) { return below(w, "/v1/connections/", w->o->rest[1], rest); }

static int as_came(const struct work *w) { return printf("%.*s\n", STR_ARG(remote_text(w->remote))), EXIT_DONE; }

/* ---- looking ---- */

static void print_json(struct json_value v)
{
    struct buf out = BUF_INIT;
    struct json_out j = json_out_begin(&out);
    json_value_write(&j, NULL, v);
    json_out_end(&j);
    printf("%.*s\n", STR_ARG(buf_str(&out)));
    buf_finish(&out);
}

static int no_kind(struct json_value all, const char *word, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value kind;
    struct buf names = BUF_INIT;
    while (json_next(all, &it, NULL, &kind))
        buf_addf(&names, "%s%.*s", names.len ? ", " : "", STR_ARG(json_get(kind, "name").string));
    fault_user(f, 0, "there is no kind \"%.60s\"; it is one of: %.*s", word, STR_ARG(buf_str(&names)));
    buf_finish(&names);
    return fail(f);
}

static int one_kind(const struct work *w, struct json_value all, const char *word, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value kind;
    while (json_next(all, &it, NULL, &kind)) {
        if (!str_eq(json_get(kind, "name").string, str_of(word))) continue;
        if (w->o->json) {
            print_json(kind);
        } else {
            print_kind(kind);
            puts("* must be set; of an operation's inputs: must be said");
        }
        return EXIT_DONE;
    }
    return no_kind(all, word, f);
}

static int kinds(struct work *w, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value root, kind;
    if (!call(w, "GET", "/v1/connectors", &root, f)) return fail(f);
    if (w->o->n_rest > 1) return one_kind(w, root, w->o->rest[1], f);
    if (w->o->json) return as_came(w);
    while (json_next(root, &it, NULL, &kind)) print_kind_in_short(kind);
    puts("* must be set; pennypost connection kinds KIND has the inputs of its operations");
    return EXIT_DONE;
}

static int list(struct work *w, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value root, c;
    if (!call(w, "GET", "/v1/connections", &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    while (json_next(root, &it, NULL, &c)) print_connection_row(c);
    return EXIT_DONE;
}

static int show(struct work *w, struct json_value c)
{
    if (w->o->json) return as_came(w);
    print_connection(c, w->o->account);
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
    bool is_saved = strcmp(verb, "add") == 0 || strcmp(verb, "set") == 0, is_redrive = strcmp(verb, "redrive") == 0, ok = true;
    if (strcmp(verb, "call") == 0) return words_inputs(w->o, 3, &w->body, f);
    if (!is_saved && !is_redrive && strcmp(verb, "subscribe") != 0) return true;
    struct json_out j = json_out_begin(&w->body);
    json_object(&j, NULL);
    if (is_redrive)
        json_strz(&j, "connection_id", w->o->rest[1]);
    else
        ok = is_saved ? connection_body(w, &j, f) : subscription_body(w, &j, f);
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
    snprintf(rest, sizeof rest, "/operations/%.100s", w->o->rest[2]);
    if (!call(w, "POST", of(w, rest), &root, f)) return fail(f);
    bool is_done = json_get(root, "is_done").boolean;
    if (w->o->json) {
        as_came(w);
    } else {
        printf("%lld\n", (long long)json_get(root, "status").integer);
        print_json(json_get(root, "body"));
        if (!is_done) fprintf(stderr, "pennypost connection: %.*s\n", STR_ARG(json_get(root, "sentence").string));
    }
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

static int subscriptions(struct work *w, struct fault *f)
{
    struct json_iter it = {0};
    struct json_value root, s;
    if (!call(w, "GET", below(w, "/v1/subscriptions?connection_id=", w->o->rest[1], ""), &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    while (json_next(root, &it, NULL, &s)) print_subscription_row(s);
    if (json_count(root) == 0)
        printf("It is told of nothing: pennypost connection subscribe %s --account %s\n", w->o->rest[1], w->o->account);
    return EXIT_DONE;
}

/* Who mistypes a number must not end what another system is told. */
static bool is_its_own(struct json_value s, const char *connection, struct fault *f)
{
    struct json_value of = json_get(s, "connection_id");
    int64_t id = 0;
    long long number = json_get(s, "subscription_id").integer;
    struct str url = json_get(s, "url").string;
    if (of.type == JSON_INT && str_to_int64(str_of(connection), &id) && id == of.integer) return true;
    if (of.type == JSON_INT)
        return fault_user(f, 0, "subscription %lld is not told to connection %s, but to connection %lld", number, connection,
                          (long long)of.integer);
    if (url.len)
        return fault_user(f, 0, "subscription %lld is not told to connection %s, but to the address %.*s", number, connection,
                          STR_ARG(url));
    return fault_user(f, 0, "subscription %lld is not told to connection %s: it sends mail", number, connection);
}

static int unsubscribe(struct work *w, struct fault *f)
{
    struct json_value root;
    const char *target = below(w, "/v1/subscriptions/", w->o->rest[2], "");
    if (!call(w, "GET", target, &root, f) || !is_its_own(root, w->o->rest[1], f) || !call(w, "DELETE", target, &root, f))
        return fail(f);
    if (w->o->json) return as_came(w);
    return puts("done"), EXIT_DONE;
}

static int redrive(struct work *w, struct fault *f)
{
    struct json_value root;
    if (!call(w, "POST", "/v1/outbox/redrive", &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    printf("%lld given up, tried again now\n", (long long)json_get(root, "deliveries").integer);
    return EXIT_DONE;
}

static int hook(struct work *w, struct fault *f)
{
    struct json_value root;
    if (!call(w, "POST", of(w, "/hook"), &root, f)) return fail(f);
    if (w->o->json) return as_came(w);
    struct str url = json_get(root, "url").string;
    printf("%.*s\n", STR_ARG(url.len ? url : json_get(root, "path").string));
    printf("It is shown this once. %sive it to nobody but the other side.\n",
           url.len ? "G" : "Put this server's address in front of it, and g");
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
    if (strcmp(verb, "subscriptions") == 0) return subscriptions(w, f);
    if (strcmp(verb, "unsubscribe") == 0) return unsubscribe(w, f);
    if (strcmp(verb, "redrive") == 0) return redrive(w, f);
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
