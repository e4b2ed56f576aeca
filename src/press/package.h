/* package.h: a batch package as a printer gets it (specs: postal §5.2): a folder with pieces.pdf, manifest.csv, ticket.json and
 * SHA256SUMS, written under a temporary name, fsynced and renamed, so that it is whole or not there. */
#pragma once
#include "press/press.h"

struct package_piece { /* one line of the manifest */
    int64_t piece_id;
    struct str city, state, zip5, zip4, dp, country;
    char tracking[21], routing[12];
    struct str contact; /* how a refusal names the person: "line 14, Jane Doe" */
};
struct package_spec {
    const char *dir; /* final folder */
    bool replaces;   /* what stands there and is not whole, or not of these pieces, is an older try: it is written anew */
    int64_t batch_id, drop_id, campaign_id;
    struct str drop_name, template_name;
    struct str mail_class; /* "first_class", "standard" */
    bool is_test;
    const struct package_piece *pieces; /* parallel to job->pieces */
};
struct package_result {
    struct press_outcome outcome;
    int64_t pdf_bytes;
    uint8_t pdf_digest[32];
};
/* Runs the job (job->out_fd is set by this) and writes the package. Refused pieces are not in the PDF nor in manifest.csv but
 * in refused.csv (contact, reason). When no piece was printable the folder holds no pieces.pdf. A folder DIR that exists
 * already and is whole (its ticket names the batch, its pieces are the job's) counts as done after a crash: outcome is read back from it;
 * another is a fault, unless the spec replaces it. */
bool package_write(struct press *p, struct press_job *job, const struct package_spec *s, struct arena *a,
                   struct package_result *r, struct fault *f);
