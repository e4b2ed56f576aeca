/* options.c: see options.h. Called once at the start of a command, on its only thread. */
#include "app/options.h"
#include "app/commands.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

/* name, what it is given (NULL: nothing), its bit, what it is for */
#define FLAGS(X)                                                                                                               \
    X("data", "DIR", TAKES_DATA, "where everything lies")                                                                      \
    X("db", "ADDRESS", TAKES_DB, "sqlite:FILE or postgresql://USER@HOST/DATABASE")                                             \
    X("listen", "ADDR:PORT", TAKES_LISTEN, "where the server listens")                                                         \
    X("config", "FILE", TAKES_CONFIG, "settings and limits, a line NAME = VALUE each")                                         \
    X("set", "NAME=VALUE", TAKES_SET, "one of pennypost settings or pennypost limits")                                         \
    X("json", NULL, TAKES_JSON, "the answer as JSON, without progress")                                                        \
    X("account", "ID", TAKES_ACCOUNT, "whose it is")                                                                           \
    X("share", "DIR", TAKES_SHARE, "the files that come with the program")                                                     \
    X("key", "FIELD", TAKES_KEY, "contacts are told apart by it")                                                              \
    X("secrets", "FILE", TAKES_SECRETS, "a connection's secrets; -: standard input")                                           \
    X("untested", NULL, TAKES_UNTESTED, "a connection is saved without being tried")                                           \
    X("keep", NULL, TAKES_KEEP, "the tour's folder stays")

enum { HELP = 1 << 30 };
static const struct option flags[] = {
#define X(name, arg, bit, what) {name, arg ? required_argument : no_argument, NULL, bit},
    FLAGS(X)
#undef X
        {"help", no_argument, NULL, HELP},
    {0}};
static const struct flag_words {
    const char *arg, *what;
} words_of[] = {
#define X(name, arg, bit, what) {arg, what},
    FLAGS(X)
#undef X
};
enum { N_FLAGS = sizeof words_of / sizeof *words_of };

void options_help_end(void) { exit(fflush(stdout) == 0 ? EXIT_DONE : EXIT_CANNOT); }

/* For who asks how the command is written. */
static _Noreturn void help(const char *command, unsigned takes, options_forms *forms)
{
    if (forms)
        forms(stdout);
    else
        printf("pennypost %s%s\n", command, takes ? " [flags]" : "");
    for (int i = 0; i < N_FLAGS; i++) {
        char flag[40];
        snprintf(flag, sizeof flag, "--%s %s", flags[i].name, words_of[i].arg ? words_of[i].arg : "");
        if (takes & (unsigned)flags[i].val) printf("  %-20s %s\n", flag, words_of[i].what);
    }
    options_help_end();
}

static bool set_pair(const char *pair, struct fault *f)
{
    struct str value, name = str_cut(str_of(pair), '=', &value);
    if (!value.ptr) return fault_user(f, 0, "--set wants NAME=VALUE, not \"%s\"", pair);
    struct fault why = {0};
    return setting_set(str_trim(name), str_trim(value), "--set", &why) || fault_user(f, 0, "--set %s: %s", pair, why.text);
}

/* Before anything is set. */
static bool look(int argc, char **argv, unsigned takes, options_forms *forms, struct options *o, struct fault *f)
{
    int flag;
    optind = 1;
    while ((flag = getopt_long(argc, argv, "h", flags, NULL)) != -1) {
        if (flag == 'h' || flag == HELP) help(argv[0], takes, forms);
        if (flag == '?') return fault_user(f, 0, "that flag is not known here; see pennypost %s --help", argv[0]);
        o->given |= (unsigned)flag;
    }
    return true;
}

/* Flags win over the environment, which wins over the file: so the file is looked for first, and flags are applied last. */
static bool apply(int argc, char **argv, struct options *o, bool only_config, struct fault *f)
{
    int flag;
    optind = 1;
    while ((flag = getopt_long(argc, argv, "h", flags, NULL)) != -1) {
        if (only_config != (flag == TAKES_CONFIG)) continue;
        switch (flag) {
        case TAKES_CONFIG:
            if (!settings_read_file(optarg, f)) return false;
            break;
        case TAKES_DATA:
            if (!setting_set(STR("data"), str_of(optarg), "--data", f)) return false;
            break;
        case TAKES_DB:
            if (!setting_set(STR("db"), str_of(optarg), "--db", f)) return false;
            break;
        case TAKES_LISTEN:
            if (!setting_set(STR("listen"), str_of(optarg), "--listen", f)) return false;
            break;
        case TAKES_SET:
            if (!set_pair(optarg, f)) return false;
            break;
        case TAKES_JSON: o->json = true; break;
        case TAKES_ACCOUNT: o->account = optarg; break;
        case TAKES_SHARE: o->share = optarg; break;
        case TAKES_KEY: o->key = optarg; break;
        case TAKES_SECRETS: o->secrets = optarg; break;
        case TAKES_UNTESTED: o->untested = true; break;
        case TAKES_KEEP: o->keep = true; break;
        default: break;
        }
    }
    return true;
}

static void use_log_level(void)
{
    static const char *const words[] = {"debug", "info", "warning", "error"};
    for (int i = 0; i < 4; i++)
        if (str_eq(str_of(setting_get(SETTING_LOG_LEVEL)), str_of(words[i]))) log_set_level((enum log_level)i);
}

/* "--share and --keep"; "no flag". */
static const char *names_of(unsigned takes, char *out, size_t max)
{
    size_t n = 0;
    snprintf(out, max, "no flag");
    for (const struct option *flag = flags; flag < flags + N_FLAGS; flag++) {
        unsigned this = (unsigned)flag->val, later = takes & ~(this * 2 - 1);
        if (!(takes & this)) continue;
        const char *before = !n ? "" : later ? ", " : " and ";
        n += (size_t)snprintf(out + n, max - n, "%s--%s", before, flag->name);
    }
    return out;
}

bool options_take(const struct options *o, const char *command, unsigned takes)
{
    char all[200];
    for (const struct option *flag = flags; flag < flags + N_FLAGS; flag++)
        if (o->given & ~takes & (unsigned)flag->val)
            return fprintf(stderr, "pennypost %s: --%s means nothing here; it takes %s\n", command, flag->name,
                           names_of(takes, all, sizeof all)),
                   false;
    return true;
}

bool options_read(struct options *o, int argc, char **argv, unsigned takes, options_forms *forms)
{
    struct fault f = {0};
    *o = (struct options){0};
    if (!look(argc, argv, takes, forms, o, &f)) return fprintf(stderr, "pennypost %s: %s\n", argv[0], f.text), false;
    if (!options_take(o, argv[0], takes)) return false;
    if (!apply(argc, argv, o, true, &f) || !settings_read_environment(&f) || !apply(argc, argv, o, false, &f))
        return fprintf(stderr, "pennypost %s: %s\n", argv[0], f.text), false;
    for (; optind < argc; optind++) {
        if (o->n_rest == (int)(sizeof o->rest / sizeof *o->rest))
            return fprintf(stderr, "pennypost %s: too many words\n", argv[0]), false;
        o->rest[o->n_rest++] = argv[optind];
    }
    use_log_level();
    return true;
}

bool options_no_words(const struct options *o, const char *command)
{
    if (!o->n_rest) return true;
    return fprintf(stderr, "pennypost %s takes flags only: \"%s\" means nothing here\n", command, o->rest[0]), false;
}
