/* tour.h: the tour's acts, in their order (cmd_tour.c calls them), and what they share. An act prints its paragraph and ends when what it is
 * about stands where it should; the fault of one that does not is the tour's last sentence. One thread. */
#pragma once
#include "app/remote.h"
#include "app/tour_told.h"

enum { TOUR_PATIENCE_MS = 30000 };
#define TOUR_NO_ADDRESS "00Q000000000503AAA" /* a lead who has none */

struct tour {
    struct tour_stage *stage;
    struct remote *remote; /* the operator's socket, as the tour's account */
    struct arena *arena;
    int64_t started_ms, story_ms;         /* story_ms: when the card was made */
    int64_t highlevel, salesforce, kizen; /* connections */
    int64_t list, template, drop, piece;
    const char *endpoint, *hook, *tracking, *purl;
    struct tour_person lee, ada; /* Lee is a lead at Salesforce, Ada a contact there and at Kizen; HighLevel knows both */
};
typedef bool tour_act(struct tour *t, struct fault *f);

/* ---- tour_scene.c: until mail can be sent ---- */
tour_act tour_show_stage, tour_connect, tour_import, tour_make_campaign, tour_subscribe;
/* ---- tour_mail.c: what happens to a card ---- */
tour_act tour_send, tour_kizen, tour_scans, tour_visit;

/* ---- cmd_tour.c: for both ---- */
/* The server's own route (remote_call); body NULL: none. */
bool tour_ask(struct tour *t, const char *method, const char *target, const char *body, struct json_value *root,
              struct fault *f);
bool tour_script(struct tour *t, enum tour_part part, const char *body, struct json_value *root, struct fault *f);
const char *tour_text(struct tour *t, struct json_value object, const char *key); /* in the arena; "": not there */
/* Looks until it is there. `what` completes "after 30 s …". */
bool tour_wait_for(struct tour *t, bool (*look)(struct tour *, bool *is_there, struct fault *), const char *what,
                   struct fault *f);
