/* proof.c: pages of a finished batch file to look at. The file is our own writer's, so it is read here and not in a worker.
 * Called by routes that show single pieces. */
#include "press/proof.h"
#include "base/process.h"
#include <qpdf/qpdf-c.h>
#include <stdio.h>

static bool is_wrong(qpdf_data q) { return qpdf_has_error(q); }

static bool pages_copy(qpdf_data from, qpdf_data to, int first, int pages)
{
    int n = qpdf_get_num_pages(from);
    if (is_wrong(from) || first < 1 || pages < 1 || first - 1 + pages > n) return false;
    for (int i = 0; i < pages; i++)
        if (qpdf_add_page(to, from, qpdf_get_page_n(from, (size_t)(first - 1 + i)), QPDF_FALSE) & QPDF_ERRORS) return false;
    return true;
}

static bool pages_write(qpdf_data to, struct buf *out)
{
    if (qpdf_init_write_memory(to) & QPDF_ERRORS) return false;
    qpdf_set_deterministic_ID(to, QPDF_TRUE);
    if (qpdf_write(to) & QPDF_ERRORS) return false;
    buf_add(out, qpdf_get_buffer(to), qpdf_get_buffer_length(to));
    return true;
}

bool proof_pdf(const char *pdf_path, int first_page, int pages, struct buf *out, struct fault *f)
{
    qpdf_data from = qpdf_init(), to = qpdf_init();
    qpdf_silence_errors(from);
    qpdf_silence_errors(to);
    bool is_made = !(qpdf_read(from, pdf_path, NULL) & QPDF_ERRORS) && !(qpdf_empty_pdf(to) & QPDF_ERRORS) &&
                   pages_copy(from, to, first_page, pages) && pages_write(to, out);
    qpdf_cleanup(&to);
    qpdf_cleanup(&from);
    return is_made || fault_operator(f, "pages %d to %d of %s cannot be read", first_page, first_page + pages - 1, pdf_path);
}

bool proof_png(const char *pdf_path, int page, int width_px, struct buf *out, struct fault *f)
{
    char number[16], width[16];
    snprintf(number, sizeof number, "%d", page);
    snprintf(width, sizeof width, "%d", width_px);
    const char *const argv[] = {"pdftoppm",    "-png", "-f",          number, "-l",     number,
                                "-scale-to-x", width,  "-scale-to-y", "-1",   pdf_path, NULL};
    return process_run(argv, STR(""), out, 30000, f);
}
