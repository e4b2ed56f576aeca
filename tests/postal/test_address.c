/* test_address.c: addresses as people write them, to the block that is printed, or to the sentence that refuses them. */
#include "postal/address.h"
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define ROWS(table) (sizeof(table) / sizeof *(table))
#define LONG_100    "ABCDEFGHI ABCDEFGHI ABCDEFGHI ABCDEFGHI ABCDEFGHI ABCDEFGHI ABCDEFGHI ABCDEFGHI ABCDEFGHI ABCDEFGHIJ"

/* A field that is NULL is not given. `lines`: the block, parted by |. */
static const struct {
    const char *name;
    const char *street, *street2, *city, *state, *zip, *country;
    const char *lines, *routing;
    unsigned warnings;
} places[] = {
    {"plain", "123 Main Street", NULL, "Boston", "MA", "02101", NULL, "123 MAIN ST|BOSTON MA  02101", "02101", 0},
    {"suffix misspelt", "9 Sunset Avenu", "", "Reno", "NV", "89501", "US", "9 SUNSET AVE|RENO NV  89501", "89501", 0},
    {"suffix with a point", "9 Sunset Blvd.", "", "Reno", "NV", "89501", "us", "9 SUNSET BLVD|RENO NV  89501", "89501", 0},
    {"two suffixes", "7 Park Place Drive", "", "Reno", "NV", "89501", "USA", "7 PARK PLACE DR|RENO NV  89501", "89501", 0},
    {"the suffix is the name", "7 Broadway", "", "Reno", "NV", "89501", "U.S.A.", "7 BROADWAY|RENO NV  89501", "89501", 0},
    {"avenue alone", "7 Avenue", "", "Reno", "NV", "89501", "United States", "7 AVENUE|RENO NV  89501", "89501", 0},
    {"directional before", "12 North Oak Lane", "", "Reno", "NV", "89501", "united states of america",
     "12 N OAK LN|RENO NV  89501", "89501", 0},
    {"directional after", "12 Oak Lane Southwest", "", "Reno", "NV", "89501", "", "12 OAK LN SW|RENO NV  89501", "89501", 0},
    {"directional is the name", "12 North Street", "", "Reno", "NV", "89501", "", "12 NORTH ST|RENO NV  89501", "89501", 0},
    {"directionals on both sides", "12 E Oak St NW", "", "Reno", "NV", "89501", "", "12 E OAK ST NW|RENO NV  89501", "89501",
     0},
    {"numbered street", "350 5th Avenue", "", "New York", "NY", "10118", "", "350 5TH AVE|NEW YORK NY  10118", "10118", 0},
    {"number with a letter", "123B Main St", "", "Reno", "NV", "89501", "", "123B MAIN ST|RENO NV  89501", "89501", 0},
    {"half a number", "123 1/2 Main St", "", "Reno", "NV", "89501", "", "123 1/2 MAIN ST|RENO NV  89501", "89501", 0},
    {"number with a dash", "12-34 Main St", "", "Reno", "NV", "89501", "", "12-34 MAIN ST|RENO NV  89501", "89501", 0},
    {"no number", "Main Street", "", "Reno", "NV", "89501", "", "MAIN ST|RENO NV  89501", "89501", ADDRESS_WARN_NO_NUMBER},
    {"apartment in the street", "123 Main St Apartment 4B", "", "Reno", "NV", "89501", "", "123 MAIN ST APT 4B|RENO NV  89501",
     "89501", 0},
    {"apartment with a comma", "123 Main St, Apt. 4-B", "", "Reno", "NV", "89501", "", "123 MAIN ST APT 4-B|RENO NV  89501",
     "89501", 0},
    {"apartment in line two", "123 Main St", "Apartment #4", "Reno", "NV", "89501", "", "123 MAIN ST APT 4|RENO NV  89501",
     "89501", 0},
    {"number sign", "123 Main St #4", "", "Reno", "NV", "89501", "", "123 MAIN ST # 4|RENO NV  89501", "89501", 0},
    {"suite", "123 Main St", "suite 200", "Reno", "NV", "89501", "", "123 MAIN ST STE 200|RENO NV  89501", "89501", 0},
    {"floor", "123 Main St", "Floor 3", "Reno", "NV", "89501", "", "123 MAIN ST FL 3|RENO NV  89501", "89501", 0},
    {"building and room", "123 Main St Building A", "Room 7", "Reno", "NV", "89501", "",
     "123 MAIN ST BLDG A RM 7|RENO NV  89501", "89501", 0},
    {"penthouse needs no number", "123 Main St Penthouse", "", "Reno", "NV", "89501", "", "123 MAIN ST PH|RENO NV  89501",
     "89501", 0},
    {"basement needs no number", "123 Main St", "basement", "Reno", "NV", "89501", "", "123 MAIN ST BSMT|RENO NV  89501",
     "89501", 0},
    {"apartment without number", "123 Main St Apt", "", "Reno", "NV", "89501", "", "123 MAIN ST APT|RENO NV  89501", "89501",
     ADDRESS_WARN_UNIT_MISSING},
    {"number sign without number", "123 Main St", "Suite #", "Reno", "NV", "89501", "", "123 MAIN ST STE|RENO NV  89501",
     "89501", ADDRESS_WARN_UNIT_MISSING},
    {"a designator in a name", "12 Key Street", "", "Reno", "NV", "89501", "", "12 KEY ST|RENO NV  89501", "89501", 0},
    {"unit above a long street", "12345 Northwest Martin Luther King Boulevard", "Suite 1200", "Reno", "NV", "89501", "",
     "STE 1200|12345 NW MARTIN LUTHER KING BLVD|RENO NV  89501", "89501", 0},
    {"a dash in line two", "123 Main St", "-", "Reno", "NV", "89501", "", "123 MAIN ST|RENO NV  89501", "89501", 0},
    {"line two says something", "123 Main St", "c/o Ann", "Reno", "NV", "89501", "", "123 MAIN ST C/O ANN|RENO NV  89501",
     "89501", 0},
    {"box", "P.O. Box 12", "", "Reno", "NV", "89501", "", "PO BOX 12|RENO NV  89501", "89501", 0},
    {"box spelt out", "post office box #12", "", "Reno", "NV", "89501", "", "PO BOX 12|RENO NV  89501", "89501", 0},
    {"box of a letter", "POB D", "", "Reno", "NV", "89501", "", "PO BOX D|RENO NV  89501", "89501", 0},
    {"rural route", "Rural Route 2 Box 7", "", "Reno", "NV", "89501", "", "RR 2 BOX 7|RENO NV  89501", "89501", 0},
    {"highway contract", "HC 1 Box 5", "", "Reno", "NV", "89501", "", "HC 1 BOX 5|RENO NV  89501", "89501", 0},
    {"zip+4", "1 A St", "", "Reno", "NV", "89501-1234", "", "1 A ST|RENO NV  89501-1234", "895011234", 0},
    {"zip+4 without dash", "1 A St", "", "Reno", "NV", "895011234", "", "1 A ST|RENO NV  89501-1234", "895011234", 0},
    {"delivery point", "1 A St", "", "Reno", "NV", "89501123456", "", "1 A ST|RENO NV  89501-1234", "89501123456", 0},
    {"delivery point with dashes", "1 A St", "", "Reno", "NV", "89501-1234-56", "", "1 A ST|RENO NV  89501-1234", "89501123456",
     0},
    {"zip with blanks round it", "1 A St", "", "Reno", "NV", " 89501 ", "", "1 A ST|RENO NV  89501", "89501", 0},
    {"padded zip", "1 A St", "", "Boston", "MA", "2101", "", "1 A ST|BOSTON MA  02101", "02101", ADDRESS_WARN_ZIP_PADDED},
    {"padded zip of Puerto Rico", "1 A St", "", "Ponce", "PR", "0716", "", "1 A ST|PONCE PR  00716", "00716",
     ADDRESS_WARN_ZIP_PADDED},
    {"zip of another state", "1 A St", "", "Reno", "NV", "02101", "", "1 A ST|RENO NV  02101", "02101", ADDRESS_WARN_ZIP_STATE},
    {"a zip that crosses", "1 A St", "", "Fishers Island", "NY", "06390", "", "1 A ST|FISHERS ISLAND NY  06390", "06390", 0},
    {"state by name", "1 A St", "", "Fargo", "north dakota", "58102", "", "1 A ST|FARGO ND  58102", "58102", 0},
    {"state with points", "1 A St", "", "Washington", "D.C.", "20001", "", "1 A ST|WASHINGTON DC  20001", "20001", 0},
    {"military", "Unit 100 Box 5", "", "APO", "AE", "09012", "", "UNIT 100 BOX 5|APO AE  09012", "09012",
     ADDRESS_WARN_NO_NUMBER},
    {"accents", "1 Peña Señor Ave", "", "San José", "CA", "95101", "", "1 PENA SENOR AVE|SAN JOSE CA  95101", "95101", 0},
    {"letters that do not come apart", "1 Straße Ø Łódź St", "", "Ærø", "CA", "95101", "", "1 STRASSE O LODZ ST|AERO CA  95101",
     "95101", 0},
    {"accents apart",
     "1 Pen\xCC\x83"
     "a Ave",
     "", "Reno", "NV", "89501", "", "1 PENA AVE|RENO NV  89501", "89501", 0},
    {"typographic marks", "1 O’Brien “Old” St", "", "Reno – West", "NV", "89501", "", "1 OBRIEN OLD ST|RENO - WEST NV  89501",
     "89501", 0},
    {"full width", "１２ Ｍａｉｎ St", "", "Reno", "NV", "89501", "", "12 MAIN ST|RENO NV  89501", "89501", 0},
    {"blanks in a row", "  12   Main\t St\n", "", " Reno ", " nv ", "89501", " us ", "12 MAIN ST|RENO NV  89501", "89501", 0},
    {"a plus sign", "1 A+B St", "", "Reno", "NV", "89501", "", "1 A B ST|RENO NV  89501", "89501", 0},
    {"and sign", "1 Fish & Chips Rd", "", "Reno", "NV", "89501", "", "1 FISH AND CHIPS RD|RENO NV  89501", "89501", 0},
    {"100 characters", LONG_100, "", "Reno", "NV", "89501", "", LONG_100 "|RENO NV  89501", "89501", ADDRESS_WARN_NO_NUMBER},
    {"Canada", "10 Rue Sainte-Anne", "", "Montréal", "Québec", "h2x1y4", "Canada", "10 RUE SAINTE-ANNE|MONTREAL QC  H2X 1Y4",
     "", 0},
    {"Canada with a unit", "100 Queen St W", "Apt 5", "Toronto", "ON", "M5H 2N2", "CA",
     "100 QUEEN ST W APT 5|TORONTO ON  M5H 2N2", "", 0},
    {"Canada with a dash", "1 A St", "", "Vancouver", "british columbia", "V5K-0A1", "can", "1 A ST|VANCOUVER BC  V5K 0A1", "",
     0},
    {"Canada, another province", "1 A St", "", "Vancouver", "BC", "M5H 2N2", "CA", "1 A ST|VANCOUVER BC  M5H 2N2", "",
     ADDRESS_WARN_ZIP_STATE},
};

