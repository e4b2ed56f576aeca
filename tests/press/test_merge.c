/* test_merge.c: the merge language by table: what comes out, what is refused and where, and that no value leaves its place. */
#include "base/buf.h"
#include "press/html_scan.h"
#include "press/merge.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

static const struct str extra[] = {{"car", 3}, {"Favourite Colour", 16}, {"name", 4}};

/* Values of every case; "nasty" goes into var_field_2. */
static void values_fill(struct str *v)
{
    v[FIELD_FIRST_NAME] = STR("Ann");
    v[FIELD_LAST_NAME] = STR("O'Neil <b>");
    v[FIELD_ADDRESS_STATE] = STR("CA");
    v[FIELD_ADDRESS_CITY] = STR("San José");
    v[FIELD_VAR_1] = STR("1,200");
    v[FIELD_VAR_1 + 1] = STR("\"'><&;}{/*`=x y\n\\");
    v[FIELD_VAR_1 + 2] = STR("#ff0000");
    v[FIELD_VAR_1 + 3] = STR("#menu");
    v[FIELD_VAR_1 + 4] = STR("10px 2.5%, auto");
    v[FIELD_VAR_1 + 5] = STR("{{first_name}}");
    v[FIELD_VAR_1 + 6] = STR("seven");
    v[FIELD_VAR_1 + 7] = STR("--");
    v[FIELD_KNOWN] = STR("Jeep");
    v[FIELD_KNOWN + 1] = STR("blue");
}

