/* cmd_serve.c: the server. Started as root it becomes the user `pennypost` first; SIGTERM and SIGINT end it after running
 * requests and pieces of work have ended. Prints one line "listening on ADDR:PORT" when it is ready, which ./run waits for. */
#include "app/commands.h"
#include "app/house.h"
#include "app/options.h"
#include "app/privileges.h"
#include "base/log.h"
#include "base/settings.h"
#include <signal.h>
#include <stdio.h>
#include <string.h>

static int wait_for_signal(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    int which = 0;
    sigwait(&ends, &which);
    return which;
}

/* Blocked before any thread is made, so that only sigwait sees them. */
static void block_signals(void)
{
    sigset_t ends;
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    sigprocmask(SIG_BLOCK, &ends, NULL);
}

int cmd_serve(int argc, char **argv)
{
    struct options o;
    struct fault f = {0};
    if (!options_read(&o, argc, argv, TAKES_NODE, NULL) || !options_no_words(&o, argv[0])) return EXIT_USAGE;
    if (!house_check_settings(&f)) return fprintf(stderr, "pennypost serve: %s\n", f.text), EXIT_USAGE;
    block_signals();
    if (!privileges_drop(setting_get(SETTING_DATA), &f)) return fprintf(stderr, "pennypost serve: %s\n", f.text), EXIT_CANNOT;
    struct house *h = house_open(true, &f);
    if (!h) return fprintf(stderr, "pennypost serve: %s\n", f.text), EXIT_CANNOT;
    const char *listen = setting_get(SETTING_LISTEN);
    printf("listening on %.*s:%d\n", (int)(strrchr(listen, ':') - listen), listen, house_port(h)); /* port 0 means any */
    fflush(stdout);
    log_info("app", "the house is open, version %s", PENNYPOST_VERSION);
    int which = wait_for_signal();
    log_info("app", "%s: closing", strsignal(which));
    house_close(&h);
    return EXIT_DONE;
}