static bool standardise(struct arena *a, size_t i, const char *first, const char *last, const char *company,
                        struct address *out, struct fault *f)
{
    struct address_in in = {str_of(first),
                            str_of(last),
                            str_of(company),
                            str_of(places[i].street),
                            str_of(places[i].street2),
                            str_of(places[i].city),
                            str_of(places[i].state),
                            str_of(places[i].zip),
                            str_of(places[i].country)};
    return address_standardise(a, &in, out, f);
}

/* The block as one text: lines parted by |. */
static const char *block(struct arena *a, const struct address *ad, int from)
{
    char *text = arena_strz(a, "");
    for (int i = from; i < ad->n_lines; i++)
        text = arena_printf(a, "%s%s%.*s", text, i > from ? "|" : "", STR_ARG(ad->line[i]));
    return text;
}

static void places_are_standardised(void **state)
{
    (void)state;
    int n_bad = 0;
    for (size_t i = 0; i < ROWS(places); i++) {
        struct arena *a = arena_create(1024);
        struct address ad = {0};
        struct fault f = {0};
        if (!standardise(a, i, "Ann", "Lee", NULL, &ad, &f)) {
            print_error("%s: refused: %s\n", places[i].name, f.text);
            n_bad++;
        } else if (strcmp(block(a, &ad, 1), places[i].lines) != 0 || strcmp(ad.routing, places[i].routing) != 0 ||
                   ad.warnings != places[i].warnings || !str_eq(ad.line[0], STR("ANN LEE"))) {
            print_error("%s: got %s, routing %s, warnings %u\n", places[i].name, block(a, &ad, 0), ad.routing, ad.warnings);
            n_bad++;
        }
        arena_destroy(&a);
    }
    assert_int_equal(n_bad, 0);
}

