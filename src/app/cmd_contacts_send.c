/* cmd_contacts_send.c: `pennypost contacts send`: the action Send Campaign Mail (docs/connect/kizen.md) from the command line. Exit 1 when the
 * piece was not sent, with the sentence that says why. */
#include "app/commands.h"
#include "app/options.h"
#include "app/remote.h"
#include "base/durable.h"
#include "base/json_out.h"
#include <stdio.h>

enum { FILE_MOST = 1 << 20 };

static const char *missing(const struct options *o)
{
    int64_t n;
    if (o->n_rest < 3) return "say the campaign's endpoint and which contact";
    if (o->n_rest > 4) return "there is a word too many";
    if (o->n_rest == 4 && (!str_to_int64(str_of(o->rest[2]), &n) || n < 1)) return "CONNECTION is no number";
    if (!o->account) return "--account ID is missing";
    return NULL;
}

static bool write_body(const struct options *o, struct buf *body, struct fault *f)
{
    int64_t n = 0;
    struct buf file = BUF_INIT;
    struct json_out j = json_out_begin(body);
    json_object(&j, NULL);
    json_strz(&j, "endpoint", o->rest[1]);
    bool ok = true;
    if (o->n_rest == 4) {
        str_to_int64(str_of(o->rest[2]), &n);
        json_int(&j, "connection_id", n);
        json_strz(&j, "contact_id", o->rest[3]);
    } else if ((ok = file_read(o->rest[2], FILE_MOST, &file, f))) {
        json_raw(&j, "contact", buf_str(&file));
    }
    json_end(&j);
    json_out_end(&j);
    buf_finish(&file);
    return ok;
}

int cmd_contacts_send(const struct options *o)
{
    struct fault f = {0};
    struct buf body = BUF_INIT;
    struct json_value root;
    const char *what = missing(o);
    if (what) return fprintf(stderr, "pennypost contacts: %s: %s\n", what, CONTACTS_SEND_FORM), EXIT_USAGE;
    if (!write_body(o, &body, &f)) {
        buf_finish(&body);
        return fprintf(stderr, "pennypost contacts: %s\n", f.text), EXIT_CANNOT;
    }
    struct remote *r = remote_open(o->account, false, &f);
    bool is_open = r != NULL, ok = r && remote_call(r, "POST", "/v1/actions/send-campaign-mail", buf_str(&body), &root, &f);
    if (ok && o->json)
        printf("%.*s\n", STR_ARG(remote_text(r)));
    else if (ok)
        printf(json_get(root, "tries").integer == 1 ? "sent\n" : "sent after %lld tries\n",
               (long long)json_get(root, "tries").integer);
    else
        fprintf(stderr, "pennypost contacts: %s\n", f.text);
    remote_close(&r);
    buf_finish(&body);
    return ok ? EXIT_DONE : is_open ? EXIT_REFUSED : EXIT_CANNOT;
}
