/* settings.h: what a node must know before it has a database: flags over environment over file over default, one table
 * (settings.def). `pennypost settings` prints name, value, unit, origin. Read-only after start-up. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"

enum setting {
#define SETTING(ident, name, value, unit, what) SETTING_##ident,
#include "base/settings.def"
#undef SETTING
    SETTING_COUNT
};
struct setting_def {
    const char *name, *by_default, *unit, *what;
};
const struct setting_def *setting_def(enum setting s);
const char *setting_get(enum setting s);
int64_t setting_int(enum setting s);        /* asserts that the default is a number; set refuses others */
const char *setting_origin(enum setting s); /* "default", "file …:12", "PENNYPOST_PRESS_SANDBOX", "--listen" */
/* A setting, or a limit, by its name: the one door for flags, environment and file. FAULT_USER: no such name, a value of the wrong
 * kind, a number out of range. */
bool setting_set(struct str name, struct str value, const char *origin, struct fault *f);
/* Lines `name = value`, `#` comments. FAULT_USER names the line; FAULT_OPERATOR: the file cannot be read. What stood before a bad
 * line is set: the caller ends. */
bool settings_read_file(const char *path, struct fault *f);
/* PENNYPOST_MAIL_RECALL_MINUTES for mail.recall_minutes, PENNYPOST_BATCH_MAX_PIECES for the limit batch.max_pieces. */
bool settings_read_environment(struct fault *f);
