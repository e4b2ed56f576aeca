/* press_rows.h: the contacts of `pennypost press`: CSV rows to pieces with addresses, barcodes and personal URLs. */
#pragma once
#include "app/press_options.h"
#include "press/package.h"

struct press_rows {
    struct press_piece *pieces; /* grown on the heap; texts in the arena */
    struct package_piece *package;
    int n, cap;
    int n_refused; /* rows; told to `refused` as they come */
    void (*refused)(void *ctx, int64_t line, struct str who, const char *why);
    void *ctx;
};
/* Fills the creative's extra fields from the header. False when the file as a whole cannot be used. */
bool press_rows_read(struct press_rows *r, const struct press_options *o, struct arena *a, struct creative *c, struct fault *f);
void press_rows_finish(struct press_rows *r);
