/* fuzz_address.c: lines: the nine fields of an address. A refusal must be a sentence; what is taken must be printable, and
 * the same in small letters must be the same address. */
#include "base/log.h"
#include "base/utf8.h"
#include "postal/address.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_printable(struct str s)
{
    ASSERT(s.ptr);
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        ASSERT((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '/' || c == '#' || c == ' ');
    }
    ASSERT(s.len == 0 || (s.ptr[0] != ' ' && s.ptr[s.len - 1] != ' '));
}

static void check(const struct address *ad)
{
    ASSERT(ad->n_lines >= 3 && ad->n_lines <= 6);
    for (int i = 0; i < ad->n_lines; i++) {
        check_printable(ad->line[i]);
        ASSERT(ad->line[i].len);
    }
    check_printable(ad->street);
    check_printable(ad->unit);
    ASSERT(ad->street.len && ad->city.len && ad->state.len == 2);
    size_t n = strlen(ad->routing);
    ASSERT(ad->country == ADDRESS_CA ? n == 0 && ad->zip5.len == 7 : n == ad->zip5.len + ad->zip4.len + ad->dp.len);
    ASSERT(ad->country == ADDRESS_CA || n == 5 || n == 9 || n == 11);
}

static struct str lower(struct arena *a, struct str s)
{
    char *copy = arena_alloc(a, s.len + 1);
    for (size_t i = 0; i < s.len; i++) copy[i] = (char)(s.ptr[i] >= 'A' && s.ptr[i] <= 'Z' ? s.ptr[i] + 32 : s.ptr[i]);
    return str_make(copy, s.len);
}

/* The same in small letters is the same address, and the same person there. */
static void check_case(struct arena *a, struct str *fields[], size_t n, const struct address_in *in, const struct address *ad)
{
    uint8_t key[16], key_again[16];
    struct address same;
    struct fault f = {0};
    address_match_key(ad, in->last_name, key);
    for (size_t i = 0; i < n; i++) *fields[i] = lower(a, *fields[i]);
    ASSERT(address_standardise(a, in, &same, &f) && same.n_lines == ad->n_lines && same.warnings == ad->warnings);
    for (int i = 0; i < same.n_lines; i++) ASSERT(str_eq(same.line[i], ad->line[i]));
    ASSERT(str_eq(same.street, ad->street) && str_eq(same.unit, ad->unit));
    address_match_key(&same, str_of(arena_printf(a, " %.*s ", STR_ARG(in->last_name))), key_again);
    ASSERT(in->last_name.len > 98 || memcmp(key, key_again, sizeof key) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *a = arena_create(4096);
    struct address_in in = {0};
    struct str *fields[] = {&in.first_name, &in.last_name, &in.company, &in.street, &in.street2,
                            &in.city,       &in.state,     &in.zip,     &in.country};
    enum { FIELDS = sizeof fields / sizeof *fields };
    struct str rest = str_make(data, size);
    for (size_t i = 0; i < FIELDS && rest.ptr; i++) *fields[i] = str_cut(rest, '\n', &rest);
    struct address ad;
    struct fault f = {0};
    if (address_standardise(a, &in, &ad, &f)) {
        check(&ad);
        check_case(a, fields, FIELDS, &in, &ad);
    } else {
        ASSERT(f.whose == FAULT_USER && f.status == 400 && f.text[0] && utf8_is_valid(str_of(f.text), NULL));
    }
    arena_destroy(&a);
    return 0;
}
