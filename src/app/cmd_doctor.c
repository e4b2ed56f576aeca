/* cmd_doctor.c: what works on this machine and what does not, each with what to do. And `migrate`. */
#include "app/commands.h"
#include "app/house.h"
#include "app/options.h"
#include "base/durable.h"
#include "base/limits.h"
#include "base/log.h"
#include "base/process.h"
#include "base/settings.h"
#include "press/chromium.h"
#include "store/store.h"
#include <stdio.h>
#include <unistd.h>

static int n_bad;

static void say(bool good, const char *what, const char *detail)
{
    printf("%-4s %s%s%s\n", good ? "ok" : "BAD", what, *detail ? ": " : "", detail);
    if (!good) n_bad++;
}

static void look_at_data(void)
{
    const char *data = setting_get(SETTING_DATA);
    char text[1200];
    ASSERT(data);
    if (access(data, F_OK) != 0) {
        snprintf(text, sizeof text, "%s is not there: the first start makes it; another is said with --data", data);
        return say(false, "data folder", text);
    }
    snprintf(text, sizeof text, "%s%s", data, access(data, W_OK) == 0 ? "" : " cannot be written; choose another with --data");
    say(access(data, W_OK) == 0, "data folder", text);
    int64_t free_mb = disk_free_mb(data);
    snprintf(text, sizeof text, "%lld MB free, %lld MB are kept free", (long long)free_mb,
             (long long)limit_get(LIMIT_DISK_MIN_FREE_MB));
    say(free_mb < 0 || free_mb >= limit_get(LIMIT_DISK_MIN_FREE_MB), "disk", text);
}

static void look_at_database(void)
{
    struct fault f = {0};
    char address[1100], shown[300], version[100], text[500];
    house_store_address(address, sizeof address);
    store_address_show(address, shown, sizeof shown);
    if (!store_probe(address, version, sizeof version, &f)) return say(false, "database", f.text);
    snprintf(text, sizeof text, "%s at %s", version, shown);
    say(true, "database", text);
}

static void look_at_programs(void)
{
    struct fault f = {0};
    struct buf out = BUF_INIT;
    bool good = chromium_is_available(&f);
    say(good, "Chromium in its cage", good ? "" : f.text);
    f = (struct fault){0};
    good = process_run((const char *const[]){"pdftoppm", "-v", NULL}, STR_NULL, &out, 5000, &f);
    say(good, "pdftoppm, for pictures of pieces", good ? "" : "install poppler-utils");
    buf_finish(&out);
    char font[600];
    snprintf(font, sizeof font, "%s/NotoSans-Regular.ttf", setting_get(SETTING_PRESS_FONTS));
    say(access(font, R_OK) == 0, "the house font",
        access(font, R_OK) == 0 ? font : "NotoSans-Regular.ttf is not there; install fonts-noto-core");
}

int cmd_doctor(int argc, char **argv)
{
    struct options o;
    if (!options_read(&o, argc, argv, TAKES_NODE, NULL) || !options_no_words(&o, argv[0])) return EXIT_USAGE;
    look_at_data();
    look_at_database();
    look_at_programs();
    return n_bad ? EXIT_REFUSED : EXIT_DONE;
}

int cmd_migrate(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    if (!options_read(&o, argc, argv, TAKES_NODE, NULL) || !options_no_words(&o, argv[0])) return EXIT_USAGE;
    struct house *h = house_open(false, &f);
    if (!h) return fprintf(stderr, "pennypost migrate: %s\n", f.text), EXIT_CANNOT;
    house_close(&h);
    printf("the schema is at version %lld\n", (long long)store_schema_known());
    return EXIT_DONE;
}
