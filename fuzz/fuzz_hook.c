/* fuzz_hook.c: any bytes as what CRMs send to our hooks. What is taken asks for pieces that can be read again; what is not is refused in words. The
 * first byte says whose: 'S' Salesforce (JSON of a flow, SOAP of an outbound message), 'H' HighLevel (two signatures, each with its newline, then
 * JSON), 'h' the same without a key, 'K' a contact of Kizen's, 'k' its table of fields. */
#include "links/highlevel/highlevel_private.h"
#include "links/kizen/kizen_private.h"
#include "links/salesforce/salesforce_private.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAPPING                                                                                                                \
    "\"hook_endpoint\":\"spring\",\"hook_fields\":\"var_field_1=customData.coupon,city=x.y.z,var_field_2=customFields.abc\""
#define ED25519 "MCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAxZuE="
static const struct link_house nothing;
static struct highlevel *hl;
static struct str signatures[2];

static struct str header(const struct hook_call *h, const char *name)
{
    (void)h;
    if (strcmp(name, "x-wh-signature") == 0) return signatures[0];
    return strcmp(name, "x-ghl-signature") == 0 ? signatures[1] : STR_NULL;
}

static void check_sends(struct arena *a, int n, const struct hook_send *out, const struct hook_answer *answer,
                        const struct fault *f)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    ASSERT(n >= -1 && n <= HOOK_SENDS_MAX);
    if (n < 0) ASSERT(f->whose == FAULT_USER && f->text[0] && utf8_is_valid(str_of(f->text), NULL));
    if (n >= 0) ASSERT(answer->body.len && answer->content_type);
    for (int i = 0; i < n; i++) {
        ASSERT(out[i].endpoint.len);
        ASSERT(json_parse(p, json_padded(a, out[i].body), &root, NULL) && root.type == JSON_OBJECT);
        ASSERT(!out[i].remote_id.ptr || utf8_is_valid(out[i].remote_id, NULL));
        ASSERT(!out[i].repeat_id.ptr || utf8_is_valid(out[i].repeat_id, NULL));
    }
    json_parser_destroy(&p);
}

static void call(struct arena *a, const struct connector *d, const char *settings, struct str body, bool is_salesforce)
{
    struct connection c = {.settings = str_of(settings)};
    struct hook_call h = {.arena = a, .connection = &c, .body = body, .header = header, .now = INT64_C(1777890660000)};
    struct hook_send *out = ARENA_ARRAY(a, struct hook_send, HOOK_SENDS_MAX);
    struct hook_answer answer = {0};
    struct fault f = {0};
    int n = is_salesforce ? sf_hook(NULL, &h, out, &answer, &f) : d->hook(d->ctx, &h, out, &answer, &f);
    check_sends(a, n, out, &answer, &f);
}

static void kizen(struct arena *a, struct str text, bool is_table)
{
    struct json_parser *p = json_parser_create();
    struct json_value root;
    struct kizen_fields fields = {.of = {STR("birthday"), STR("plan")}};
    struct str values[FIELD_KNOWN] = {STR_NULL}, missing = STR_NULL;
    struct fault f = {0};
    bool ok = json_parse(p, json_padded(a, text), &root, &f);
    if (is_table) {
        if (!ok) root = (struct json_value){.type = JSON_STRING, .string = text};
        if (!kizen_fields_read(root, a, &fields, &f)) ASSERT(f.whose == FAULT_USER && f.text[0]);
    } else if (ok) {
        int n = kizen_map(root, &fields, a, values, &missing);
        ASSERT((n > 0) == (missing.len > 0));
        for (int i = 0; i < FIELD_KNOWN; i++) ASSERT(!values[i].ptr || (values[i].len && utf8_is_valid(values[i], NULL)));
    }
    json_parser_destroy(&p);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!hl) hl = highlevel_create(&nothing);
    struct arena *a = arena_create(1 << 16);
    struct str rest, body = size ? str_make(data + 1, size - 1) : STR_NULL;
    switch (size ? *data : 0) {
    case 'S': call(a, NULL, "{\"endpoint\":\"spring\"}", body, true); break;
    case 'H':
        for (int i = 0; i < 2 && body.ptr; i++) signatures[i] = str_cut(body, '\n', &rest), body = rest;
        call(a, highlevel_connector(hl), "{" MAPPING ",\"hook_key_ed25519\":\"" ED25519 "\"}", body.ptr ? body : STR(""),
             false);
        break;
    case 'h': call(a, highlevel_connector(hl), "{" MAPPING "}", body, false); break;
    case 'K': kizen(a, body, false); break;
    case 'k': kizen(a, body, true); break;
    default: break;
    }
    arena_destroy(&a);
    return 0;
}
