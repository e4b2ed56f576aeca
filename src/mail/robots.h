/* robots.h: words in the user agents of programs that look at addresses by themselves. Read-only once loaded; any thread. */
#pragma once
#include "base/fault.h"
#include "base/str.h"

struct robots;
/* A word a line, # for remarks; "" is the built-in list (share/robots.txt). FAULT_USER names the file and what is wrong. */
struct robots *robots_load(const char *path, struct fault *f);
void robots_destroy(struct robots **r);
/* One of the words stands in it, in any case; or there is nothing in it. */
bool robots_is_one(const struct robots *r, struct str agent);
