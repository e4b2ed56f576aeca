/* shown_path.c: see shown_path.h. For what is printed for people; machines (--json) get paths as they are. */
#include "app/shown_path.h"
#include <limits.h>
#include <string.h>
#include <unistd.h>

const char *shown_path(const char *path)
{
    char here[PATH_MAX];
    if (!getcwd(here, sizeof here)) return path;
    size_t n = strlen(here);
    return n > 1 && strncmp(path, here, n) == 0 && path[n] == '/' && path[n + 1] ? path + n + 1 : path;
}
