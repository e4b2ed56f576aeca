/* highlevel_answer.c: what an answer means. HighLevel's errors are {statusCode, message, error}, where message is a text or a list of texts
 * (specs: crm-apis §1.3); what stands between us and HighLevel may answer in HTML. Pure. */
#include "links/highlevel/highlevel_private.h"
#include "base/buf.h"
#include "base/utf8.h"
#include <ctype.h>
#include <stdio.h>
#include <strings.h>

enum { MESSAGE_MOST = 120, SECRET_LEAST = 30 /* letters of a word that may be a token; contact ids have 20 */ };

/* ---- its words ---- */

static bool is_token_letter(char c)
{
    return isalnum((unsigned char)c) || c == '-' || c == '_' || c == '.' || c == '~' || c == '+' || c == '/';
}

static void add_message(struct buf *b, struct json_value v)
{
    struct json_iter it = {0};
    struct json_value one;
    if (v.type == JSON_STRING) {
        if (b->len) buf_addz(b, "; ");
        buf_add_str(b, v.string);
    } else if (v.type == JSON_ARRAY) {
        while (b->len < 4 * MESSAGE_MOST && json_next(v, &it, NULL, &one))
            if (one.type == JSON_STRING) add_message(b, one);
    }
}

/* One line, without words that may be secrets, cut at a letter's edge. */
static void tidy(struct str in, char *out)
{
    size_t n = 0;
    while (in.len && n < MESSAGE_MOST) {
        size_t word = 0;
        while (word < in.len && is_token_letter(in.ptr[word])) word++;
        if (word >= SECRET_LEAST) {
            in = str_make(in.ptr + word, in.len - word);
            n += utf8_put(out + n, 0x2026);
            continue;
        }
        int32_t cp = utf8_next(&in);
        n += utf8_put(out + n, cp < 0 || utf8_is_control(cp) ? ' ' : (uint32_t)cp);
    }
    while (n && (out[n - 1] == ' ' || out[n - 1] == '.')) n--;
    out[n] = '\0';
}

/* What the other side says of an error; out takes MESSAGE_MOST + 5 bytes and is "" when it says nothing that can be understood. */
static void message_of(const struct fetch_answer *answer, char *out)
{
    struct json_value root;
    struct buf padded = BUF_INIT, said = BUF_INIT;
    struct json_parser *p = json_parser_create();
    *out = '\0';
    buf_add_str(&padded, answer->body);
    buf_reserve(&padded, JSON_PADDING);
    if (json_parse(p, buf_str(&padded), &root, NULL)) {
        add_message(&said, json_get(root, "message"));
        if (!said.len) add_message(&said, json_get(root, "error_description"));
        if (!said.len) add_message(&said, json_get(root, "error"));
        tidy(buf_str(&said), out);
    }
    json_parser_destroy(&p);
    buf_finish(&padded);
    buf_finish(&said);
}

static bool is_json(const struct fetch_answer *answer)
{
    struct str body = str_trim(answer->body);
    return body.len && (body.ptr[0] == '{' || body.ptr[0] == '[');
}

void highlevel_misshapen(const struct fetch_answer *answer, const char *wanted, char *sentence, size_t n)
{
    if (!is_json(answer))
        snprintf(sentence, n,
                 "HighLevel answered %d without %s and not in JSON. If this stays so, look at the connection's "
                 "base_url.",
                 answer->status, wanted);
    else
        snprintf(sentence, n,
                 "HighLevel answered %d without %s, or its answer broke off. If this stays so, look at the "
                 "connection's base_url and version.",
                 answer->status, wanted);
}

/* ---- its meaning ---- */

static bool mentions(const char *text, const char *words)
{
    size_t n = strlen(words);
    for (; *text; text++)
        if (strncasecmp(text, words, n) == 0) return true;
    return false;
}

bool highlevel_speaks(const struct fetch_answer *answer)
{
    char said[MESSAGE_MOST + 5];
    if (answer->error != FETCH_OK) return false;
    message_of(answer, said);
    return *said != '\0';
}

