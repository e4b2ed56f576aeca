/* address_table.c: suffixes, units and directionals of Publication 28; states, provinces and the ZIP ranges of each. Called by
 * the address module. No state; a text that is not in a table is told by STR_NULL or false. */
#include "postal/address_table.h"

struct spelling {
    const char *standard, *others; /* others: blank-separated; the standard form counts as well */
};

static const struct spelling suffixes[] = {
    {"ALY", "ALLEE ALLEY ALLY"},
    {"ANX", "ANEX ANNEX ANNX"},
    {"ARC", "ARCADE"},
    {"AVE", "AV AVEN AVENU AVENUE AVN AVNUE"},
    {"BYU", "BAYOO BAYOU"},
    {"BCH", "BEACH"},
    {"BND", "BEND"},
    {"BLF", "BLUF BLUFF"},
    {"BLFS", "BLUFFS"},
    {"BTM", "BOT BOTTM BOTTOM"},
    {"BLVD", "BOUL BOULEVARD BOULV"},
    {"BR", "BRNCH BRANCH"},
    {"BRG", "BRDGE BRIDGE"},
    {"BRK", "BROOK"},
    {"BRKS", "BROOKS"},
    {"BG", "BURG"},
    {"BGS", "BURGS"},
    {"BYP", "BYPA BYPAS BYPASS BYPS"},
    {"CP", "CAMP CMP"},
    {"CYN", "CANYN CANYON CNYN"},
    {"CPE", "CAPE"},
    {"CSWY", "CAUSEWAY CAUSWA"},
    {"CTR", "CEN CENT CENTER CENTR CENTRE CNTER CNTR"},
    {"CTRS", "CENTERS"},
    {"CIR", "CIRC CIRCL CIRCLE CRCL CRCLE"},
    {"CIRS", "CIRCLES"},
    {"CLF", "CLIFF"},
    {"CLFS", "CLIFFS"},
    {"CLB", "CLUB"},
    {"CMN", "COMMON"},
    {"CMNS", "COMMONS"},
    {"COR", "CORNER"},
    {"CORS", "CORNERS"},
    {"CRSE", "COURSE"},
    {"CT", "COURT"},
    {"CTS", "COURTS"},
    {"CV", "COVE"},
    {"CVS", "COVES"},
    {"CRK", "CREEK"},
    {"CRES", "CRESCENT CRSENT CRSNT"},
    {"CRST", "CREST"},
    {"XING", "CROSSING CRSSNG"},
    {"XRD", "CROSSROAD"},
    {"XRDS", "CROSSROADS"},
    {"CURV", "CURVE"},
    {"DL", "DALE"},
    {"DM", "DAM"},
    {"DV", "DIV DIVIDE DVD"},
    {"DR", "DRIV DRIVE DRV"},
    {"DRS", "DRIVES"},
    {"EST", "ESTATE"},
    {"ESTS", "ESTATES"},
    {"EXPY", "EXP EXPR EXPRESS EXPRESSWAY EXPW"},
    {"EXT", "EXTENSION EXTN EXTNSN"},
    {"EXTS", "EXTENSIONS"},
    {"FALL", ""},
    {"FLS", "FALLS"},
    {"FRY", "FERRY FRRY"},
    {"FLD", "FIELD"},
    {"FLDS", "FIELDS"},
    {"FLT", "FLAT"},
    {"FLTS", "FLATS"},
    {"FRD", "FORD"},
    {"FRDS", "FORDS"},
    {"FRST", "FOREST FORESTS"},
    {"FRG", "FORG FORGE"},
    {"FRGS", "FORGES"},
    {"FRK", "FORK"},
    {"FRKS", "FORKS"},
    {"FT", "FORT FRT"},
    {"FWY", "FREEWAY FREEWY FRWAY FRWY"},
    {"GDN", "GARDEN GARDN GRDEN GRDN"},
    {"GDNS", "GARDENS GRDNS"},
    {"GTWY", "GATEWAY GATEWY GATWAY GTWAY"},
    {"GLN", "GLEN"},
    {"GLNS", "GLENS"},
    {"GRN", "GREEN"},
    {"GRNS", "GREENS"},
    {"GRV", "GROV GROVE"},
    {"GRVS", "GROVES"},
    {"HBR", "HARB HARBOR HARBR HRBOR"},
    {"HBRS", "HARBORS"},
    {"HVN", "HAVEN"},
    {"HTS", "HT HEIGHTS"},
    {"HWY", "HIGHWAY HIGHWY HIWAY HIWY HWAY"},
    {"HL", "HILL"},
    {"HLS", "HILLS"},
    {"HOLW", "HLLW HOLLOW HOLLOWS HOLWS"},
    {"INLT", "INLET"},
    {"IS", "ISLAND ISLND"},
    {"ISS", "ISLANDS ISLNDS"},
    {"ISLE", "ISLES"},
    {"JCT", "JCTION JCTN JUNCTION JUNCTN JUNCTON"},
    {"JCTS", "JCTNS JUNCTIONS"},
    {"KY", "KEY"},
    {"KYS", "KEYS"},
    {"KNL", "KNOL KNOLL"},
    {"KNLS", "KNOLLS"},
    {"LK", "LAKE"},
    {"LKS", "LAKES"},
    {"LAND", ""},
    {"LNDG", "LANDING LNDNG"},
    {"LN", "LANE"},
    {"LGT", "LIGHT"},
    {"LGTS", "LIGHTS"},
    {"LF", "LOAF"},
    {"LCK", "LOCK"},
    {"LCKS", "LOCKS"},
    {"LDG", "LDGE LODG LODGE"},
    {"LOOP", "LOOPS"},
    {"MALL", ""},
    {"MNR", "MANOR"},
    {"MNRS", "MANORS"},
    {"MDW", "MEADOW"},
    {"MDWS", "MEDOWS MEADOWS"},
    {"MEWS", ""},
    {"ML", "MILL"},
    {"MLS", "MILLS"},
    {"MSN", "MISSION MISSN MSSN"},
    {"MTWY", "MOTORWAY"},
    {"MT", "MNT MOUNT"},
    {"MTN", "MNTAIN MNTN MOUNTAIN MOUNTIN MTIN"},
    {"MTNS", "MNTNS MOUNTAINS"},
    {"NCK", "NECK"},
    {"ORCH", "ORCHARD ORCHRD"},
    {"OVAL", "OVL"},
    {"OPAS", "OVERPASS"},
    {"PARK", "PRK PARKS"},
    {"PKWY", "PARKWAY PARKWY PKWAY PKY PARKWAYS PKWYS"},
    {"PASS", ""},
    {"PSGE", "PASSAGE"},
    {"PATH", "PATHS"},
    {"PIKE", "PIKES"},
    {"PNE", "PINE"},
    {"PNES", "PINES"},
    {"PL", "PLACE"},
    {"PLN", "PLAIN"},
    {"PLNS", "PLAINS"},
    {"PLZ", "PLAZA PLZA"},
    {"PT", "POINT"},
    {"PTS", "POINTS"},
    {"PRT", "PORT"},
    {"PRTS", "PORTS"},
    {"PR", "PRAIRIE PRR"},
    {"RADL", "RAD RADIAL RADIEL"},
    {"RAMP", ""},
    {"RNCH", "RANCH RANCHES RNCHS"},
    {"RPD", "RAPID"},
    {"RPDS", "RAPIDS"},
    {"RST", "REST"},
    {"RDG", "RDGE RIDGE"},
    {"RDGS", "RIDGES"},
    {"RIV", "RIVER RVR RIVR"},
    {"RD", "ROAD"},
    {"RDS", "ROADS"},
    {"RTE", "ROUTE"},
    {"ROW", ""},
    {"RUE", ""},
    {"RUN", ""},
    {"SHL", "SHOAL"},
    {"SHLS", "SHOALS"},
    {"SHR", "SHOAR SHORE"},
    {"SHRS", "SHOARS SHORES"},
    {"SKWY", "SKYWAY"},
    {"SPG", "SPNG SPRING SPRNG"},
    {"SPGS", "SPNGS SPRINGS SPRNGS"},
    {"SPUR", "SPURS"},
    {"SQ", "SQR SQRE SQU SQUARE"},
    {"SQS", "SQRS SQUARES"},
    {"STA", "STATION STATN STN"},
    {"STRA", "STRAV STRAVEN STRAVENUE STRAVN STRVN STRVNUE"},
    {"STRM", "STREAM STREME"},
    {"ST", "STREET STRT STR"},
    {"STS", "STREETS"},
    {"SMT", "SUMIT SUMITT SUMMIT"},
    {"TER", "TERR TERRACE"},
    {"TRWY", "THROUGHWAY"},
    {"TRCE", "TRACE TRACES"},
    {"TRAK", "TRACK TRACKS TRK TRKS"},
    {"TRFY", "TRAFFICWAY"},
    {"TRL", "TRAIL TRAILS TRLS"},
    {"TUNL", "TUNEL TUNLS TUNNEL TUNNELS TUNNL"},
    {"TPKE", "TRNPK TURNPIKE TURNPK"},
    {"UPAS", "UNDERPASS"},
    {"UN", "UNION"},
    {"UNS", "UNIONS"},
    {"VLY", "VALLEY VALLY VLLY"},
    {"VLYS", "VALLEYS"},
    {"VIA", "VDCT VIADCT VIADUCT"},
    {"VW", "VIEW"},
    {"VWS", "VIEWS"},
    {"VLG", "VILL VILLAG VILLAGE VILLG VILLIAGE"},
    {"VLGS", "VILLAGES"},
    {"VL", "VILLE"},
    {"VIS", "VIST VISTA VST VSTA"},
    {"WALK", "WALKS"},
    {"WALL", ""},
    {"WAY", "WY"},
    {"WAYS", ""},
    {"WL", "WELL"},
    {"WLS", "WELLS"},
};

