/* creative.c: the report of a compile as JSON, the way a template keeps it. */
#include "press/creative.h"
#include "base/json_out.h"

void creative_report_json(const struct creative_report *r, struct buf *out)
{
    static const char *const paths[] = {"fast", "chromium", "image_only"};
    struct json_out j = json_out_begin(out);
    json_object(&j, NULL);
    json_bool(&j, "ok", r->is_ok);
    json_strz(&j, "path", paths[r->path]);
    json_int(&j, "pages_each", r->pages_each);
    if (!r->is_ok) json_strz(&j, "reason", r->reason.text);
    json_array(&j, "warnings");
    for (int i = 0; i < r->n_warnings; i++) json_strz(&j, NULL, r->warnings[i]);
    json_end(&j);
    json_end(&j);
    json_out_end(&j);
}
