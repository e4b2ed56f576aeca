/* tour_stage.h: what `pennypost tour` plays on: a folder that goes at the end, the scripted peers (tests/scenario/peers, Python) and a
 * server, each a process of its own on loopback. They end with the stage, and with this process however it ends. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "base/json.h"

enum tour_part { TOUR_HIGHLEVEL, TOUR_SALESFORCE, TOUR_KIZEN, TOUR_SERVER, TOUR_PARTS };
struct tour_stage;

/* Finds the peers and the pictures in the checkout (the current folder, or the one that this program was built in), copies them to a new
 * folder, becomes the user `pennypost` when we are root, and takes SIGINT and SIGTERM as the wish to stop. share NULL: the checkout's
 * share/demo. Sets the setting `data` to the folder's. A fault says what is missing. */
struct tour_stage *tour_stage_create(const char *share, struct fault *f);
/* Starts the four and waits until they listen. */
bool tour_stage_start(struct tour_stage *s, struct fault *f);
/* Ends what was started; the folder goes unless `keep`. */
void tour_stage_destroy(struct tour_stage **s, bool keep);

const char *tour_stage_folder(const struct tour_stage *s);
const char *tour_stage_name(enum tour_part part);                                /* "Salesforce" */
const char *tour_stage_address(const struct tour_stage *s, enum tour_part part); /* "http://127.0.0.1:41000" */
/* One request over TCP, as a browser would; any status is an answer. *root (may be NULL) is valid until the next call. */
bool tour_stage_ask(struct tour_stage *s, enum tour_part part, const char *method, const char *target, struct str body,
                    int *status, struct json_value *root, struct fault *f);
struct str tour_stage_text(const struct tour_stage *s); /* the last answer as it came */
/* A tenth of a second; false when somebody wants to stop, or the server has ended. */
bool tour_stage_pause(struct tour_stage *s, struct fault *f);
