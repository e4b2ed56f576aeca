/* failpoint.c: ends the process, fails a call, or stands still, at a named place. Only in builds for tests; thread-safe.
 * The environment is read once, at the first hit of any point. */
#include "base/failpoint.h"

#ifdef PENNYPOST_FAILPOINTS
#include "base/log.h"
#include "base/str.h"
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

enum { PAUSE_S = 2 };

static struct {
    struct str name; /* NULL: none is armed */
    int64_t at_hit;  /* 1: the first; what is done is done at that hit only */
    enum { KILL, FAIL, PAUSE, ACTS } act;
    int hits_fd;       /* -1: hits are not written down */
    _Atomic int64_t n; /* hits of the armed point */
} armed;

static bool read_act(struct str word)
{
    static const char *const words[ACTS] = {[KILL] = "kill", [FAIL] = "fail", [PAUSE] = "pause"};
    for (int i = 0; i < ACTS; i++)
        if (str_eq(word, str_of(words[i]))) {
            armed.act = i;
            return true;
        }
    return false;
}

static void failpoint_set_up(void)
{
    armed.at_hit = 1, armed.hits_fd = -1;
    const char *hits = getenv("PENNYPOST_FAILPOINT_HITS");
    if (hits && *hits) armed.hits_fd = open(hits, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    const char *spec = getenv("PENNYPOST_FAILPOINT");
    if (!spec || !*spec) return;
    struct str rest, name = str_cut(str_of(spec), ':', &rest);
    while (rest.ptr) {
        struct str part = str_cut(rest, ':', &rest);
        ASSERT(read_act(part) || (str_to_int64(part, &armed.at_hit) && armed.at_hit > 0));
    }
    armed.name = name;
}

static void write_hit(const char *name)
{
    char line[200];
    size_t n = strlen(name);
    ASSERT(n + 1 < sizeof line);
    memcpy(line, name, n);
    line[n] = '\n';
    ASSERT(write(armed.hits_fd, line, n + 1) == (ssize_t)(n + 1));
}

bool failpoint_hit(const char *name)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, failpoint_set_up);
    if (armed.hits_fd >= 0) write_hit(name);
    if (!armed.name.ptr || !str_eq(armed.name, str_of(name))) return false;
    if (atomic_fetch_add(&armed.n, 1) + 1 != armed.at_hit) return false;
    if (armed.act == KILL) kill(getpid(), SIGKILL);
    if (armed.act == PAUSE) sleep(PAUSE_S);
    errno = EIO;
    return armed.act != PAUSE;
}
#endif
