/* salesforce_private.h: what the files of this connector share.
 *
 *   config   a connection as this connector understands it: its settings and secrets, read once for each use
 *   object   a kind of record there that is read and written: Contact, Lead, or one of a CRM that is built on Salesforce
 *   field    the text field of an object that holds the newest status code of one mail drop, or of all drops of the connection
 *   layout   the page layout of the object, on which the field must stand before anything is written */
#pragma once
#include "links/crm.h"
#include "links/salesforce/salesforce.h"
#include "links/tokens.h"

enum {
    OBJECTS_MAX = 8,
    ID_CHARS = 15,
    FIELD_NAME_MAX = 40,
    COLLECTION_MAX = 200,
    SEARCH_MAX = 50,
    SF_FOUND_MAX = 10,
    FIELD_AGAIN_MS = 1000
};

struct sf_object {
    struct str name;      /* API name: "Contact", "re__Client__c" */
    struct str layout;    /* exactly so: "Contact Layout" */
    struct str id_prefix; /* of its records' ids: "003" */
    struct str email;     /* the field by which a record is found: "Email" */
};
struct sf_config {
    struct str flow; /* jwt, client_credentials, refresh_token */
    struct str login_url, audience, client_id, username, version, endpoint;
    bool requires_layout, blanks_repeats, has_one_field;
    struct sf_object objects[OBJECTS_MAX];
    int n_objects;
    /* secret */
    struct str client_secret, refresh_token, private_key;
    struct str access_token, instance_url, user_id, org_id; /* of the last renewal; STR_NULL */
};
/* Texts live in the arena. FAULT_USER 400. */
bool sf_config_read(struct arena *a, struct str settings, struct str secrets, struct sf_config *out, struct fault *f);
/* "Contact; Lead; re__Client__c | Client Layout | a0X | re__Email__c" */
bool sf_objects_read(struct arena *a, struct str text, struct sf_config *out, struct fault *f);
const struct sf_object *sf_object_of_id(const struct sf_config *c, struct str id);  /* NULL: none has such ids */
const struct sf_object *sf_object_find(const struct sf_config *c, struct str name); /* NULL */
bool sf_id_is(struct str id);                                                       /* 15 or 18 letters and digits */
static inline bool sf_id_eq(struct str a, struct str b) /* the last three of 18 only check the case of the others */
{
    return a.len >= ID_CHARS && b.len >= ID_CHARS && memcmp(a.ptr, b.ptr, ID_CHARS) == 0;
}
void soql_quote(struct buf *b, struct str text); /* 'O\'Hara' */

/* ---- salesforce_oauth.c ---- */
/* An instance that a token's answer names: only https at Salesforce's own domains, or the host that the connection itself names (specs: §2.1). */
bool sf_instance_is_fine(struct str instance_url, struct str login_url);
/* A signed JWT; STR_NULL with a fault: the key is none. */
struct str sf_jwt(struct arena *a, const struct sf_config *c, int64_t now, struct fault *f);
enum authorised sf_authorise(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask,
                             struct fault *f);
bool sf_renew_ask(void *ctx, const struct connection *c, struct arena *a, int64_t now, struct fetch_ask *ask, struct fault *f);
bool sf_renew_read(void *ctx, const struct connection *c, struct arena *a, int64_t now, const struct fetch_answer *answer,
                   struct str *secrets, struct fault *f);

/* ---- salesforce_judge.c ---- */
struct sf_error {
    char code[80], message[200]; /* "" : the answer has none */
};
/* The first error of a JSON answer (either shape), of a SOAP fault, or of the token endpoint. */
void sf_error_read(struct str body, struct sf_error *out);
/* What an error of that code means for one record. The sentence says what to do. */
enum link_result sf_judge_code(const char *code, const char *message, char *sentence, size_t n);
enum link_result sf_judge(void *ctx, const struct fetch_answer *answer, char *sentence, size_t n);
bool sf_is_about_field(const char *code);
/* Sforce-Limit-Info: "api-usage=10018/100000; per-app-api-usage=…". False: it says nothing of the whole. */
bool sf_limit_read(struct str header, int64_t *used, int64_t *most);