static const struct spelling units_with_id[] = {
    {"APT", "APARTMENT APARTMNT APPT"},
    {"BLDG", "BUILDING BLD"},
    {"DEPT", "DEPARTMENT"},
    {"FL", "FLOOR FLR"},
    {"HNGR", "HANGAR HANGER"},
    {"KEY", ""},
    {"LOT", ""},
    {"PIER", ""},
    {"RM", "ROOM"},
    {"SLIP", ""},
    {"SPC", "SPACE"},
    {"STOP", ""},
    {"STE", "SUITE SUIT"},
    {"TRLR", "TRAILER"},
    {"UNIT", ""},
};
static const struct spelling units_alone[] = {
    {"BSMT", "BASEMENT"}, {"FRNT", "FRONT"}, {"LBBY", "LOBBY"}, {"LOWR", "LOWER"}, {"OFC", "OFFICE"},
    {"PH", "PENTHOUSE"},  {"REAR", ""},      {"SIDE", ""},      {"UPPR", "UPPER"},
};
static const struct spelling directionals[] = {
    {"N", "NORTH"},      {"S", "SOUTH"},      {"E", "EAST"},       {"W", "WEST"},
    {"NE", "NORTHEAST"}, {"NW", "NORTHWEST"}, {"SE", "SOUTHEAST"}, {"SW", "SOUTHWEST"},
};

