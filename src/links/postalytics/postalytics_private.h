/* postalytics_private.h: what the files of this connector share. */
#pragma once
#include "links/call.h"
#include "links/per_connection.h"
#include "links/postalytics/postalytics.h"
#include "press/fields.h"
#include <pthread.h>

struct postalytics {
    const struct link_house *house;
    const char *data_dir;
    struct connector connector;
    struct sender sender;
    struct printer_def printer;
    struct json_parser *judging; /* under judge_lock */
    pthread_mutex_t judge_lock;
    struct per_connection *meters;
};
/* The other side's words in an error's body; STR_NULL: none that can be read. From the arena. */
struct str postalytics_message(struct json_parser *p, struct arena *a, struct str body);

/* ---- postalytics_send.c ---- */
/* What an answer to a send says: sets p->status, sent_at, remote_id, why. */
enum sender_outcome postalytics_send_outcome(struct json_parser *parser, struct arena *a, const struct connector_answer *answer,
                                             struct sender_piece *p);
/* One try over an account's connection; waits for its rate. */
enum sender_outcome postalytics_send(struct postalytics *pl, struct sender_piece *p, struct arena *a);

/* ---- one turn at a connection that is watched (postalytics_watch.c) ---- */
enum watch_way { WATCH_OFF, WATCH_POLLS, WATCH_HOOKS /* its events are posted here, and polled more rarely */ };
struct field_set;
struct watch {
    struct postalytics *pl;
    int64_t account, connection_id;
    struct arena *arena; /* of what is read now: the turn's, or one page's */
    struct json_parser *parser;
    struct connection connection;
    int64_t since, now, attempt; /* attempt: of this turn, from 1 */
    enum watch_way way;
    struct str mark;     /* var_field_N; "none" */
    struct str contacts; /* off, all, or numbers of lists there */
    struct str answered; /* the body of the 2xx that came last */
    int status;          /* of the last request's answer; 0: none came, or it was not asked */
    const struct field_set *fields;
    struct {
        int64_t data_id;
        struct str values[FIELD_KNOWN];
    } asked; /* the person that was asked for last */
};
void watch_init(struct watch *w, struct postalytics *pl, int64_t account, int64_t connection_id, struct arena *a);
void watch_finish(struct watch *w);
/* The connection and what its settings say. 404: it was removed. */
bool watch_open(struct watch *w, struct fault *f);
/* What is read while its owner removes it must leave nothing behind. */
bool watch_is_there(struct tx *tx, const struct watch *w);
/* One request. True: a 2xx with JSON, in *out as long as `p` reads nothing else. *status: the answer's, 0: none. FAULT_REMOTE (also
 * when the server is stopping: nothing is asked any more), FAULT_USER. */
bool watch_ask(struct watch *w, const char *method, const char *path, struct str body, struct json_parser *p,
               struct json_value *out, int *status, struct fault *f);
/* The same for an array, as all collections there are. */
bool watch_ask_array(struct watch *w, const char *path, struct json_parser *p, struct json_value *out, int *status,
                     struct fault *f);
int64_t watch_number(struct json_value v); /* also of a text; 0: it is none */
void postalytics_watch_add(struct postalytics *pl);

/* ---- one event there (postalytics_event.c) ---- */
struct happening {
    const struct watch *watch;
    int64_t drop_id, at, data_id, piece_id /* what the mark says; 0 */, post_id /* of mirror_post; 0: it was read */;
    const struct status_def *status;
    struct str drop_name, url, repeat_id, detail;
    struct str person[FIELD_KNOWN]; /* STR_NULL: not known */
    bool is_new /* no look had come to it */, is_test, is_told /* before */,
        is_ours /* of a piece that was sent through this connection */;
};
/* From a list of events: false: it is nothing that can be told. */
bool happening_of_row(const struct watch *w, struct json_value row, struct happening *e);
/* From what a webhook posted. FAULT_USER 400 says what is wrong with it. */
bool happening_of_post(const struct watch *w, struct json_value root, struct happening *e, struct fault *f);
/* Each once, in one unit: their is_new say to which no look had come before. Whose e-mail address is not known, and who is wanted, is asked
 * for before. `read_on`: they are a page of one drop's events, and this is kept as its read_on if any was new; 0: they were posted, or nothing is
 * behind them. FAULT_REMOTE: not now. */
bool happenings_tell(struct watch *w, struct happening *e, int n, int64_t read_on, struct fault *f);

/* ---- persons and lists there (postalytics_contacts.c) ---- */
/* The fields of any object that is a person, in whichever spelling; what is there already stays. */
void person_fill(const struct watch *w, struct json_value object, struct str values[FIELD_KNOWN]);
/* From the lists here that follow theirs, else by asking. FAULT_REMOTE: not now. */
bool person_complete(struct watch *w, int64_t drop_id, int64_t data_id, struct str values[FIELD_KNOWN], struct fault *f);
/* Reads the lists that the setting `contacts` names, when it is time (`due_at`: DB_NULL: never yet). *said: what is not as it should be; STR_NULL. */
bool contacts_follow(struct watch *w, int64_t due_at, struct str *said, struct fault *f);
/* At the start, before anything is read: files of lists that a crash left go. */
void contacts_tidy(const struct postalytics *pl);

/* ---- webhooks there (postalytics_hooks.c) ---- */
struct watched_drop {
    int64_t drop_id;
    struct str name, endpoint;
    int64_t read_on; /* the page of its events above which all has been read; 0: on all pages */
};
/* Has the events of these drops posted here, as far as can be. *n: of how many they are; *said: how it stands, a sentence for people. */
bool hooks_put(struct watch *w, const struct watched_drop *drops, int n_drops, int *n, struct str *said, struct fault *f);
/* Takes all of them away, until `until_ms` (of the monotonic clock). */
bool hooks_take_down(struct watch *w, int64_t until_ms, struct fault *f);
void postalytics_leave(void *ctx, int64_t account, int64_t connection_id);

/* ---- one look at a drop's events (postalytics_look.c) ---- */
/* At most watch.pages of them; the next look goes on where this one ends or breaks off. */
bool look_at_events(struct watch *w, const struct watched_drop *d, struct fault *f);
/* Inside a unit: where it is, durable with what is new there. */
bool look_keep(struct tx *tx, const struct watch *w, int64_t drop_id, int64_t read_on);

/* ---- what is posted here (postalytics_post.c) ---- */
int postalytics_hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f);
void postalytics_posts_add(struct postalytics *pl);

/* ---- postalytics_printer.c ---- */
void postalytics_printer_init(struct postalytics *pl);
