/* press_worker.c: the main loop of a worker process: hello, fonts, seal, then one job after the other until the socket closes.
 * It is the same binary, started by press.c with the socket as descriptor 3. Whatever goes wrong with a job is told as a fault;
 * when the worker itself breaks, it ends, and the caller starts another one. */
#include "base/durable.h"
#include "base/failpoint.h"
#include "base/limits.h"
#include "base/settings.h"
#include "press/press_private.h"
#include <stdio.h>
#include <unistd.h>

enum { SOCKET = 3 };
#define MAX_FROM_PRESS ((size_t)2 << 30)
#define MAX_FONT       ((size_t)64 << 20)

static bool font_read(const char *file, struct buf *out, struct fault *f)
{
    char path[1200];
    snprintf(path, sizeof path, "%s/%s", setting_get(SETTING_PRESS_FONTS), file);
    return file_read(path, MAX_FONT, out, f);
}

static bool limits_take(struct wire_in *in, struct fault *f)
{
    for (int i = 0; i < LIMIT_COUNT; i++) {
        int64_t v = wire_int(in, 1, INT64_MAX);
        if (in->is_bad || !limit_set(str_of(limit_def((enum limit)i)->name), v, f))
            return fault_ours(f, "the press's greeting cannot be read");
    }
    return true;
}

static bool house_open(struct press_house *house, struct fault *f)
{
    struct frame hello;
    if (!frame_recv(SOCKET, MAX_FROM_PRESS, -1, &hello, f)) return false;
    struct wire_in in = {.rest = buf_str(&hello.body)};
    bool is_good =
        hello.kind == FRAME_HELLO && limits_take(&in, f) && setting_set(STR("press.fonts"), wire_str(&in), "the press", f);
    buf_finish(&hello.body);
    house->sock = SOCKET;
    house->coverage = coverage_create();
    return is_good && font_read("NotoSans-Regular.ttf", &house->font_regular, f) &&
           font_read("NotoSans-Bold.ttf", &house->font_bold, f) &&
           coverage_add_folder(house->coverage, setting_get(SETTING_PRESS_FONTS), f) && press_seal(f);
}

struct chromium *press_cage_ask(struct press_house *house, int64_t *killed_mb, struct fault *f)
{
    struct frame to = {.fd = -1}, from = {.fd = -1};
    struct chromium *c = NULL;
    *killed_mb = 0;
    if (!frame_send(house->sock, FRAME_CAGE_WANTED, STR(""), -1, f) || !frame_recv(house->sock, MAX_FROM_PRESS, -1, &to, f))
        return NULL;
    struct wire_in in = {.rest = buf_str(&to.body)};
    if (to.kind != FRAME_CAGE_TO) {
        wire_get_fault(&in, f);
    } else if (frame_recv(house->sock, MAX_FROM_PRESS, -1, &from, f)) {
        in.rest = buf_str(&from.body);
        *killed_mb = wire_int(&in, 0, INT64_MAX);
        c = chromium_attach(to.fd, from.fd, f);
    }
    buf_finish(&to.body);
    buf_finish(&from.body);
    return c;
}

static bool job_answer(struct press_house *house, struct frame *frame, struct arena *a, struct fault *f)
{
    struct press_job job;
    struct creative creative;
    struct press_outcome out = {0};
    struct wire_in in = {.rest = buf_str(&frame->body)};
    if (!wire_get_job(&in, a, &job, &creative)) return fault_ours(f, "a press job cannot be read");
    int *pages = ARENA_ARRAY(a, int, job.n_pieces + 1);
    job.out_fd = frame->fd;
    if (FAILPOINT("press.worker.job")) return fault_ours(f, "failpoint");
    if (!press_job_run(house, &job, frame->kind == FRAME_COMPILE, a, &out, pages, f)) return false;
    struct buf body = BUF_INIT;
    wire_put_outcome(&body, &out, pages, job.n_pieces);
    bool is_sent = frame_send(house->sock, FRAME_DONE, buf_str(&body), -1, f);
    buf_finish(&body);
    return is_sent;
}

static bool fault_send(int sock, const struct fault *f)
{
    struct buf body = BUF_INIT;
    wire_put_fault(&body, f);
    bool is_sent = frame_send(sock, FRAME_FAULT, buf_str(&body), -1, NULL);
    buf_finish(&body);
    return is_sent;
}

static bool one_job(struct press_house *house)
{
    struct frame frame;
    struct fault f = {0};
    if (!frame_recv(house->sock, MAX_FROM_PRESS, -1, &frame, &f)) return false;
    struct arena *a = arena_create(1 << 20);
    bool goes_on = true, is_job = frame.kind == FRAME_JOB || frame.kind == FRAME_COMPILE;
    if (!is_job)
        goes_on = frame.kind == FRAME_CAGE_GONE;
    bool is_done = is_job && job_answer(house, &frame, a, &f);
    if (!is_done) chromium_detach(&house->chromium); /* the press does the same: after a fault nothing is kept */
    if (is_job && !is_done) goes_on = fault_send(house->sock, &f);
    arena_destroy(&a);
    buf_finish(&frame.body);
    if (frame.fd >= 0) close(frame.fd);
    return goes_on;
}

/* Ends by _exit: nothing is left to be tidied, and exit handlers make calls that the seal forbids. */
bool press_worker_main(int argc, char **argv, int *exit_code)
{
    if (argc != 2 || strcmp(argv[1], "press-worker") != 0) return false;
    static struct press_house house;
    struct fault f = {0};
    *exit_code = 0;
    if (!house_open(&house, &f))
        fault_send(SOCKET, &f);
    else if (frame_send(SOCKET, FRAME_READY, STR(""), -1, &f))
        while (one_job(&house)) {}
    _exit(0);
}
