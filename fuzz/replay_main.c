/* replay_main.c: gives each file named on the command line to a fuzz target, so that its corpus is an ordinary test. */
#include "base/buf.h"
#include "base/durable.h"
#include <stdio.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int main(int argc, char **argv)
{
    if (argc < 2) {
        fprintf(stderr, "no corpus file was named\n");
        return 2;
    }
    for (int i = 1; i < argc; i++) {
        struct buf b = BUF_INIT;
        struct fault f = {0};
        if (!file_read(argv[i], 64 << 20, &b, &f)) {
            fprintf(stderr, "%s\n", f.text);
            return 2;
        }
        LLVMFuzzerTestOneInput((const uint8_t *)buf_str(&b).ptr, b.len);
        buf_finish(&b);
    }
    return 0;
}
