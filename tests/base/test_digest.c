/* test_digest.c: SHA-256 against FIPS 180-4's examples, at once, in pieces and from a file; hexadecimal; base 64 (RFC 4648). */
#include "test.h"
#include "folder.h"
#include "base/digest.h"

static const struct {
    const char *text;
    int times;
    const char *want;
} sums[] = {
    {"", 1, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", 1, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 1,
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
    {"aaaaaaaaaa", 100000, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"},
};

static void assert_sum(const uint8_t sum[SHA256_BYTES], const char *want)
{
    char hex[2 * SHA256_BYTES + 1];
    hex_encode(sum, SHA256_BYTES, hex);
    assert_string_equal(hex, want);
}

static void test_sums(void **state)
{
    struct folder *d = *state;
    struct sha256_sum *running = sha256_create(); /* one for all rows: take starts anew */
    for (size_t i = 0; i < ROWS(sums); i++) {
        uint8_t sum[SHA256_BYTES];
        struct buf b = BUF_INIT;
        for (int k = 0; k < sums[i].times; k++) buf_addz(&b, sums[i].text);
        sha256(buf_str(&b), sum);
        assert_sum(sum, sums[i].want);
        for (size_t k = 0; k < b.len; k += 7) sha256_add(running, str_make(b.data + k, b.len - k < 7 ? b.len - k : 7));
        sha256_take(running, sum);
        assert_sum(sum, sums[i].want);
        struct fault f = {0};
        assert_true(durable_write(folder_file(d, "summed"), buf_str(&b), 0600, &f));
        assert_true(sha256_file(folder_file(d, "summed"), sum, &f));
        assert_sum(sum, sums[i].want);
        buf_finish(&b);
    }
    sha256_destroy(&running);
    assert_null(running);
    sha256_destroy(&running);
}

static void test_no_file(void **state)
{
    struct folder *d = *state;
    uint8_t sum[SHA256_BYTES] = {42};
    struct fault f = {0};
    assert_false(sha256_file(folder_file(d, "none"), sum, &f));
    assert_int_equal(f.whose, FAULT_OPERATOR);
    assert_non_null(strstr(f.text, "/none cannot be opened: No such file"));
    assert_false(sha256_file(d->path, sum, &f)); /* a folder opens but cannot be read */
    assert_non_null(strstr(f.text, "cannot be read: Is a directory"));
    assert_int_equal(sum[0], 42);
}

static void test_hex(void **state)
{
    (void)state;
    char out[9];
    hex_encode("\x00\x0F\xA5\xFF", 4, out);
    assert_string_equal(out, "000fa5ff");
    hex_encode("x", 0, out);
    assert_string_equal(out, "");
    static const struct {
        const char *text;
        bool good;
    } cases[] = {{"000fA5fF", true},  {"000fa5f", false},  {"000fa5ff0", false}, {"", false},
                 {"000fa5fg", false}, {"000fa5f ", false}, {"0x0fa5ff", false}};
    for (size_t i = 0; i < ROWS(cases); i++) {
        uint8_t got[4] = {1, 2, 3, 4};
        if (hex_decode(str_of(cases[i].text), got, 4) != cases[i].good) fail_msg("\"%s\"", cases[i].text);
        assert_memory_equal(got, cases[i].good ? "\x00\x0F\xA5\xFF" : "\1\2\3\4", 4);
    }
}

static void test_base64(void **state)
{
    (void)state;
    static const struct {
        const char *text, *want; /* NULL: refused */
    } cases[] = {
        {"", ""},
        {"Zg==", "f"},
        {"Zm8=", "fo"},
        {"Zm9v", "foo"},
        {"Zm9vYg==", "foob"},
        {"Zm9vYmE=", "fooba"},
        {"Zm9vYmFy", "foobar"},
        {"+/+/", "\xFB\xFF\xBF"},
        {NULL, NULL},
        {"Zg", NULL},
        {"Zg=", NULL},
        {"Zg===", NULL},
        {"Z===", NULL},
        {"====", NULL},
        {"Zm=v", NULL},
        {"Zh==", NULL}, /* bits left over that are not 0: a second text for the same value */
        {"Zm9=", NULL},
        {"Zm9v\n", NULL},
        {"Zm 9", NULL},
        {"-_-_", NULL},
        {"Zg==Zg==", NULL},
    };
    struct arena *a = arena_create(256);
    for (size_t i = 0; i < ROWS(cases); i++) {
        struct str got = base64_decode(a, str_of(cases[i].text));
        if (!got.ptr != !cases[i].want) fail_msg("\"%s\"", cases[i].text);
        assert_str(got, cases[i].want);
        if (got.ptr) assert_str(base64_encode(a, got), cases[i].text);
    }
    assert_str(base64_url_encode(a, STR("\xFB\xFF\xBF")), "-_-_");
    assert_str(base64_url_encode(a, STR("f")), "Zg");
    assert_str(base64_url_encode(a, STR("")), "");
    arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sums), cmocka_unit_test(test_no_file), cmocka_unit_test(test_hex),
                                       cmocka_unit_test(test_base64)};
    return cmocka_run_group_tests(tests, folder_set_up, folder_tear_down);
}
