/* chromium.h: Chromium headless-shell in its cage, spoken to over the debugging pipe (DESIGN §4-§5, specs: rendering §6).
 *
 * Two halves. The parent starts the cage (it needs exec): chromium_cage_start. A press worker, which may not exec, gets the two
 * ends of the pipe and drives it: chromium_attach. Nothing in the cage has a network; documents and assets are answered through
 * Fetch interception from memory; script of creatives is off. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "base/process.h"

struct chromium_cage {
    struct process process;
    int to_fd, from_fd; /* write commands here, read answers there; to be handed to the worker */
};
/* The cage ends with the THREAD that starts it: start it from one that lives on. FAULT_OPERATOR: "Chromium cannot start: user
 * namespaces are forbidden here (…)": what to do. */
bool chromium_cage_start(struct chromium_cage *c, struct fault *f);
void chromium_cage_stop(struct chromium_cage *c);
/* Can HTML templates be printed here? Tried until it goes well, which is remembered; else the reason. */
bool chromium_is_available(struct fault *f);
/* The parent's watch: kills the group above press.chromium_memory; true when it did. To be called every 100 ms or so while a
 * worker uses it. */
bool chromium_cage_over_memory(struct chromium_cage *c, int64_t *mb);

struct chromium;
/* Takes the two descriptors over, also when it fails: chromium_detach closes them. */
struct chromium *chromium_attach(int to_fd, int from_fd, struct fault *f);
void chromium_detach(struct chromium **c);

/* An asset the creative owns. `address` is how the creative names it ("asset:logo.png", "https://…/logo.png" from map.tsv). */
struct chromium_asset {
    struct str address, media_type, bytes;
};
struct chromium_document {
    struct str head;          /* everything before <body …> of the merged creative (doctype, html, head); may be empty */
    const struct str *bodies; /* "<body …>…</body>" of each recipient, merged */
    int n_bodies;
    double width_pt, height_pt; /* of a page */
    const struct chromium_asset *assets;
    int n_assets;
};
enum chromium_verdict {
    CHROMIUM_OK,
    CHROMIUM_ALONE, /* may overflow or leak: print it alone */
    CHROMIUM_MISSING_ASSET,
    CHROMIUM_CUT /* text is cut off by a box or the page's edge: to be refused */
};
/* A body that is not CHROMIUM_OK is not in the sheet (start_page -1), so that it cannot touch the others; unless it is the only
 * one, which is always printed. When no body is left, there is no PDF and n_pages is 0. */
struct chromium_sheet {
    struct buf pdf;
    int *start_page; /* per body; -1: not found */
    int n_pages;
    enum chromium_verdict *verdict; /* per body */
    char (*why)[200];               /* per body: the box and by how much, or the address that was not there */
};
/* Prints all bodies into one PDF. FAULT_USER: the creative hangs, loops or ate the memory (named); FAULT_OPERATOR: Chromium is
 * gone. After a fault the chromium is of no more use: detach, and start another cage. sheet->pdf is the caller's to finish. */
bool chromium_print(struct chromium *c, const struct chromium_document *d, struct arena *a, struct chromium_sheet *sheet,
                    struct fault *f);
/* How many documents it was given. */
int chromium_documents(const struct chromium *c);
/* Addresses that the last documents asked for and did not get. */
int chromium_missing(struct chromium *c, const struct str **addresses);
