/* press_options.h: what `pennypost press` was asked for, and the files it names, read. */
#pragma once
#include "base/arena.h"
#include "base/fault.h"
#include "press/creative.h"

struct press_options {
    const char *size, *html, *front, *back, *contacts, *out, *assets, *from, *purl_base, *engine, *columns;
    int64_t mid, stid, first_serial; /* -1: not given */
    int64_t jobs;
    bool json, strict, is_double_sided, replace;
};
/* False when the usage is wrong: a sentence has been printed. */
bool press_options_read(struct press_options *o, int argc, char **argv);
/* The creative and its assets, in the arena. Extra fields are the caller's to fill. */
bool press_creative_read(const struct press_options *o, struct arena *a, struct creative *c, struct fault *f);
