/* main.c: the program's front door: finds the command and calls it. A press worker (the same binary, started by src/press)
 * never gets beyond the first line. */
#include "app/commands.h"
#include "press/press.h"
#include <signal.h>
#include <stdio.h>

static const struct command {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *help;
} commands[] = {
    {"serve", cmd_serve,
     "run the server: serve [--data DIR] [--db sqlite:FILE|postgresql://…] [--listen ADDR:PORT] [--config FILE]"},
    {"press", cmd_press, "a batch package without a server: press --size 6x9 --html FILE --contacts FILE.csv --out DIR"},
    {"account", cmd_account, "accounts and keys: account create NAME | list | key ID | revoke ID HINT | mailer-id ID MID"},
    {"connection", cmd_connection,
     "connections to CRMs: connection kinds | list | add | show | set | test | call | subscribe | hook | remove"},
    {"contacts", cmd_contacts, "contacts import LIST FILE.csv --account ID [--key FIELD]; contacts send ENDPOINT FILE.json"},
    {"scans", cmd_scans, "scans import FILE [acs] [--account ID]: tracking data of the USPS"},
    {"why", cmd_why, "the whole story of one piece: why PIECE --account ID"},
    {"printer", cmd_printer,
     "printers: printer put NAME folder PATH | list | remove NAME | grant NAME ACCOUNT | revoke ACCOUNT"},
    {"batch", cmd_batch, "batch release BATCH | resolve BATCH printed|not_printed --account ID"},
    {"printed", cmd_printed, "printed import FILE.csv --account ID: what a printer sends back"},
    {"imb", cmd_imb, "imb encode | decode: one code a line on standard input"},
    {"address", cmd_address, "one JSON address a line in, one standardised out"},
    {"demo", cmd_demo, "load the demo account and send its test campaign: demo --share DIR"},
    {"tour", cmd_tour,
     "a card told to HighLevel, Salesforce and Kizen, all played on this machine: tour [--share DIR] [--keep]"},
    {"doctor", cmd_doctor, "look at this machine: what works here and what does not"},
    {"migrate", cmd_migrate, "bring the database to this program's schema"},
    {"settings", cmd_settings, "every setting, or one by its NAME: name, value, unit, where the value comes from"},
    {"limits", cmd_limits, "every limit, or one by its NAME: name, value, unit, what it bounds"},
    {"version", cmd_version, "the version"},
};
static const size_t n_commands = sizeof commands / sizeof *commands;

static void usage(FILE *to)
{
    fputs("pennypost: real, personalised mail from data\n\n", to);
    for (size_t i = 0; i < n_commands; i++) fprintf(to, "  %-10s %s\n", commands[i].name, commands[i].help);
    fputs("\npennypost COMMAND --help says how a command is written.\nExit codes: 0 done, 1 some items refused (and listed), 2 "
          "usage, 3 cannot run.\n",
          to);
}

int main(int argc, char **argv)
{
    int code;
    if (press_worker_main(argc, argv, &code)) return code;
    signal(SIGPIPE, SIG_IGN);
    if (argc < 2) return usage(stderr), EXIT_USAGE;
    struct str word = str_of(argv[1]);
    if (str_eq(word, STR("help")) || str_eq(word, STR("--help")) || str_eq(word, STR("-h"))) return usage(stdout), EXIT_DONE;
    if (str_eq(word, STR("--version"))) word = STR("version");
    for (size_t i = 0; i < n_commands; i++)
        if (str_eq(word, str_of(commands[i].name))) return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "There is no command \"%s\".\n\n", argv[1]);
    return usage(stderr), EXIT_USAGE;
}