static const struct {
    const char *name, *first, *last, *company, *lines;
} people[] = {
    {"both names", "Ann", "O'Brien-Lee", "", "ANN OBRIEN-LEE"},
    {"first alone", "Ann", "", "", "ANN"},
    {"last alone", NULL, "Lee", NULL, "LEE"},
    {"company alone", NULL, NULL, "Smith & Sons, Inc.", "SMITH AND SONS INC"},
    {"person and company", "Ann", "Lee", "ACME", "ANN LEE|ACME"},
    {"dashes are no name", "-", "Lee", "--", "LEE"},
    {"full point after an initial", "J. R.", "Núñez", "", "J R NUNEZ"},
};

static void people_are_named(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(people); i++) {
        struct arena *a = arena_create(1024);
        struct address ad = {0};
        struct fault f = {0};
        if (!standardise(a, 0, people[i].first, people[i].last, people[i].company, &ad, &f))
            fail_msg("%s: %s", people[i].name, f.text);
        const char *want = arena_printf(a, "%s|%s", people[i].lines, places[0].lines);
        if (strcmp(block(a, &ad, 0), want) != 0) fail_msg("%s: got %s", people[i].name, block(a, &ad, 0));
        arena_destroy(&a);
    }
}

/* Each row is a good address with one field changed. */
enum field { FIRST, LAST, COMPANY, STREET, STREET2, CITY, STATE, ZIP, COUNTRY, FIELDS };
static const struct {
    const char *name;
    enum field field;
    const char *value, *says; /* says: the refusal begins so */
} refused[] = {
    {"no name", LAST, "", "last_name: a name or a company is needed"},
    {"a dash for a name", LAST, " - ", "last_name: a name or a company is needed"},
    {"no street", STREET, NULL, "street: is missing"},
    {"blank street", STREET, "  ", "street: is missing"},
    {"street of marks", STREET, "...", "street: is missing"},
    {"no city", CITY, "", "city: is missing"},
    {"no state", STATE, NULL, "state: is missing"},
    {"no zip", ZIP, " ", "zip: is missing"},
    {"state of three letters", STATE, "MAS", "state: \"MAS\" is not a state"},
    {"province in the US", STATE, "ON", "state: \"ON\" is not a state"},
    {"a state's half name", STATE, "New", "state: \"NEW\" is not a state"},
    {"zip of 3", ZIP, "021", "zip: \"021\" is not a ZIP code"},
    {"zip of 6", ZIP, "021011", "zip: \"021011\" is not a ZIP code"},
    {"zip of 8", ZIP, "02101-123", "zip: \"02101-123\" is not a ZIP code"},
    {"zip of 10", ZIP, "0210112345", "zip: \"0210112345\" is not a ZIP code"},
    {"zip of 12", ZIP, "021011234567", "zip: \"021011234567\" is not a ZIP code"},
    {"zip with a letter", ZIP, "O2101", "zip: \"O2101\" is not a ZIP code"},
    {"zip with the dash elsewhere", ZIP, "021-01", "zip: \"021-01\" is not a ZIP code"},
    {"zip with two dashes", ZIP, "02101--1234", "zip: \"02101--1234\" is not a ZIP code"},
    {"zip that ends in a dash", ZIP, "02101-", "zip: \"02101-\" is not a ZIP code"},
    {"zip with a sign", ZIP, "+2101", "zip: \"+2101\" is not a ZIP code"},
    {"Canadian code in the US", ZIP, "H2X 1Y4", "zip: \"H2X 1Y4\" is not a ZIP code"},
    {"zip of wide digits", ZIP, "０２１０１", "zip: \"０２１０１\" is not a ZIP code"},
    {"zip broken", ZIP, "0210\xFF", "zip: not valid UTF-8"},
    {"zip with a bell", ZIP, "02\a101", "zip: a control character"},
    {"country not served", COUNTRY, "Germany", "country: \"Germany\" is not served"},
    {"country broken", COUNTRY, "U\xC3", "country: not valid UTF-8"},
    {"US zip in Canada", COUNTRY, "CA", "state: \"MA\" is not a province"},
    {"Cyrillic", LAST, "Иванов", "last_name: \"И\" cannot be printed"},
    {"Chinese", STREET, "1 中山路", "street: \"中\" cannot be printed"},
    {"Arabic", CITY, "بوسطن", "city: \"ب\" cannot be printed"},
    {"Greek", FIRST, "Αννα", "first_name: \"Α\" cannot be printed"},
    {"a picture", COMPANY, "ACME 🎯", "company: \"🎯\" cannot be printed"},
    {"text direction", STREET2, "Apt \xE2\x80\xAE 4", "street2: \"\xE2\x80\xAE\" cannot be printed"},
    {"escape", LAST, "Lee\033[31m", "last_name: a control character (U+001B)"},
    {"delete", STREET, "1 Main\x7F St", "street: a control character (U+007F)"},
    {"C1 control", CITY, "Bos\xC2\x9Bton", "city: "},
    {"broken UTF-8", FIRST, "An\xC3", "first_name: not valid UTF-8"},
    {"overlong", LAST, "Le\xC0\xAF", "last_name: not valid UTF-8"},
    {"surrogate", STREET, "1 \xED\xA0\x80 St", "street: not valid UTF-8"},
    {"101 characters", STREET, LONG_100 "K", "street: longer than 100 characters"},
    {"longer when printed", COMPANY, "&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&&",
     "company: longer than 100 characters when printed"},
};

