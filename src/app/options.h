/* options.h: the flags that every command understands, and reading the node's settings in their order: file, environment,
 * flags. */
#pragma once
#include "base/fault.h"

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
};
/* Reads argv[1…] of a command: --data, --db, --listen, --config, --set NAME=VALUE, --json, --account, --share, --key, --secrets, --untested, --keep, and plain words.
 * False when the usage is wrong: a sentence has been printed. */
bool options_read(struct options *o, int argc, char **argv);
/* False when there are words where a command takes none: a sentence has been printed. */
bool options_no_words(const struct options *o, const char *command);