#define N_OF(array) (sizeof(array) / sizeof *(array))

/* `zips`: ranges of the first three digits, blank-separated. */
static const struct state {
    char code[3];
    const char *name, *zips;
} states[] = {
    {"AL", "ALABAMA", "350-369"},
    {"AK", "ALASKA", "995-999"},
    {"AZ", "ARIZONA", "850-865"},
    {"AR", "ARKANSAS", "716-729"},
    {"CA", "CALIFORNIA", "900-961"},
    {"CO", "COLORADO", "800-816"},
    {"CT", "CONNECTICUT", "060-069"},
    {"DE", "DELAWARE", "197-199"},
    {"DC", "DISTRICT OF COLUMBIA", "200-205 569-569"},
    {"FL", "FLORIDA", "320-349"},
    {"GA", "GEORGIA", "300-319 398-399"},
    {"HI", "HAWAII", "967-968"},
    {"ID", "IDAHO", "832-838"},
    {"IL", "ILLINOIS", "600-629"},
    {"IN", "INDIANA", "460-479"},
    {"IA", "IOWA", "500-528"},
    {"KS", "KANSAS", "660-679"},
    {"KY", "KENTUCKY", "400-427"},
    {"LA", "LOUISIANA", "700-714"},
    {"ME", "MAINE", "039-049"},
    {"MD", "MARYLAND", "206-219"},
    {"MA", "MASSACHUSETTS", "010-027 055-055"},
    {"MI", "MICHIGAN", "480-499"},
    {"MN", "MINNESOTA", "550-567"},
    {"MS", "MISSISSIPPI", "386-397"},
    {"MO", "MISSOURI", "630-658"},
    {"MT", "MONTANA", "590-599"},
    {"NE", "NEBRASKA", "680-693"},
    {"NV", "NEVADA", "889-898"},
    {"NH", "NEW HAMPSHIRE", "030-038"},
    {"NJ", "NEW JERSEY", "070-089"},
    {"NM", "NEW MEXICO", "870-884"},
    {"NY", "NEW YORK", "005-005 063-063 100-149"},
    {"NC", "NORTH CAROLINA", "270-289"},
    {"ND", "NORTH DAKOTA", "580-588"},
    {"OH", "OHIO", "430-459"},
    {"OK", "OKLAHOMA", "730-732 734-749"},
    {"OR", "OREGON", "970-979"},
    {"PA", "PENNSYLVANIA", "150-196"},
    {"RI", "RHODE ISLAND", "028-029"},
    {"SC", "SOUTH CAROLINA", "290-299"},
    {"SD", "SOUTH DAKOTA", "570-577"},
    {"TN", "TENNESSEE", "370-385"},
    {"TX", "TEXAS", "733-733 750-799 885-885"},
    {"UT", "UTAH", "840-847"},
    {"VT", "VERMONT", "050-054 056-059"},
    {"VA", "VIRGINIA", "201-201 220-246"},
    {"WA", "WASHINGTON", "980-994"},
    {"WV", "WEST VIRGINIA", "247-268"},
    {"WI", "WISCONSIN", "530-549"},
    {"WY", "WYOMING", "820-831"},
    {"PR", "PUERTO RICO", "006-007 009-009"},
    {"VI", "VIRGIN ISLANDS", "008-008"},
    {"GU", "GUAM", "969-969"},
    {"AS", "AMERICAN SAMOA", "967-967"},
    {"MP", "NORTHERN MARIANA ISLANDS", "969-969"},
    {"FM", "FEDERATED STATES OF MICRONESIA", "969-969"},
    {"MH", "MARSHALL ISLANDS", "969-969"},
    {"PW", "PALAU", "969-969"},
    {"AA", "ARMED FORCES AMERICAS", "340-340"},
    {"AE", "ARMED FORCES EUROPE", "090-099"},
    {"AP", "ARMED FORCES PACIFIC", "962-966"},
};
/* `zips`: the first letters of the province's postal codes. */
static const struct state provinces[] = {
    {"AB", "ALBERTA", "T"},
    {"BC", "BRITISH COLUMBIA", "V"},
    {"MB", "MANITOBA", "R"},
    {"NB", "NEW BRUNSWICK", "E"},
    {"NL", "NEWFOUNDLAND AND LABRADOR", "A"},
    {"NS", "NOVA SCOTIA", "B"},
    {"NT", "NORTHWEST TERRITORIES", "X"},
    {"NU", "NUNAVUT", "X"},
    {"ON", "ONTARIO", "KLMNP"},
    {"PE", "PRINCE EDWARD ISLAND", "C"},
    {"QC", "QUEBEC", "GHJ"},
    {"SK", "SASKATCHEWAN", "S"},
    {"YT", "YUKON", "Y"},
    {"NL", "NEWFOUNDLAND", "A"},
    {"YT", "YUKON TERRITORY", "Y"},
};

