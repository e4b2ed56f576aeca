/* press_cage.c: the Chromium of a worker, on the caller's side: started when the worker asks, watched, kept warm for the next job of
 * the same owner, and ended. Called by press.c, by the thread that holds the worker.
 *
 * A cage that documents of one owner went through never gets one of another. Whether it may be kept is decided here; the worker
 * only holds the ends of its pipe, is told when they lead nowhere any more, and asks for a fresh one when it has none. */
#include "base/clock.h"
#include "base/limits.h"
#include "press/press_private.h"

/* The kernel walks every page of Chromium's processes to say what they take, some 20 ms of a core each time. */
enum { WATCH_MS = 250 };

void press_cage_end(struct press_cage *c)
{
    if (c->is_running) chromium_cage_stop(&c->cage);
    c->is_running = false;
}

void press_cage_drop(struct press_cage *c)
{
    press_cage_end(c);
    c->is_held = false;
}

static bool has_ended(struct press_cage *c) { return c->cage.process.pid <= 0 || process_wait(&c->cage.process, 0, NULL); }

bool press_cage_ready(struct press_cage *c, int sock, int64_t owner, struct fault *f)
{
    bool is_same = owner != 0 && c->owner == owner;
    if (c->is_running && (!is_same || has_ended(c))) press_cage_end(c);
    c->owner = owner;
    c->killed_mb = c->peak_mb = 0, c->starts = 0;
    if (c->is_running || !c->is_held) return true;
    c->is_held = false;
    return frame_send(sock, FRAME_CAGE_GONE, STR(""), -1, f);
}

bool press_cage_give(struct press_cage *c, int sock, struct fault *f)
{
    struct fault why = {0};
    struct buf body = BUF_INIT;
    bool is_sent;
    press_cage_end(c);
    c->is_running = c->is_held = chromium_cage_start(&c->cage, &why);
    if (c->is_running) {
        c->starts++;
        wire_put_int(&body, c->killed_mb);
        is_sent = frame_send(sock, FRAME_CAGE_TO, STR(""), c->cage.to_fd, f) &&
                  frame_send(sock, FRAME_CAGE_FROM, buf_str(&body), c->cage.from_fd, f);
    } else {
        wire_put_fault(&body, &why);
        is_sent = frame_send(sock, FRAME_CAGE_NONE, buf_str(&body), -1, f);
    }
    c->killed_mb = 0;
    buf_finish(&body);
    return is_sent;
}

void press_cage_watch(struct press_cage *c)
{
    int64_t mb = 0, now = clock_mono_ms();
    if (!c->is_running || now - c->looked_ms < WATCH_MS) return;
    c->looked_ms = now;
    if (chromium_cage_over_memory(&c->cage, &mb)) c->killed_mb = mb;
    if (mb > c->peak_mb) c->peak_mb = mb;
}

void press_cage_keep(struct press_cage *c)
{
    c->kept_ms = clock_mono_ms();
    if (!c->is_running) return;
    bool is_small = !has_ended(c) && process_group_pss_mb(c->cage.process.pid) <= limit_get(LIMIT_PRESS_CHROMIUM_KEEP_MB);
    if (c->owner == 0 || !is_small) press_cage_end(c);
}
