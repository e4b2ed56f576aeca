/* press_wire.h: how a press and its worker processes speak: frames over a socket pair, each with a kind, a body and at most one
 * descriptor. Bodies are integers of 8 bytes and counted strings. Neither side trusts the other's lengths. */
#pragma once
#include "base/arena.h"
#include "base/buf.h"
#include "base/fault.h"
#include "press/press.h"

enum frame_kind {
    FRAME_HELLO = 1,   /* press: limits, font folder */
    FRAME_READY,       /* worker: sealed, waiting */
    FRAME_JOB,         /* press: a job, with the descriptor to write to */
    FRAME_COMPILE,     /* press: a job of samples; its pages are written without our own ink */
    FRAME_CAGE_WANTED, /* worker: start a fresh Chromium */
    FRAME_CAGE_TO,     /* press: the end of its pipe to write to, then … */
    FRAME_CAGE_FROM,   /* … to read from; body: MB that the one before was killed for, or 0 */
    FRAME_CAGE_NONE,   /* press: a fault instead */
    FRAME_CAGE_GONE,   /* press, between jobs: the Chromium that was kept has ended */
    FRAME_PROGRESS,    /* worker: pieces done, refused */
    FRAME_DONE,        /* worker: the outcome */
    FRAME_FAULT,       /* worker: the job failed */
    FRAME_KINDS
};
struct frame {
    enum frame_kind kind;
    struct buf body; /* its receiver's to finish */
    int fd;          /* -1: none; its receiver's to close */
};
bool frame_send(int sock, enum frame_kind kind, struct str body, int fd, struct fault *f);
/* timeout_ms: between two pieces of the frame; -1: for ever. FAULT_OURS when the other side is gone or does not speak this. */
bool frame_recv(int sock, size_t max_body, int timeout_ms, struct frame *frame, struct fault *f);

void wire_put_int(struct buf *b, int64_t v);
void wire_put_str(struct buf *b, struct str s);
struct wire_in {
    struct str rest;
    bool is_bad; /* something was short or out of range; all that is read afterwards is 0 */
};
int64_t wire_int(struct wire_in *in, int64_t least, int64_t most);
struct str wire_str(struct wire_in *in); /* points into the frame */

/* Structures. Strings that are read point into the frame's body; arrays come from the arena. */
void wire_put_fault(struct buf *b, const struct fault *f);
void wire_get_fault(struct wire_in *in, struct fault *f);
void wire_put_job(struct buf *b, const struct press_job *job);
bool wire_get_job(struct wire_in *in, struct arena *a, struct press_job *job, struct creative *creative);
/* `pages`: of each piece as printed, for the compile. */
void wire_put_outcome(struct buf *b, const struct press_outcome *o, const int *pages, int n);
bool wire_get_outcome(struct wire_in *in, struct arena *a, struct press_outcome *o, int *pages, int n);
