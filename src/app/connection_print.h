/* connection_print.h: connections, their kinds and their subscriptions for people: what `pennypost connection` prints of the server's answers without
 * --json. On standard output; each ends its lines. */
#pragma once
#include "base/json.h"

void print_kind_in_short(struct json_value kind);                /* what is to be set, and its operations by name */
void print_kind(struct json_value kind);                         /* the same, and each operation's inputs; "*": must be said */
void print_connection_row(struct json_value c);                  /* one line */
void print_connection(struct json_value c, const char *account); /* all of it, with the newest trial and what was told last */
void print_trial(struct json_value trial);                       /* "It works." */
void print_subscription_row(struct json_value s);                /* one line: number, of what, events, delay */
