/* press_samples.c: recipients made up for a compile: a typical one, one whose fields are empty (for strict creatives: one
 * letter long), and one with the longest values that are likely. */
#include "press/press_private.h"

static struct str typical(int field)
{
    static const char *const values[FIELD_VAR_1] = {
        "Jennifer", "Martinez", "Harbor Supply",        "482 Maple Avenue", "Apt 5",        "Springfield", "IL",
        "62704",    "US",       "jennifer@example.com", "217-555-0142",     "217-555-0143", "Teacher",     "example.com"};
    return field < FIELD_VAR_1 ? str_of(values[field]) : STR("Sample");
}

static struct str longest(int field)
{
    static const char *const values[FIELD_VAR_1] = {"Maximiliana-Josephine",
                                                    "Wolfeschlegelstein-Hausenberger",
                                                    "Consolidated Harbor Supply & Forwarding Company",
                                                    "12482 North Martin Luther King Boulevard",
                                                    "Building 14, Suite 1250",
                                                    "Rancho Santa Margarita",
                                                    "CA",
                                                    "92688-1234",
                                                    "US",
                                                    "maximiliana.wolfeschlegelstein@example.com",
                                                    "+1 217-555-0142",
                                                    "+1 217-555-0143",
                                                    "Associate Director of Operations",
                                                    "https://www.example.com/locations/springfield"};
    return field < FIELD_VAR_1 ? str_of(values[field]) : STR("A longer value than usual, of some words");
}

const struct press_piece *press_samples(struct arena *a, const struct creative *c)
{
    int n = FIELD_KNOWN + c->n_extra_fields;
    struct press_piece *pieces = ARENA_ARRAY(a, struct press_piece, PRESS_SAMPLES);
    for (int i = 0; i < PRESS_SAMPLES; i++) {
        struct str *values = ARENA_ARRAY(a, struct str, n);
        for (int k = 0; k < n; k++) values[k] = i == 0 ? typical(k) : i == 2 ? longest(k) : c->strict ? STR("A") : STR("");
        pieces[i].values = values;
        pieces[i].purl = STR("https://www.example.com/p/abcdefghjkmn");
    }
    return pieces;
}
