/* package_private.h: shared by package.c (order of events), package_files.c (contents) and package_read.c (a package that was
 * finished before a crash). */
#pragma once
#include "press/package.h"

void package_manifest(const struct press_job *job, const struct package_spec *s, const struct press_outcome *o,
                      struct buf *out);
void package_refused(const struct press_job *job, const struct package_spec *s, const struct press_outcome *o, struct buf *out);
void package_ticket(const struct press_job *job, const struct package_spec *s, const struct package_result *r, struct buf *out);
/* True when `dir` holds the finished package of this batch; fills the result. False with a fault when it holds something else. */
bool package_read(const struct press_job *job, const struct package_spec *s, struct arena *a, struct package_result *r,
                  struct fault *f);