#define NASTY_HTML "&quot;&#39;&gt;&lt;&amp;;}{/*`=x y\n\\"
#define NASTY_CSS  "\\22 \\27 \\3e \\3c \\26 \\3b \\7d \\7b \\2f \\2a \\60 \\3d x y\\a \\5c "
static const struct {
    const char *source, *want;
} good[] = {
    {"", ""},
    {"plain } }} text", "plain } }} text"},
    {"{ {first_name}", "{ {first_name}"},
    {"Hi {{first_name}}!", "Hi Ann!"},
    {"{{First Name}}", "Ann"},
    {"{{ FIRST-NAME }}", "Ann"},
    {"{{\nfirst_name\n}}", "Ann"},
    {"{{first}}", "Ann"},
    {"{{City}}", "San José"},
    {"{{var_field_7}}{{Variable Data 7}}", "sevenseven"},
    {"{{car}} {{favourite_colour}} {{Favourite Colour}}", "Jeep blue blue"},
    {"{{name}}", ""},
    {"{{nobody}}", ""},
    {"{{nobody|there}}", "there"},
    {"{{company|}}", ""},
    {"{{company | our <friend> }}", "our &lt;friend&gt;"},
    {"{{company default=\"a | b\"}}", "a | b"},
    {"{{company default='x'}}", "x"},
    {"{{company default=&quot;q&quot;}}", "q"},
    {"{{first_name|there}}", "Ann"},
    {"{{last_name}}", "O&#39;Neil &lt;b&gt;"},
    {"{{var_field_6}}", "{{first_name}}"},
    {"{{purl}}", "https://x.test/p/a?b=1&amp;c=2"},
    {"<a href=\"{{PURL}}\">", "<a href=\"https://x.test/p/a?b=1&amp;c=2\">"},
    /* conditions */
    {"{{IF state EQUALS \"CA\"}}yes{{ELSE}}no{{ENDIF}}", "yes"},
    {"{{IF state EQUALS &quot;CA&quot;}}yes{{ENDIF}}", "yes"},
    {"{{if state equals \"NV\"}}yes{{else}}no{{endif}}", "no"},
    {"{{IF state = \"NV\"}}yes{{ENDIF}}.", "."},
    {"{{IF state=\"NV\"}}1{{ELSEIF first_name STARTS WITH \"A\"}}2{{ELSE}}3{{ENDIF}}", "2"},
    {"{{IF state=\"NV\"}}1{{ELSE IF state=\"UT\"}}2{{ELSE}}3{{END IF}}", "3"},
    {"{{IF company IS EMPTY}}{{IF car CONTAINS \"ee\"}}in{{ENDIF}}{{ENDIF}}side", "inside"},
    {"{{IF var_field_1 GREATER THAN 1000}}big{{ENDIF}}", "big"},
    {"{{IF NOT (state = \"CA\" OR state = \"NV\")}}x{{ELSE}}y{{ENDIF}}", "y"},
    {"{{IF var_field_1 &gt; 1000}}big{{ENDIF}}", "big"},
    {"<p {{IF state=\"CA\"}}class=\"a\"{{ELSE}}class=\"b\"{{ENDIF}}>", "<p class=\"a\">"},
    {"{{IF state=\"CA\"}}<b>{{first_name}}</b>{{ENDIF}}", "<b>Ann</b>"},
    /* places */
    {"<p>{{var_field_2}}</p>", "<p>" NASTY_HTML "</p>"},
    {"<p title=\"{{var_field_2}}\">", "<p title=\"" NASTY_HTML "\">"},
    {"<p title='{{var_field_2}}'>", "<p title='" NASTY_HTML "'>"},
    {"<p title=a{{last_name}}>", "<p title=aO&#39;Neil&#32;&#60;b&#62;>"},
    {"<p title={{company}}>", "<p title=\"\">"},
    {"<p title={{company}} id=x>", "<p title=\"\" id=x>"},
    {"<p title={{city}}/x>", "<p title=San&#32;José/x>"},
    {"<title>{{var_field_2}}</title>", "<title>" NASTY_HTML "</title>"},
    {"<textarea>{{last_name}}</textarea>", "<textarea>O&#39;Neil &lt;b&gt;</textarea>"},
    {"<!-- {{last_name}} -->", "<!-- O&#39;Neil&#32;&#60;b&#62; -->"},
    {"<!-- {{var_field_8}}> -->", "<!-- &#45;&#45;> -->"},
    {"<!--{{company}}>-->", "<!-- >-->"},
    {"<p title={{company}}/x>", "<p title=&#32;/x>"},
    {"<style>a{b:{{var_field_2}}}</style>", "<style>a{b:" NASTY_CSS "}</style>"},
    {"<STYLE>a{color:{{var_field_3}}}</STYLE>", "<STYLE>a{color:#ff0000}</STYLE>"},
    {"<style>{{var_field_4}}</style>", "<style>\\23 menu</style>"},
    {"<style>a{margin:{{var_field_5}}}</style>", "<style>a{margin:10px 2.5%, auto}</style>"},
    {"<style>{{city}}</style>", "<style>San Jos\\e9 </style>"},
    {"<style>url({{purl}})</style>", "<style>url(https\\3a \\2f \\2f x.test\\2f p\\2f a\\3f b\\3d 1\\26 c\\3d 2)</style>"},
    {"<p style=\"color:{{var_field_2}}\">", "<p style=\"color:" NASTY_CSS "\">"},
    {"<p STYLE='{{var_field_3}}'>", "<p STYLE='#ff0000'>"},
    {"<p style=color:{{var_field_5}}>", "<p style=color:10px&#32;2.5%,&#32;auto>"},
    {"<style>a</style><p>{{last_name}}", "<style>a</style><p>O&#39;Neil &lt;b&gt;"},
    {"<!-- <style> --><p>{{var_field_4}}", "<!-- <style> --><p>#menu"},
    {"<!--><style>--></style>{{var_field_4}}", "<!--><style>--></style>#menu"},
    {"<title><style></title>{{var_field_4}}", "<title><style></title>#menu"},
    {"<style></styles>{{var_field_4}}", "<style></styles>\\23 menu"},
    {"<p data-x=\"a>b\">{{var_field_4}}", "<p data-x=\"a>b\">#menu"},
    {"<p styles=\"{{var_field_4}}\">", "<p styles=\"#menu\">"},
    {"a < b {{last_name}}", "a < b O&#39;Neil &lt;b&gt;"},
    {"<script>var a = 1;</script>{{first_name}}", "<script>var a = 1;</script>Ann"},
};

