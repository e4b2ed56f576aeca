/* postalytics_private.h: what the files of this connector share. */
#pragma once
#include "links/call.h"
#include "links/postalytics/postalytics.h"
#include <pthread.h>

struct map;
struct postalytics {
    const struct link_house *house;
    struct connector connector;
    struct sender sender;
    struct printer_def printer;
    struct json_parser *judging; /* under judge_lock */
    pthread_mutex_t judge_lock, meter_lock;
    struct map *meters; /* connection's number → struct meter */
};
/* The other side's words in an error's body; STR_NULL: none that can be read. From the arena. */
struct str postalytics_message(struct json_parser *p, struct arena *a, struct str body);

/* ---- postalytics_send.c ---- */
/* What an answer to a send says: sets p->status, sent_at, remote_id, why. */
enum sender_outcome postalytics_send_outcome(struct json_parser *parser, struct arena *a, const struct connector_answer *answer,
                                             struct sender_piece *p);
/* One try over an account's connection; waits for its rate. */
enum sender_outcome postalytics_send(struct postalytics *pl, struct sender_piece *p, struct arena *a);

/* ---- postalytics_watch.c ---- */
void postalytics_watch_add(struct postalytics *pl);

/* ---- postalytics_printer.c ---- */
void postalytics_printer_init(struct postalytics *pl);
