/* test_seal.c: boxes open for their purpose and key only, whatever byte of them is changed; the key file's life. */
#include "test.h"
#include "base/durable.h"
#include "base/seal.h"
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

static char dir[] = "/tmp/pp-seal-XXXXXX", key_file[64];

static struct seal *open_good(const char *path)
{
    struct fault f = {0};
    struct seal *s = seal_open(path, &f);
    if (!s) fail_msg("%s", f.text);
    return s;
}

static void test_box(void **state)
{
    (void)state;
    static const char *const secrets[] = {"", "a", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"};
    struct arena *a = arena_create(4096);
    struct seal *s = open_good(key_file);
    for (size_t i = 0; i < ROWS(secrets); i++) {
        struct str box = seal_shut(s, a, STR("webhook 7"), str_of(secrets[i]));
        struct str again = seal_shut(s, a, STR("webhook 7"), str_of(secrets[i]));
        assert_int_equal(box.len, strlen(secrets[i]) + 40);
        assert_false(str_eq(box, again)); /* each box has its own nonce */
        assert_str(seal_unseal(s, a, STR("webhook 7"), box), secrets[i]);
        assert_str(seal_unseal(s, a, STR("webhook 8"), box), NULL);
        for (size_t n = 0; n < box.len; n++) {
            assert_str(seal_unseal(s, a, STR("webhook 7"), str_make(box.ptr, n)), NULL);
            char *changed = arena_alloc(a, box.len);
            memcpy(changed, box.ptr, box.len);
            changed[n] = (char)(changed[n] ^ 1);
            assert_str(seal_unseal(s, a, STR("webhook 7"), str_make(changed, box.len)), NULL);
        }
    }
    assert_str(seal_shut(s, a, STR("x"), STR_NULL), NULL);
    assert_str(seal_unseal(s, a, STR("x"), STR_NULL), NULL);
    seal_close(&s);
    seal_close(&s);
    arena_destroy(&a);
}

static void test_key_stays(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    char other[64];
    struct stat st;
    snprintf(other, sizeof other, "%s/other.key", dir);
    struct seal *s = open_good(key_file), *o = open_good(other);
    struct str box = seal_shut(s, a, STR("p"), STR("secret"));
    seal_close(&s);
    s = open_good(key_file); /* as after a restart */
    assert_str(seal_unseal(s, a, STR("p"), box), "secret");
    assert_str(seal_unseal(o, a, STR("p"), box), NULL);
    assert_true(stat(key_file, &st) == 0 && (st.st_mode & 0777) == 0600 && st.st_size == 65);
    seal_close(&s);
    seal_close(&o);
    arena_destroy(&a);
}

static const struct {
    const char *content;
    mode_t mode;
    const char *sentence;
} bad_files[] = {
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0640,
     "can be read by others (mode 0640): run chmod 600"},
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n", 0604, "can be read by others (mode 0604)"},
    {"", 0600, "does not hold a key"},
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff", 0600, "does not hold a key"},
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeefg\n", 0600, "does not hold a key"},
    {"00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff\n\n", 0600, "does not hold a key"},
};

static void test_bad_files(void **state)
{
    (void)state;
    char path[64];
    snprintf(path, sizeof path, "%s/bad.key", dir);
    for (size_t i = 0; i < ROWS(bad_files); i++) {
        struct fault f = {0};
        assert_true(durable_write(path, str_of(bad_files[i].content), (int)bad_files[i].mode, &f));
        struct seal *s = seal_open(path, &f);
        if (s || f.whose != FAULT_OPERATOR || !strstr(f.text, bad_files[i].sentence)) fail_msg("row %zu: %s", i, f.text);
    }
    struct fault f = {0};
    assert_null(seal_open("/nowhere/at/all/house.key", &f));
    assert_non_null(strstr(f.text, "cannot be made"));
    assert_null(seal_open(dir, &f));
    assert_non_null(strstr(f.text, "is not a file"));
}

static int make_dir(void **state)
{
    (void)state;
    if (!mkdtemp(dir)) return -1;
    snprintf(key_file, sizeof key_file, "%s/house.key", dir);
    return 0;
}

static int drop_dir(void **state)
{
    (void)state;
    return remove_tree(dir, NULL) ? 0 : -1;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_box), cmocka_unit_test(test_key_stays),
                                       cmocka_unit_test(test_bad_files)};
    return cmocka_run_group_tests(tests, make_dir, drop_dir);
}
