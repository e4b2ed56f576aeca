/* make_sample SIZE PIECES LINES FILE: a file of pieces to look at. */
#include "sample.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    const struct press_geometry *g = argc == 5 ? press_geometry_by_name(str_of(argv[1])) : NULL;
    if (!g) return fputs("make_sample SIZE PIECES LINES FILE\n", stderr), 2;
    struct sample_spec s = {g->size, atoi(argv[2]), atoi(argv[3]), true, true};
    sample_pieces(argv[4], &s);
    return 0;
}