static void the_rest_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < ROWS(refused); i++) {
        struct arena *a = arena_create(1024);
        struct str v[FIELDS] = {STR(""),       STR("Lee"), STR(""),      STR("1 Main St"), STR(""),
                                STR("Boston"), STR("MA"),  STR("02101"), STR("")};
        struct address ad = {.n_lines = -1};
        struct fault f = {0};
        v[refused[i].field] = str_of(refused[i].value);
        struct address_in in = {v[FIRST], v[LAST], v[COMPANY], v[STREET], v[STREET2], v[CITY], v[STATE], v[ZIP], v[COUNTRY]};
        if (address_standardise(a, &in, &ad, &f)) fail_msg("%s: taken: %s", refused[i].name, block(a, &ad, 0));
        if (f.whose != FAULT_USER || f.status != 400 || !str_starts(str_of(f.text), str_of(refused[i].says)))
            fail_msg("%s: %s", refused[i].name, f.text);
        assert_int_equal(ad.n_lines, -1); /* set only on success */
        arena_destroy(&a);
    }
}

static const struct {
    const char *name;
    const char *last, *street, *street2, *city, *zip;
    bool is_same; /* as Lee, 123 Main St Apt 4, Boston MA 02101 */
} matches[] = {
    {"itself", "Lee", "123 Main St Apt 4", "", "Boston", "02101", true},
    {"spelt out", "LEE", "123 MAIN STREET, APARTMENT 4", "", "BOSTON", "02101", true},
    {"unit in line two", "lee", "123 Main Str.", "apt #4", "boston", "02101", true},
    {"zip+4", "Lee", "123 Main St Apt 4", "", "Boston", "02101-1234", true},
    {"zip padded", "Lee", "123 Main St Apt 4", "", "Boston", "2101", true},
    {"a quarter for a city", "Lee", "123 Main St Apt 4", "", "Dorchester", "02101", true},
    {"blanks round the name", "  Lee ", "123  Main St Apt 4", "", "Boston", "02101", true},
    {"an accent", "Leé", "123 Main St Apt 4", "", "Boston", "02101", true},
    {"other person", "Li", "123 Main St Apt 4", "", "Boston", "02101", false},
    {"other unit", "Lee", "123 Main St Apt 5", "", "Boston", "02101", false},
    {"no unit", "Lee", "123 Main St", "", "Boston", "02101", false},
    {"other number", "Lee", "124 Main St Apt 4", "", "Boston", "02101", false},
    {"other suffix", "Lee", "123 Main Ave Apt 4", "", "Boston", "02101", false},
    {"other zip", "Lee", "123 Main St Apt 4", "", "Boston", "02102", false},
};

