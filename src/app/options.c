/* options.c: see options.h. Called once at the start of a command, on its only thread. */
#include "app/options.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

static const struct option flags[] = {{"data", required_argument, NULL, TAKES_DATA},
                                      {"db", required_argument, NULL, TAKES_DB},
                                      {"listen", required_argument, NULL, TAKES_LISTEN},
                                      {"config", required_argument, NULL, TAKES_CONFIG},
                                      {"set", required_argument, NULL, TAKES_SET},
                                      {"json", no_argument, NULL, TAKES_JSON},
                                      {"account", required_argument, NULL, TAKES_ACCOUNT},
                                      {"share", required_argument, NULL, TAKES_SHARE},
                                      {"key", required_argument, NULL, TAKES_KEY},
                                      {"secrets", required_argument, NULL, TAKES_SECRETS},
                                      {"untested", no_argument, NULL, TAKES_UNTESTED},
                                      {"keep", no_argument, NULL, TAKES_KEEP},
                                      {0}};

static bool set_pair(const char *pair, struct fault *f)
{
    struct str value, name = str_cut(str_of(pair), '=', &value);
    if (!value.ptr) return fault_user(f, 0, "--set wants NAME=VALUE, not \"%s\"", pair);
    struct fault why = {0};
    return setting_set(str_trim(name), str_trim(value), "--set", &why) || fault_user(f, 0, "--set %s: %s", pair, why.text);
}

/* Before anything is set. */
static bool look(int argc, char **argv, struct options *o, struct fault *f)
{
    int flag;
    optind = 1;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        if (flag == '?') return fault_user(f, 0, "that flag is not known here; see pennypost help");
        o->given |= (unsigned)flag;
    }
    return true;
}

/* Flags win over the environment, which wins over the file: so the file is looked for first, and flags are applied last. */
static bool apply(int argc, char **argv, struct options *o, bool only_config, struct fault *f)
{
    int flag;
    optind = 1;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
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
    for (const struct option *flag = flags; flag->name; flag++) {
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
    for (const struct option *flag = flags; flag->name; flag++)
        if (o->given & ~takes & (unsigned)flag->val)
            return fprintf(stderr, "pennypost %s: --%s means nothing here; it takes %s\n", command, flag->name,
                           names_of(takes, all, sizeof all)),
                   false;
    return true;
}

bool options_read(struct options *o, int argc, char **argv, unsigned takes)
{
    struct fault f = {0};
    *o = (struct options){0};
    if (!look(argc, argv, o, &f)) return fprintf(stderr, "pennypost %s: %s\n", argv[0], f.text), false;
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
