/* contact_check.c: lengths, required fields, country, state and zip of a recipient (specs: postalytics-api §3, §7). In the hot
 * path of sends and imports: no allocation, and characters are only counted where the bytes are too many. Pure. */
#include "mail/contact_check.h"
#include "base/log.h"
#include "base/utf8.h"
#include "postal/address.h"

enum { NAME_MAX_CHARACTERS = 50, TEXT_MAX_CHARACTERS = 100, VAR_MAX_CHARACTERS = 255, ZIP_MAX_CHARACTERS = 20 };

static const struct {
    const char *name;
    size_t max;
    bool is_required;
} known[FIELD_VAR_1] = {
    [FIELD_FIRST_NAME] = {"first_name", NAME_MAX_CHARACTERS, true},
    [FIELD_LAST_NAME] = {"last_name", NAME_MAX_CHARACTERS, true},
    [FIELD_COMPANY] = {"company", TEXT_MAX_CHARACTERS, false},
    [FIELD_ADDRESS_STREET] = {"address_street", TEXT_MAX_CHARACTERS, true},
    [FIELD_ADDRESS_STREET2] = {"address_street2", TEXT_MAX_CHARACTERS, false},
    [FIELD_ADDRESS_CITY] = {"address_city", TEXT_MAX_CHARACTERS, true},
    [FIELD_ADDRESS_STATE] = {"address_state", TEXT_MAX_CHARACTERS, true},
    [FIELD_ADDRESS_ZIP] = {"address_zip", ZIP_MAX_CHARACTERS, true},
    [FIELD_COUNTRY] = {"country", TEXT_MAX_CHARACTERS, false},
    [FIELD_EMAIL_ADDRESS] = {"email_address", TEXT_MAX_CHARACTERS, false},
    [FIELD_PHONE] = {"phone", TEXT_MAX_CHARACTERS, false},
    [FIELD_MOBILE_PHONE] = {"mobile_phone", TEXT_MAX_CHARACTERS, false},
    [FIELD_OCCUPATION] = {"occupation", TEXT_MAX_CHARACTERS, false},
    [FIELD_WEBSITE] = {"website", VAR_MAX_CHARACTERS, false},
};

static const char *const var_names[] = {
    "var_field_1",  "var_field_2",  "var_field_3",  "var_field_4",  "var_field_5",  "var_field_6",  "var_field_7",
    "var_field_8",  "var_field_9",  "var_field_10", "var_field_11", "var_field_12", "var_field_13", "var_field_14",
    "var_field_15", "var_field_16", "var_field_17", "var_field_18", "var_field_19", "var_field_20", "var_field_21",
    "var_field_22", "var_field_23", "var_field_24", "var_field_25", "var_field_26", "var_field_27", "var_field_28",
    "var_field_29", "var_field_30", "var_field_31", "var_field_32", "var_field_33", "var_field_34", "var_field_35"};
_Static_assert(sizeof var_names / sizeof *var_names == FIELD_KNOWN - FIELD_VAR_1, "a name for each variable field");

const char *contact_field_name(int field)
{
    if (field < FIELD_VAR_1) return known[field].name;
    return field < FIELD_KNOWN ? var_names[field - FIELD_VAR_1] : "a column of the list";
}

int contact_field_find(struct str name)
{
    for (int i = 0; i < FIELD_KNOWN; i++)
        if (str_eq_nocase(name, str_of(contact_field_name(i)))) return i;
    return -1;
}

size_t contact_field_max(int field) { return field < FIELD_VAR_1 ? known[field].max : VAR_MAX_CHARACTERS; }

static bool value_check(struct str s, int field, struct fault *f)
{
    size_t max = contact_field_max(field);
    if (s.len > max && utf8_length(s) > max)
        return fault_user(f, 400, "%s is longer than %zu characters.", contact_field_name(field), max);
    if (memchr(s.ptr, 0, s.len)) return fault_user(f, 400, "%s holds a NUL character.", contact_field_name(field));
    return true;
}

static bool country_of(struct str s, enum address_country *out)
{
    static const struct {
        const char *spelling;
        enum address_country country;
    } spellings[] = {{"US", ADDRESS_US},
                     {"USA", ADDRESS_US},
                     {"United States", ADDRESS_US},
                     {"United States of America", ADDRESS_US},
                     {"U.S.", ADDRESS_US},
                     {"U.S.A.", ADDRESS_US},
                     {"CA", ADDRESS_CA},
                     {"CAN", ADDRESS_CA},
                     {"Canada", ADDRESS_CA}};
    s = str_trim(s);
    *out = ADDRESS_US;
    if (str_is_empty(s)) return true;
    for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
        if (!str_eq_nocase(s, str_of(spellings[i].spelling))) continue;
        *out = spellings[i].country;
        return true;
    }
    return false;
}

bool contact_values_check(const struct str *values, int n, struct fault *f)
{
    enum address_country country;
    char code[3];
    ASSERT(n >= FIELD_VAR_1);
    for (int i = 0; i < n; i++) {
        if (i < FIELD_VAR_1 && known[i].is_required && str_is_empty(str_trim(values[i])))
            return fault_user(f, 400, "%s is required.", known[i].name);
        if (values[i].len && !value_check(values[i], i, f)) return false;
    }
    if (!country_of(values[FIELD_COUNTRY], &country))
        return fault_user(f, 400, "country \"%.*s\" is neither US nor Canada.", STR_ARG(values[FIELD_COUNTRY]));
    if (!address_state_code(values[FIELD_ADDRESS_STATE], country, code))
        return fault_user(f, 400, "address_state \"%.*s\" is no %s.", STR_ARG(values[FIELD_ADDRESS_STATE]),
                          country == ADDRESS_CA ? "Canadian province" : "state of the US");
    if (!address_zip_is_valid(values[FIELD_ADDRESS_ZIP], country))
        return fault_user(f, 400, "address_zip \"%.*s\" is no %s.", STR_ARG(values[FIELD_ADDRESS_ZIP]),
                          country == ADDRESS_CA ? "Canadian postal code" : "ZIP code");
    return true;
}

bool contact_check(const struct contact *c, struct fault *f) { return contact_values_check(c->values, c->n_values, f); }