bool highlevel_says_gone(const struct fetch_answer *answer)
{
    char said[MESSAGE_MOST + 5];
    if (answer->error != FETCH_OK) return false;
    if (answer->status == 404) return true;
    if (answer->status != 400 && answer->status != 422) return false;
    message_of(answer, said);
    return mentions(said, "contact") && (mentions(said, "not found") || mentions(said, "does not exist"));
}

bool highlevel_lacks_scope(const struct fetch_answer *answer)
{
    char said[MESSAGE_MOST + 5];
    if (answer->error != FETCH_OK || (answer->status != 401 && answer->status != 403)) return false;
    message_of(answer, said);
    return mentions(said, "scope");
}

void highlevel_shut(const struct fetch_answer *answer, char *sentence, size_t n)
{
    char said[MESSAGE_MOST + 5];
    message_of(answer, said);
    snprintf(sentence, n,
             "HighLevel does not let the connection at this contact: it may be one of another location%s%s%s. Look at its id, "
             "and at the connection's location_id.",
             *said ? " (" : "", said, *said ? ")" : "");
}

/* An answer that says no: by status, what to do about it. */
static enum link_result refusal(const struct fetch_answer *answer, char *sentence, size_t n)
{
    char said[MESSAGE_MOST + 5], why[MESSAGE_MOST + 10] = "";
    message_of(answer, said);
    if (*said) snprintf(why, sizeof why, " (%s)", said);
    if (highlevel_lacks_scope(answer)) {
        snprintf(sentence, n,
                 "HighLevel does not let this token do that%s. Give it the scopes that it lacks (events need "
                 "contacts.readonly and contacts.write), then save the connection again.",
                 why);
        return LINK_AUTH;
    }
    switch (answer->status) {
    case 401:
        snprintf(sentence, n,
                 "HighLevel refuses the connection's token%s. Save the connection with a new private integration token, or "
                 "authorise it again.",
                 why);
        return LINK_AUTH;
    case 403:
        snprintf(
            sentence, n,
            "HighLevel does not let this token do that%s. Give it the scopes contacts.readonly and contacts.write, and look "
            "at the connection's location_id.",
            why);
        return LINK_AUTH;
    case 404:
        snprintf(sentence, n, "HighLevel has nothing at this place%s. Look at the id that was asked for.", why);
        return LINK_PERMANENT;
    case 429:
        snprintf(sentence, n, "HighLevel takes no more requests for now%s: it goes on by itself.", why);
        return LINK_PAUSE_DESTINATION;
    default: break;
    }
    if (answer->status >= 500 || answer->status == 408 || answer->status == 425) {
        snprintf(sentence, n, "HighLevel has an error of its own: %.80s%s.", answer->sentence, why);
        return answer->status == 503 && fetch_header(answer, "Retry-After").ptr ? LINK_PAUSE_DESTINATION : LINK_RETRY_LATER;
    }
    if (answer->status >= 300 && answer->status <= 399) {
        snprintf(
            sentence, n,
            "HighLevel answered with a redirect (%d), which is not followed. base_url must be the address of its API itself.",
            answer->status);
        return LINK_RETRY_LATER;
    }
    snprintf(sentence, n,
             "HighLevel refuses the request with %d%s. Look at the connection's settings and at the recipient's data.",
             answer->status, why);
    return LINK_PERMANENT;
}

enum link_result highlevel_judge(const struct fetch_answer *answer, char *sentence, size_t n)
{
    if (answer->error == FETCH_REFUSED) {
        snprintf(sentence, n, "The request to HighLevel cannot be made: %.180s", answer->sentence);
        return LINK_PERMANENT;
    }
    if (answer->error != FETCH_OK) {
        snprintf(sentence, n, "HighLevel did not answer: %.150s.", answer->sentence);
        return LINK_RETRY_LATER;
    }
    if (answer->status < 200 || answer->status > 299) return refusal(answer, sentence, n);
    if (str_trim(answer->body).len && !is_json(answer)) {
        highlevel_misshapen(answer, "what was asked for", sentence, n);
        return LINK_RETRY_LATER;
    }
    return LINK_OK;
}
