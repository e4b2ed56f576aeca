/* caught.h: what is written to standard error between caught_begin and caught_end. No assertion stands between the two: it
 * would be caught as well. */
#pragma once
#include <assert.h>
#include <sys/mman.h>
#include <unistd.h>

struct caught {
    int before;
    int file; /* or a terminal */
    char text[16384];
};

static inline void caught_begin_on(struct caught *c, int file)
{
    c->file = file;
    c->before = dup(STDERR_FILENO);
    assert(c->file >= 0 && c->before >= 0 && dup2(c->file, STDERR_FILENO) == STDERR_FILENO);
}

static inline void caught_begin(struct caught *c) { caught_begin_on(c, memfd_create("caught", MFD_CLOEXEC)); }

static inline void caught_end(struct caught *c)
{
    dup2(c->before, STDERR_FILENO);
    close(c->before);
    ssize_t n = pread(c->file, c->text, sizeof c->text - 1, 0);
    c->text[n > 0 ? n : 0] = '\0';
    close(c->file);
}
