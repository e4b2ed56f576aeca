/* salesforce_private.h: what the files of this connector share.
 *
 *   config   a connection as this connector understands it: its settings and secrets, read once for each use
 *   object   a kind of record there that is read and written: Contact, Lead, or one of a CRM that is built on Salesforce
 *   field    the text field of an object that holds the newest status code of one mail drop, or of all drops of the connection
 *   layout   the page layout of the object, on which the field must stand before anything is written
 *
 * What fewer files share has headers of its own: salesforce_xml.h, salesforce_layout.h, salesforce_delivery.h, salesforce_wish.h. */
#pragma once
#include "links/crm.h"
#include "links/per_connection.h"
#include "links/salesforce/salesforce.h"
#include "links/tokens.h"

enum { SF_OBJECTS_MAX = 8, SF_ID_CHARS = 15, SF_FIELD_NAME_MAX = 40 };

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
    struct sf_object objects[SF_OBJECTS_MAX];
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
    return a.len >= SF_ID_CHARS && b.len >= SF_ID_CHARS && memcmp(a.ptr, b.ptr, SF_ID_CHARS) == 0;
}
void sf_soql_quote(struct buf *b, struct str text); /* 'O\'Hara' */

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
struct per_connection *sf_usage_create(void);
int64_t sf_pace(void *ctx, int64_t connection_id, int64_t now);
void sf_heard(void *ctx, int64_t connection_id, const struct fetch_answer *answer, int64_t now);
/* Inside a unit: writes it into the connection's status when it has changed by a hundredth since it was written last. */
bool sf_usage_note(struct salesforce *s, struct tx *tx, int64_t account, int64_t connection_id);
/* Inside a unit: one key of a connection's status; `json`: what it is from now on. */
bool sf_note(struct tx *tx, int64_t account, int64_t connection_id, const char *key, struct str json);

/* ---- salesforce_field.c: the job that makes a drop's fields ---- */
enum sf_field_state { SF_FIELD_WANTED, SF_FIELD_READY, SF_FIELD_NO_LAYOUT, SF_FIELD_FAILED };
/* A drop's field from now on: "Postalytics_Mail_Drop_572_Event_Status__c", or the one for all. A field that was made keeps its name. */
struct str sf_field_name(struct arena *a, const struct sf_config *c, int64_t drop_id);
bool sf_field_is_shared(struct str name);                    /* all drops write it */
struct str sf_field_label(struct arena *a, struct str name); /* "Postalytics Mail Drop 572 Event Status" */
void sf_fields_source_add(struct salesforce *s);

/* ---- salesforce_wish.c, salesforce_import.c: contacts into a list; what an import is to bring is in salesforce_wish.h ---- */
bool sf_import_begin(void *ctx, int64_t account, int64_t connection_id, struct json_value wish, int64_t *import_id,
                     struct fault *f);
/* Files of imports that are over or whose connection was removed go. */
void sf_imports_tidy(struct salesforce *s);
void sf_imports_source_add(struct salesforce *s);

/* ---- salesforce_rows.c ---- */
/* Their street has lines in it; ours has two fields: 1, the first line; 2, all others, parted by commas. */
struct str sf_street_line(struct arena *a, struct str street, int which);

/* ---- salesforce_link.c: its own parts are in salesforce_delivery.h ---- */
const struct link_def *sf_link_init(struct salesforce *s);

/* ---- salesforce_hook.c ---- */
int sf_hook(void *ctx, struct hook_call *h, struct hook_send *out, struct hook_answer *answer, struct fault *f);

/* ---- the whole ---- */
struct salesforce {
    const struct link_house *house;
    const char *data_dir;
    struct connector connector;
    struct link_def link;
    struct json_parser *parser;   /* of load, which one thread calls */
    struct per_connection *usage; /* salesforce_limits.c */
    _Atomic int64_t looked_mono;  /* for drops without fields */
};
/* "/services/data/v62.0" and what follows. */
struct str sf_path(struct arena *a, const struct sf_config *c, const char *rest);
