/* assets.c: pictures, fonts and style sheets that templates name as asset:NAME. */
#include "api/page.h"
#include "api/api_private.h"
#include "base/clock.h"
#include "mail/template.h"

static void reply_asset(struct http_exchange *x, struct str name, const char *date_name)
{
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_object(j, NULL);
    json_str(j, "name", name);
    json_time(j, date_name, clock_now_ms());
    json_end(j);
    reply_end(&r, 200);
}

void handle_assets_get(struct http_exchange *x)
{
    struct asset *rows;
    struct page_range page;
    struct fault f;
    int shown;
    if (!page_request_open(x, &page)) return;
    int n = asset_all(api_store(x), http_arena(x), api_account(x), &rows, &f);
    if (request_failed(x, n >= 0, &f)) return;
    struct reply r;
    struct json_out *j = reply_begin(&r, x);
    json_array(j, NULL);
    for (int i = page_cut(&page, n, &shown); shown > 0; shown--, i++) {
        json_object(j, NULL);
        json_str(j, "name", rows[i].name);
        json_str(j, "media_type", rows[i].media_type);
        json_int(j, "bytes", rows[i].bytes);
        json_time(j, "created_date", rows[i].created_at);
        json_end(j);
    }
    json_end(j);
    reply_end(&r, 200);
}

void handle_asset_put(struct http_exchange *x)
{
    struct str name = http_param(x, "name");
    struct fault f;
    const char *path;
    if (!request_upload(x, "the asset's bytes are expected", &path)) return;
    bool ok = api_takes_mail(x, &f) && asset_put(api_mail(x), api_account(x), name, path, &f);
    if (!request_upload_failed(x, ok, path, &f)) reply_asset(x, name, "updated_date");
}

void handle_asset_delete(struct http_exchange *x)
{
    struct str name = http_param(x, "name");
    struct fault f;
    if (request_failed(x, asset_delete(api_mail(x), api_account(x), name, &f), &f)) return;
    reply_asset(x, name, "deleted_date");
}
