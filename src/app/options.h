/* options.h: the flags of the commands, which of them a command takes, and reading the node's settings in their order: file, environment,
 * flags. */
#pragma once
#include "base/fault.h"
#include <stdio.h>

/* Bits: a command says which it takes, and refuses the others. */
enum {
    TAKES_DATA = 1,
    TAKES_DB = 2,
    TAKES_LISTEN = 4,
    TAKES_CONFIG = 8,
    TAKES_SET = 16,
    TAKES_NODE = 31, /* where the house is and how it is set: every command that opens or asks it, or shows its settings */
    TAKES_JSON = 32,
    TAKES_ACCOUNT = 64,
    TAKES_SHARE = 128,
    TAKES_KEY = 256,
    TAKES_SECRETS = 512,
    TAKES_UNTESTED = 1024,
    TAKES_KEEP = 2048
};

struct options {
    bool json;            /* --json: machine output, no progress */
    const char *account;  /* --account ID */
    const char *share;    /* --share DIR: the demo's files */
    const char *key;      /* --key FIELD: contacts of an import are told apart by it */
    const char *secrets;  /* --secrets FILE: a connection's; "-": standard input */
    bool untested;        /* --untested: a connection is saved without being tried */
    bool keep;            /* --keep: the tour's folder stays */
    const char *rest[40]; /* words that are no flags */
    int n_rest;
    unsigned given; /* flags: TAKES_… */
};
/* How a command is written, a line each: "pennypost account list". NULL: its name and flags, no words. */
typedef void options_forms(FILE *to);
/* Reads argv[1…] of a command: the flags that it `takes` (TAKES_…), and plain words. False when the usage is wrong: a sentence has been printed, and nothing
 * is set. With --help or -h it prints the command's forms and flags, and the process ends well. */
bool options_read(struct options *o, int argc, char **argv, unsigned takes, options_forms *forms);
_Noreturn void options_help_end(void); /* ends the process, well if standard output took what was printed */
/* The same for a part of a command, "connection list", that takes fewer. */
bool options_take(const struct options *o, const char *command, unsigned takes);
/* False when there are words where a command takes none: a sentence has been printed. */
bool options_no_words(const struct options *o, const char *command);
