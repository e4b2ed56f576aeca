/* options.c: see options.h. Called once at the start of a command, on its only thread. */
#include "app/options.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/settings.h"
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    FLAG_DATA = 1,
    FLAG_DB,
    FLAG_LISTEN,
    FLAG_CONFIG,
    FLAG_SET,
    FLAG_JSON,
    FLAG_ACCOUNT,
    FLAG_SHARE,
    FLAG_KEY,
    FLAG_SECRETS,
    FLAG_UNTESTED,
    FLAG_KEEP
};

static const struct option flags[] = {{"data", required_argument, NULL, FLAG_DATA},
                                      {"db", required_argument, NULL, FLAG_DB},
                                      {"listen", required_argument, NULL, FLAG_LISTEN},
                                      {"config", required_argument, NULL, FLAG_CONFIG},
                                      {"set", required_argument, NULL, FLAG_SET},
                                      {"json", no_argument, NULL, FLAG_JSON},
                                      {"account", required_argument, NULL, FLAG_ACCOUNT},
                                      {"share", required_argument, NULL, FLAG_SHARE},
                                      {"key", required_argument, NULL, FLAG_KEY},
                                      {"secrets", required_argument, NULL, FLAG_SECRETS},
                                      {"untested", no_argument, NULL, FLAG_UNTESTED},
                                      {"keep", no_argument, NULL, FLAG_KEEP},
                                      {0}};

static bool set_pair(const char *pair, struct fault *f)
{
    struct str value, name = str_cut(str_of(pair), '=', &value);
    if (!value.ptr) return fault_user(f, 0, "--set wants NAME=VALUE, not \"%s\"", pair);
    struct fault why = {0};
    return setting_set(str_trim(name), str_trim(value), "--set", &why) || fault_user(f, 0, "--set %s: %s", pair, why.text);
}

/* Flags win over the environment, which wins over the file: so the file is looked for first, and flags are applied last. */
static bool apply(int argc, char **argv, struct options *o, bool only_config, struct fault *f)
{
    int flag;
    optind = 1;
    while ((flag = getopt_long(argc, argv, "", flags, NULL)) != -1) {
        if (flag == '?') return fault_user(f, 0, "that flag is not known here; see pennypost help");
        if (only_config != (flag == FLAG_CONFIG)) continue;
        switch (flag) {
        case FLAG_CONFIG:
            if (!settings_read_file(optarg, f)) return false;
            break;
        case FLAG_DATA:
            if (!setting_set(STR("data"), str_of(optarg), "--data", f)) return false;
            break;
        case FLAG_DB:
            if (!setting_set(STR("db"), str_of(optarg), "--db", f)) return false;
            break;
        case FLAG_LISTEN:
            if (!setting_set(STR("listen"), str_of(optarg), "--listen", f)) return false;
            break;
        case FLAG_SET:
            if (!set_pair(optarg, f)) return false;
            break;
        case FLAG_JSON: o->json = true; break;
        case FLAG_ACCOUNT: o->account = optarg; break;
        case FLAG_SHARE: o->share = optarg; break;
        case FLAG_KEY: o->key = optarg; break;
        case FLAG_SECRETS: o->secrets = optarg; break;
        case FLAG_UNTESTED: o->untested = true; break;
        case FLAG_KEEP: o->keep = true; break;
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

bool options_read(struct options *o, int argc, char **argv)
{
    struct fault f = {0};
    *o = (struct options){0};
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