static const struct {
    const char *source, *want; /* the sentence begins with this */
    bool strict;
} bad[] = {
    {"{{first_name", "line 1, column 1: {{ is never closed", false},
    {"a\nbé {{first_name", "line 2, column 4: {{ is never closed", false},
    {"{{ {{first_name}} }}", "line 1, column 1: {{ is never closed", false},
    {"{{}}", "line 1, column 1: {{}} holds no field name", false},
    {"x{{ }}", "line 1, column 2: {{}} holds no field name", false},
    {"{{a<b}}", "line 1, column 1: \"a<b\" is not a field name", false},
    {"{{{first_name}}}", "line 1, column 1:", false},
    {"{{IF state=\"CA\"}}x", "line 1, column 1: {{IF}} is never closed by {{ENDIF}}", false},
    {"{{IF}}x{{ENDIF}}", "line 1, column 1:", false},
    {"{{IF }}x{{ENDIF}}", "line 1, column 1:", false},
    {"{{IF state EQUALS}}x{{ENDIF}}", "line 1, column 1:", false},
    {"x{{ELSE}}", "line 1, column 2: {{ELSE}} without {{IF}}", false},
    {"{{ELSEIF a=\"b\"}}", "line 1, column 1: {{ELSEIF}} without {{IF}}", false},
    {"{{ENDIF}}", "line 1, column 1: {{ENDIF}} without {{IF}}", false},
    {"{{IF state=\"CA\"}}a{{ELSE}}b{{ELSE}}c{{ENDIF}}", "line 1, column 28: a second {{ELSE}}", false},
    {"{{IF state=\"CA\"}}a{{ELSE}}b{{ELSEIF state=\"NV\"}}{{ENDIF}}", "line 1, column 28: {{ELSEIF}} after {{ELSE}}", false},
    {"{{IF state=\"CA\"}}<p {{ENDIF}}>", "line 1, column 21: the branches", false},
    {"{{IF state=\"CA\"}}<style>{{ELSE}}<title>{{ENDIF}}", "line 1, column 40: the branches", false},
    {"<script>{{first_name}}</script>", "line 1, column 9: a field may not stand in script", false},
    {"<b onclick=\"{{first_name}}\">", "line 1, column 13: a field may not stand in script", false},
    {"<iframe srcdoc=\"{{first_name}}\">", "line 1, column 17: a field may not stand in srcdoc", false},
    {"<b {{first_name}}>", "line 1, column 4: a field may not stand in a tag", false},
    {"<{{first_name}}>", "line 1, column 2: a field may not stand in a tag", false},
    {"<img src=\"{{qr}}\">", "line 1, column 11: {{qr}} is a picture", false},
    {"<style>{{qr}}</style>", "line 1, column 8: {{qr}} is a picture", false},
    {"{{qr size=\"4\"}}", "line 1, column 1: the size of a QR code", false},
    {"{{qr size=big}}", "line 1, column 1: the text of size=", false},
    {"{{first_name size=\"1in\"}}", "line 1, column 1: only {{qr}} has a size", false},
    {"{{purl|x}}", "line 1, column 1: {{purl}} has no default", false},
    {"<p>\n {{nobody}}", "line 2, column 2: there is no field {{nobody}}", true},
    {"{{IF nobody = \"x\"}}{{ENDIF}}", "line 1, column 1:", true},
    {"ab\xff", "line 1, column 3: this is not UTF-8", false},
};

static bool run(const char *source, bool strict, struct str purl, struct buf *out, struct fault *f)
{
    struct arena *a = arena_create(4096);
    struct str values[FIELD_KNOWN + 3] = {{0}};
    values_fill(values);
    struct merge_options o = {.fields = field_set_create(a, extra, 3), .strict = strict};
    struct merge *m = merge_compile(a, str_of(source), &o, f);
    struct merge_input in = {values, FIELD_KNOWN + 3, purl};
    bool is_good = m && merge_run(m, &in, out, f);
    arena_destroy(&a);
    return is_good;
}

static void test_good(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct buf out = BUF_INIT;
        struct fault f = {0};
        if (!run(good[i].source, false, STR("https://x.test/p/a?b=1&c=2"), &out, &f))
            print_error("%s: %s\n", good[i].source, f.text), wrong++;
        else if (!str_eq(buf_str(&out), str_of(good[i].want)))
            wrong++, print_error("%s\n gave %.*s\n want %s\n", good[i].source, STR_ARG(buf_str(&out)), good[i].want);
        buf_finish(&out);
    }
    assert_int_equal(wrong, 0);
}

static void test_bad(void **state)
{
    (void)state;
    int wrong = 0;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct buf out = BUF_INIT;
        struct fault f = {0};
        if (run(bad[i].source, bad[i].strict, STR("https://x.test/"), &out, &f))
            print_error("%s was taken\n", bad[i].source), wrong++;
        else if (!str_starts(str_of(f.text), str_of(bad[i].want)))
            wrong++, print_error("%s\n says %s\n want %s\n", bad[i].source, f.text, bad[i].want);
        buf_finish(&out);
    }
    assert_int_equal(wrong, 0);
}

