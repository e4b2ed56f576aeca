/* fuzz_layout.c: any bytes as what Salesforce says of a page layout. What is taken out of an answer and given back with one item more is well-formed when
 * it was, loses no byte, and has the item once. The first byte: 'L', the rest stands inside an answer's record; else all of it is the answer. */
#include "links/salesforce/salesforce_layout.h"
#include "links/salesforce/salesforce_private.h"
#include "links/salesforce/salesforce_xml.h"
#include "base/log.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FIELD "Postalytics_Mail_Drop_572_Event_Status__c"

static struct str between(struct arena *a, const char *before, struct str text, const char *behind)
{
    struct buf b = BUF_INIT;
    buf_addz(&b, before);
    buf_add_str(&b, text);
    buf_addz(&b, behind);
    struct str out = arena_str(a, buf_str(&b));
    buf_finish(&b);
    return out;
}

static bool is_whole(struct arena *a, struct str layout)
{
    struct fault f;
    struct _xmlDoc *doc = sf_xml_read(between(a, "<r xmlns:xsi=\"i\">", layout, "</r>"), &f);
    bool ok = doc != NULL;
    sf_xml_free(&doc);
    return ok;
}

/* All of `was` stands in `now`, before and behind one place, but for the "/" of an empty column. */
static void check_kept(struct str was, struct str now)
{
    size_t before = 0, behind = 0;
    ASSERT(now.len > was.len);
    while (before < was.len && was.ptr[before] == now.ptr[before]) before++;
    while (behind < was.len - before && was.ptr[was.len - 1 - behind] == now.ptr[now.len - 1 - behind]) behind++;
    size_t lost = was.len - before - behind;
    ASSERT(lost == 0 || (lost == 1 && was.ptr[before] == '/'));
}

static void add(struct arena *a, struct str layout)
{
    struct str out, again;
    struct fault f = {0};
    if (!sf_layout_add(a, layout, STR(FIELD), &out, &f)) {
        ASSERT(f.text[0]);
        return;
    }
    if (out.ptr == layout.ptr) {
        ASSERT(memmem(layout.ptr, layout.len, FIELD, sizeof FIELD - 1));
        return;
    }
    check_kept(layout, out);
    if (!is_whole(a, layout)) return;
    ASSERT(is_whole(a, out));
    ASSERT(sf_layout_add(a, out, STR(FIELD), &again, &f) && again.ptr == out.ptr);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(1 << 16);
    struct str layout = STR_NULL, body = str_make(data, size);
    struct fault f = {0};
    bool is_inside = size && *data == 'L';
    if (is_inside)
        body = between(a,
                       "<e:Envelope xmlns:e=\"e\" xmlns:xsi=\"i\"><e:Body><readMetadataResponse><result><records "
                       "xsi:type=\"Layout\"><fullName>L</fullName>",
                       str_make(data + 1, size - 1), "</records></result></readMetadataResponse></e:Body></e:Envelope>");
    if (!sf_layout_take(body, &layout, &f)) {
        ASSERT((f.whose == FAULT_USER || f.whose == FAULT_REMOTE) && f.text[0] && utf8_is_valid(str_of(f.text), NULL));
    } else if (layout.ptr) {
        ASSERT(layout.ptr >= body.ptr && layout.ptr + layout.len <= body.ptr + body.len);
        ASSERT(is_whole(a, layout));
        add(a, layout);
    }
    if (is_inside) add(a, str_make(data + 1, size - 1)); /* nobody has said that it is well-formed */
    (void)sf_layout_update_read(body, &f);
    arena_destroy(&a);
    return 0;
}
