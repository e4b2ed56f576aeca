/* shown_path.h: a path as people read it. */
#pragma once

/* Relative to the current directory where it lies below it, else as it came. Points into `path`. */
const char *shown_path(const char *path);