/* ---- salesforce_limits.c: requests that each organisation has used of its day ---- */
struct sf_usage {
    int64_t connection_id, used, most, heard_at, noted;
};
int64_t sf_pace(void *ctx, int64_t connection_id, int64_t now);
void sf_heard(void *ctx, int64_t connection_id, const struct fetch_answer *answer, int64_t now);
/* Inside a unit: writes it into the connection's status when it has changed by a hundredth since it was written last. */
bool sf_usage_note(struct salesforce *s, struct tx *tx, int64_t account, int64_t connection_id);
/* Inside a unit: one key of a connection's status; `json`: what it is from now on. */
bool sf_note(struct tx *tx, int64_t account, int64_t connection_id, const char *key, struct str json);

/* ---- salesforce_xml.c: XML from outside, without DTD, entities of its own, and network ---- */
struct _xmlDoc;
struct _xmlNode;
struct _xmlDoc *sf_xml_read(struct str body, struct fault *f); /* NULL: FAULT_USER 400 */
void sf_xml_free(struct _xmlDoc **doc);
struct _xmlNode *sf_xml_root(struct _xmlDoc *doc);
/* The first element inside, or behind, of that local name whatever its prefix (NULL: of any name); NULL: none. */
struct _xmlNode *sf_xml_child(const struct _xmlNode *n, const char *name);
struct _xmlNode *sf_xml_next(const struct _xmlNode *n, const char *name);
struct _xmlNode *sf_xml_find(const struct _xmlNode *n, const char *name); /* at any depth below */
const char *sf_xml_name(const struct _xmlNode *n);                        /* local */
struct str sf_xml_text(struct arena *a, const struct _xmlNode *n);        /* STR_NULL for NULL */
void xml_escape(struct buf *b, struct str text);

/* ---- salesforce_layout.c: Metadata SOAP; pure ---- */
#define SF_SECTION "Postalytics"
/* "Contact-Contact Layout", special letters as Metadata wants them. ns STR_NULL: none. */
struct str sf_layout_full_name(struct arena *a, struct str object, struct str ns, struct str layout);
/* Bodies; the access token goes in where SF_SESSION stands when they are sent. */
#define SF_SESSION "%SESSION%"
struct str sf_layout_read_body(struct arena *a, struct str full_name);
struct str sf_layout_update_body(struct arena *a, struct str layout);
/* The layout inside an answer to readMetadata, byte for byte: what lies between <records …> and </records>. False with a fault: not what was
 * expected (FAULT_USER 400), or nothing that can be read (FAULT_REMOTE: perhaps next time); *out STR_NULL: there is no such layout. */
bool sf_layout_take(struct str body, struct str *out, struct fault *f);
/* The layout with the field in our section, all else byte for byte; *out is `layout` itself when the field stands on it already. */
bool sf_layout_add(struct arena *a, struct str layout, struct str field, struct str *out, struct fault *f);
bool sf_layout_update_read(struct str body, struct fault *f);

/* ---- salesforce_field.c: the job that makes a drop's fields ---- */
enum field_state { FIELD_WANTED, FIELD_READY, FIELD_NO_LAYOUT, FIELD_FAILED };
/* A drop's field from now on: "Postalytics_Mail_Drop_572_Event_Status__c", or the one for all. A field that was made keeps its name. */
struct str sf_field_name(struct arena *a, const struct sf_config *c, int64_t drop_id);
bool sf_field_is_shared(struct str name);                    /* all drops write it */
struct str sf_field_label(struct arena *a, struct str name); /* "Postalytics Mail Drop 572 Event Status" */
void sf_fields_source_add(struct salesforce *s);

