/* chromium_page.h: one page of the browser: opened in a browser context of its own, filled with the document at hand, asked things
 * through our script in an isolated world, printed, closed with all that it knew. Used by chromium.c. */
#pragma once
#include "base/json_out.h"
#include "press/cdp.h"
#include "press/chromium_assets.h"

struct chromium_page { /* the caller fills the first four; the rest begins as zero */
    struct cdp *cdp;
    struct chromium_assets *assets;
    const struct chromium_document *d;
    struct arena *arena;
    struct str context, target, session, frame;
    int64_t world;
    struct buf params; /* of the next call */
    bool was_answered; /* the document's own request */
    bool has_loaded, has_crashed;
    int requests; /* seen so far */
};
/* Loads the head and the first body. What fails here and below: see chromium_print. */
bool chromium_page_open(struct chromium_page *p, struct fault *f);
bool chromium_page_add_bodies(struct chromium_page *p, struct fault *f); /* the others */
/* Lets Chromium go on for `ms`. */
bool chromium_page_pump(struct chromium_page *p, int ms, struct fault *f);
int chromium_page_px(double pt);

/* A call of our script: begin with a function's text, add arguments as objects with a "value", call. *value (may be NULL) lives until
 * the next call. */
struct json_out chromium_page_begin(struct chromium_page *p, const char *function);
void chromium_page_str(struct json_out *o, struct str s);
bool chromium_page_call(struct chromium_page *p, struct json_out *o, struct json_value *value, struct fault *f);

bool chromium_page_print(struct chromium_page *p, struct buf *pdf, struct fault *f);
void chromium_page_close(struct chromium_page *p); /* only after success: else the whole browser is given up */
/* The memory of an open or given-up page. */
void chromium_page_finish(struct chromium_page *p);
