/* read_imb FILE.pdf PAGE X Y W H: the 65 letters of the barcode that is drawn in the rectangle (points, origin top left). Exit 1:
 * none found. */
#include "imb_reader.h"
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    char bars[66];
    if (argc != 7) return fputs("read_imb FILE.pdf PAGE X Y W H\n", stderr), 2;
    if (!imb_read(argv[1], atoi(argv[2]), atof(argv[3]), atof(argv[4]), atof(argv[5]), atof(argv[6]), bars, NULL, NULL))
        return 1;
    puts(bars);
    return 0;
}