/* ---- salesforce_link.c ---- */
struct sf_written { /* what the field of a record holds, or is to hold */
    int64_t piece_id, happened_at;
    int code; /* -1: nothing */
};
/* Mail codes go forwards only and never replace a visit; of two pieces to one person the younger counts; visits replace by their time. */
bool sf_is_newer(const struct sf_written *was, const struct sf_written *now);
const struct link_def *sf_link_init(struct salesforce *s);
enum phase { PHASE_SEARCH, PHASE_WRITE };
struct sf_delivery {
    struct connection connection;
    struct sf_config config;
    enum phase phase;
    enum link_result result; /* of load: LINK_ASK, or what it has seen already */
    int64_t drop_id, contact_id;
    int64_t value_drop; /* under which the field's value is remembered: 0 when all drops write it */
    struct sf_written value;
    struct str email, remote_id, field, code;
    const struct sf_object *object;
    bool was_found;
    /* writing */
    bool blanks_first, has_blanked, is_overtaken;
    int row; /* of the request */
    /* searching */
    int object_at, n_found;
    struct str found[SF_FOUND_MAX];
    const char *found_text; /* "Contact 003…, Lead 00Q…" */
    /* for settle */
    bool wants_field, wants_check, is_gone, is_written;
    struct str is_found;
};
static inline struct sf_delivery *sf_of(const struct link_delivery *d) { return d->state; }
enum link_result sf_say(struct link_delivery *d, enum link_result r, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* All that still ask get this result. */
void sf_all_say(struct link_delivery *const *group, int n, enum link_result *results, enum link_result r, int64_t until,
                const char *sentence);
bool sf_has_mark(const struct link_delivery *d, const char *word); /* words that earlier attempts left */

/* ---- salesforce_answer.c: what an answer means for each of a group; results of those that asked are LINK_ASK before it, and after it for
 * those that go on ---- */
void sf_answer_read(struct link_delivery *const *group, int n, struct str body, enum link_result *results);
/* The request as a whole was refused. */
void sf_answer_refused(struct link_delivery *const *group, int n, const struct fetch_answer *answer, const char *sentence,
                       enum link_result *results);

/* ---- salesforce_wish.c: what an import is to bring ---- */
#define SF_SOURCE_IMPORTS "salesforce imports"
#define SF_KEY_COLUMN     "Salesforce ID"
enum { SF_COLUMNS_MAX = 200 };
struct
    sf_column { /* of the list, and the field that fills it: "MailingStreet#1" is the first line of a field, "#2" all others */
    struct str name, field;
};
struct sf_wish {
    struct str object, soql, list_view; /* list_view STR_NULL: soql says which records */
    struct sf_column columns[SF_COLUMNS_MAX];
    int n_columns;
};
/* {object, soql, list_view, mapping}; texts in the arena. FAULT_USER 400. */
bool sf_wish_read(struct arena *a, const struct sf_config *c, struct json_value o, struct sf_wish *w, struct fault *f);
bool sf_import_begin(void *ctx, int64_t account, int64_t connection_id, struct json_value wish, int64_t *import_id,
                     struct fault *f);
/* The query of an import: our columns, and everything from FROM on of the given one. FAULT_USER 400. */
struct str sf_import_query(struct arena *a, struct str soql, const struct str *fields, int n, struct fault *f);
struct str sf_json_text(struct arena *a, struct json_value v);
/* ---- salesforce_rows.c ---- */
void sf_rows_header(const struct sf_wish *w, struct buf *b);
/* How many; -1: one of them is no record. */
int64_t sf_rows_add(struct arena *a, const struct sf_wish *w, struct json_value records, struct buf *b);
/* ---- salesforce_import.c: reading it ---- */
void sf_imports_source_add(struct salesforce *s);

/* ---- salesforce_hook.c ---- */
int sf_hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f);

/* ---- the whole ---- */
struct salesforce {
    const struct link_house *house;
    const char *data_dir;
    struct connector connector;
    struct link_def link;
    struct json_parser *parser; /* of load, which one thread calls */
    struct sf_limits *limits;
    _Atomic int64_t looked_mono; /* for drops without fields */
};
struct sf_limits *sf_limits_create(void);
void sf_limits_destroy(struct sf_limits **l);
/* "/services/data/v62.0" and what follows. */
struct str sf_path(struct arena *a, const struct sf_config *c, const char *rest);