static void match_keys(void **state)
{
    (void)state;
    uint8_t first[16], key[16];
    for (size_t i = 0; i < ROWS(matches); i++) {
        struct arena *a = arena_create(1024);
        struct address_in in = {STR("Ann"),
                                str_of(matches[i].last),
                                STR(""),
                                str_of(matches[i].street),
                                str_of(matches[i].street2),
                                str_of(matches[i].city),
                                STR("MA"),
                                str_of(matches[i].zip),
                                STR("")};
        struct address ad;
        struct fault f = {0};
        if (!address_standardise(a, &in, &ad, &f)) fail_msg("%s: %s", matches[i].name, f.text);
        address_match_key(&ad, in.last_name, i ? key : first);
        if (i && (memcmp(key, first, 16) == 0) != matches[i].is_same) fail_msg("%s", matches[i].name);
        arena_destroy(&a);
    }
}

static void zips_and_states(void **state)
{
    (void)state;
    static const struct {
        const char *zip;
        enum address_country country;
        bool is_valid;
    } zips[] = {
        {"02101", ADDRESS_US, true},       {"02101-1234", ADDRESS_US, true}, {"021011234", ADDRESS_US, true},
        {"02101123456", ADDRESS_US, true}, {" 02101 ", ADDRESS_US, true},    {"2101", ADDRESS_US, false},
        {"", ADDRESS_US, false},           {NULL, ADDRESS_US, false},        {"-02101", ADDRESS_US, false},
        {"M5H 2N2", ADDRESS_CA, true},     {"m5h2n2", ADDRESS_CA, true},     {"M5H-2N2", ADDRESS_CA, true},
        {"D5H 2N2", ADDRESS_CA, false},    {"W5H 2N2", ADDRESS_CA, false},   {"M5O 2N2", ADDRESS_CA, false},
        {"M5H 2N", ADDRESS_CA, false},     {"M5H 2N22", ADDRESS_CA, false},  {"M5H  2N2", ADDRESS_CA, false},
        {"M5 H2N2", ADDRESS_CA, false},    {"02101", ADDRESS_CA, false},     {"M5H 2N2", ADDRESS_US, false},
        {"02101", ADDRESS_OTHER, false},   {"", ADDRESS_CA, false},
    };
    static const struct {
        const char *name;
        enum address_country country;
        const char *code;
    } states[] = {
        {"CA", ADDRESS_US, "CA"},
        {"ca", ADDRESS_US, "CA"},
        {"california", ADDRESS_US, "CA"},
        {" New York ", ADDRESS_US, "NY"},
        {"Puerto Rico", ADDRESS_US, "PR"},
        {"AE", ADDRESS_US, "AE"},
        {"District of Columbia", ADDRESS_US, "DC"},
        {"ON", ADDRESS_CA, "ON"},
        {"Quebec", ADDRESS_CA, "QC"},
        {"newfoundland", ADDRESS_CA, "NL"},
        {"Yukon", ADDRESS_CA, "YT"},
        {"CA", ADDRESS_CA, NULL},
        {"ON", ADDRESS_US, NULL},
        {"", ADDRESS_US, NULL},
        {NULL, ADDRESS_US, NULL},
        {"Califor", ADDRESS_US, NULL},
        {"CA", ADDRESS_OTHER, NULL},
    };
    for (size_t i = 0; i < ROWS(zips); i++)
        if (address_zip_is_valid(str_of(zips[i].zip), zips[i].country) != zips[i].is_valid) fail_msg("zip %s", zips[i].zip);
    for (size_t i = 0; i < ROWS(states); i++) {
        char code[3] = "??";
        bool is_known = address_state_code(str_of(states[i].name), states[i].country, code);
        if (is_known != (states[i].code != NULL) || strcmp(code, states[i].code ? states[i].code : "??") != 0)
            fail_msg("state %s: %s", states[i].name, code);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(places_are_standardised), cmocka_unit_test(people_are_named),
        cmocka_unit_test(the_rest_is_refused),     cmocka_unit_test(match_keys),
        cmocka_unit_test(zips_and_states),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