static struct str look_up(const struct spelling *table, size_t n, struct str word)
{
    for (size_t i = 0; i < n; i++) {
        if (str_eq(word, str_of(table[i].standard))) return str_of(table[i].standard);
        for (struct str rest = str_of(table[i].others); rest.ptr;) {
            struct str other = str_cut(rest, ' ', &rest);
            if (word.len && str_eq(word, other)) return str_of(table[i].standard);
        }
    }
    return STR_NULL;
}

struct str address_suffix(struct str word) { return look_up(suffixes, N_OF(suffixes), word); }
struct str address_directional(struct str word) { return look_up(directionals, N_OF(directionals), word); }

struct str address_unit(struct str word, bool *needs_id)
{
    struct str s = look_up(units_with_id, N_OF(units_with_id), word);
    *needs_id = s.ptr != NULL;
    return s.ptr ? s : look_up(units_alone, N_OF(units_alone), word);
}

bool address_state_code(struct str s, enum address_country country, char out[3])
{
    const struct state *table = country == ADDRESS_CA ? provinces : states;
    size_t n = country == ADDRESS_CA ? N_OF(provinces) : N_OF(states);
    if (country == ADDRESS_OTHER) return false;
    s = str_trim(s);
    for (size_t i = 0; i < n; i++) {
        if (!str_eq_nocase(s, str_of(table[i].code)) && !str_eq_nocase(s, str_of(table[i].name))) continue;
        memcpy(out, table[i].code, 3);
        return true;
    }
    return false;
}

bool address_zip_is_in_state(struct str zip5, const char *state, enum address_country country)
{
    if (country == ADDRESS_CA) {
        for (size_t i = 0; i < N_OF(provinces); i++)
            if (strcmp(provinces[i].code, state) == 0) return strchr(provinces[i].zips, zip5.ptr[0]) != NULL;
        return false;
    }
    for (size_t i = 0; i < N_OF(states); i++) {
        if (strcmp(states[i].code, state) != 0) continue;
        for (const char *range = states[i].zips; range; range = strchr(range, ' ') ? strchr(range, ' ') + 1 : NULL)
            if (memcmp(zip5.ptr, range, 3) >= 0 && memcmp(zip5.ptr, range + 4, 3) <= 0) return true;
        return false;
    }
    return false;
}

bool address_state_has_leading_zero(const char *state)
{
    static const char with_zero[] = "CT MA ME NH NJ PR RI VT VI AE";
    const char *at = strstr(with_zero, state);
    return at && (at - with_zero) % 3 == 0;
}