static void test_pieces_refused(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    struct fault f = {0};
    assert_false(run("{{company}}", true, STR("x"), &out, &f));
    assert_string_equal(f.text, "the field company is empty");
    assert_int_equal(f.status, 422);
    assert_true(run("{{company|us}}", true, STR("x"), &out, &f));
    assert_false(run("{{purl}}", false, STR(""), &out, &f));
    assert_non_null(strstr(f.text, "no personal address"));
    buf_finish(&out);
}

static void test_too_long(void **state)
{
    (void)state;
    static char text[9000];
    memset(text, 'x', sizeof text);
    struct arena *a = arena_create(4096);
    struct merge_options o = {.fields = NULL};
    struct str values[] = {str_make(text, sizeof text)};
    struct merge_input in = {values, 1, STR("")};
    struct buf out = BUF_INIT;
    struct fault f = {0};
    struct merge *m = merge_compile(a, STR("{{note}}"), &o, &f);
    assert_non_null(m);
    assert_false(merge_run(m, &in, &out, &f));
    assert_int_equal(f.status, 413);
    assert_non_null(strstr(f.text, "the field note has 9000 bytes"));
    buf_finish(&out);
    arena_destroy(&a);
}

static void test_qr(void **state)
{
    (void)state;
    struct buf out = BUF_INIT;
    struct fault f = {0};
    assert_true(run("<p>{{qr size=\"0.5in\"}}</p>", false, STR("https://x.test/p/abc"), &out, &f));
    assert_true(str_starts(buf_str(&out), STR("<p><svg class=\"qr\" width=\"48\" height=\"48\" viewBox=\"0 0 33 33\"")));
    assert_true(str_ends(buf_str(&out), STR("\"/></svg></p>")));
    buf_finish(&out);
}

static void test_names(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    struct fault f = {0};
    const struct str *names;
    struct merge_options o = {.fields = NULL};
    struct merge *m = merge_compile(a, STR("<body>{{First Name}}{{first_name}}{{IF Car = \"x\"}}{{ENDIF}}"), &o, &f);
    assert_int_equal(merge_names(m, &names), 2);
    assert_true(str_eq(names[0], STR("First Name")) && str_eq(names[1], STR("Car")));
    assert_false(merge_uses_purl(m));
    assert_false(merge_head_varies(m));
    m = merge_compile(a, STR("<style>{{c}}</style><body>{{qr}}"), &o, &f);
    assert_true(merge_uses_purl(m) && merge_head_varies(m));
    arena_destroy(&a);
}

static const struct {
    const char *merged, *head, *body;
} splits[] = {
    {"<html><head>h</head><body class=a>x</body></html>", "<html><head>h</head>", "<body class=a>x</body>"},
    {"<!doctype html><p>x", "<!doctype html>", "<body><p>x</body>"},
    {"x", "", "<body>x</body>"},
    {"<html><head><style>a</style></head>x</html>", "<html><head><style>a</style></head>", "<body>x</body>"},
    {"<!-- <body> --><body>x", "<!-- <body> -->", "<body>x</body>"},
    {"<script>'<body>'</script><BODY>x</BODY>", "<script>'<body>'</script>", "<BODY>x</BODY>"},
    {"<body><body>x</body></html>", "", "<body><body>x</body>"},
};

static void test_split(void **state)
{
    (void)state;
    struct arena *a = arena_create(4096);
    for (size_t i = 0; i < sizeof splits / sizeof *splits; i++) {
        struct html_parts p;
        html_split(a, str_of(splits[i].merged), &p);
        if (!str_eq(p.head, str_of(splits[i].head)) || !str_eq(p.body, str_of(splits[i].body)))
            fail_msg("%s\n gave %.*s | %.*s", splits[i].merged, STR_ARG(p.head), STR_ARG(p.body));
    }
    struct html_parts x, y, z;
    html_split(a, STR("<body><style>a{}</style>1"), &x);
    html_split(a, STR("<body><style>a{}</style>2"), &y);
    html_split(a, STR("<body><style>b{}</style>1"), &z);
    assert_memory_equal(x.key, y.key, sizeof x.key);
    assert_memory_not_equal(x.key, z.key, sizeof x.key);
    arena_destroy(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_good),     cmocka_unit_test(test_bad), cmocka_unit_test(test_pieces_refused),
        cmocka_unit_test(test_too_long), cmocka_unit_test(test_qr),  cmocka_unit_test(test_names),
        cmocka_unit_test(test_split),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
