/* test_guard.c: the guard as a table: fields "name:value" parted by |, and whether they pass. */
#include "net/http_guard.h"
#include "test_net.h"

static const struct row {
    bool is_http_11;
    const char *fields;
    bool passes;
} rows[] = {
    {true, "Host:a", true},
    {true, "host:a|Content-Length:0", true},
    {true, "HOST:a:80|transfer-encoding:Chunked", true},
    {false, "", true},
    {false, "Content-Length:5", true},
    {false, "Host:a|Host:a", false},
    {true, "", false},
    {true, "X:y", false},
    {true, "Host:a|Host:a", false},
    {true, "Host:a|Content-Length:5|content-length:5", false},
    {true, "Host:a|Content-Length:", false},
    {true, "Host:a|Content-Length:+5", false},
    {true, "Host:a|Content-Length:5,5", false},
    {true, "Host:a|Content-Length:1234567890123456789", false},
    {true, "Host:a|Transfer-Encoding:chunked|Content-Length:5", false},
    {true, "Host:a|Transfer-Encoding:gzip, chunked", false},
    {true, "Host:a|Transfer-Encoding:", false},
    {false, "Transfer-Encoding:chunked", false},
    {true, "Host:a|X :y", false},
    {true, "Host:a|:y", false},
    {true, "Host:a|X:a\x01", false},
    {true, "Host:a|X:a\tb \xC3\xA9", true},
    {true, "Host:a b", false},
    {true, "Host:u@a", false},
};

static void test_table(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct http_guard g = {.is_http_11 = rows[i].is_http_11};
        struct str rest = rows[i].fields[0] ? str_of(rows[i].fields) : STR_NULL;
        while (rest.ptr) {
            struct str value, field = str_cut(rest, '|', &rest);
            struct str name = str_cut(field, ':', &value);
            http_guard_field(&g, name, value);
        }
        const char *bad = http_guard_end(&g);
        if ((bad == NULL) != rows[i].passes) fail_msg("\"%s\": %s", rows[i].fields, bad ? bad : "passed");
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_table)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
