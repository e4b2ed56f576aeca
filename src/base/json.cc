// json.cc: reading JSON through simdjson's DOM, for C.
//
// A parser lives as long as its thread and keeps its memory from one document to the next; the values of a document live until
// the next parse. After a document is parsed one walk over it refuses what simdjson lets through: keys that stand twice, NUL in
// a string, nesting beyond the limit. Where a refused text goes wrong is found by json_where.c.
#include <climits> // simdjson.h 3.0 forgets it
#include <simdjson.h>
#include <algorithm>
#include <cstring>
#include <vector>

extern "C" {
#include "base/json.h"
#include "base/json_private.h"
#include "base/limits.h"
}

using namespace simdjson;

static_assert(sizeof(dom::element) == sizeof(json_value::handle), "a value packs an element");
static_assert(sizeof(dom::array::iterator) == 16 && sizeof(dom::object::iterator) == 16, "an iteration packs an iterator");
static_assert(std::is_trivially_copyable<dom::element>::value, "packing copies bytes");
static_assert(JSON_PADDING >= SIMDJSON_PADDING, "simdjson reads behind the end");

namespace
{

constexpr size_t PAIRWISE_KEYS = 16;   // up to here comparing each with each is cheapest
constexpr size_t KEPT_BYTES = 8 << 20; // a parser that once read more gives its memory back
constexpr size_t SIMDJSON_MAX_DEPTH = 1024;

using keys = std::vector<std::string_view>;

struct walk {
    int64_t max_depth;
    bool has_escapes;  // without a backslash in the text no string holds a NUL
    keys *many;        // reused from parse to parse
    const char *wrong; // what is refused, and the string that it is about
    std::string_view about;
};

bool refuse(walk &w, const char *wrong, std::string_view about)
{
    w.wrong = wrong;
    w.about = about;
    return false;
}

bool check_string(walk &w, std::string_view s)
{
    if (!w.has_escapes || !std::memchr(s.data(), 0, s.size())) return true;
    return refuse(w, "a string cannot hold \\u0000", s);
}

bool check_keys_pairwise(walk &w, const std::string_view *key, size_t n)
{
    for (size_t i = 1; i < n; i++)
        for (size_t k = 0; k < i; k++)
            if (key[i].size() == key[k].size() && key[i] == key[k])
                return refuse(w, "this key stands twice in one object", key[i]);
    return true;
}

// Equal keys become neighbours; of two, the one written later is the one to name.
bool check_keys_sorted(walk &w, dom::object object)
{
    keys &all = *w.many;
    all.clear();
    for (auto field : object) all.push_back(field.key);
    std::sort(all.begin(), all.end(), [](std::string_view a, std::string_view b) {
        if (a.size() != b.size()) return a.size() < b.size();
        int order = std::memcmp(a.data(), b.data(), a.size());
        return order ? order < 0 : a.data() < b.data();
    });
    auto twin = std::adjacent_find(all.begin(), all.end());
    return twin == all.end() || refuse(w, "this key stands twice in one object", *(twin + 1));
}

bool check_value(walk &w, dom::element value, int64_t depth);

bool check_object(walk &w, dom::object object, int64_t depth)
{
    std::string_view key[PAIRWISE_KEYS];
    size_t n = 0;
    if (depth > w.max_depth) return refuse(w, nullptr, {});
    for (auto field : object) {
        if (n < PAIRWISE_KEYS) key[n] = field.key;
        n++;
        if (!check_string(w, field.key) || !check_value(w, field.value, depth)) return false;
    }
    return n <= PAIRWISE_KEYS ? check_keys_pairwise(w, key, n) : check_keys_sorted(w, object);
}

bool check_array(walk &w, dom::array array, int64_t depth)
{
    if (depth > w.max_depth) return refuse(w, nullptr, {});
    for (dom::element value : array)
        if (!check_value(w, value, depth)) return false;
    return true;
}

bool check_value(walk &w, dom::element value, int64_t depth)
{
    switch (value.type()) {
    case dom::element_type::OBJECT: return check_object(w, dom::object(value.get_object().value_unsafe()), depth + 1);
    case dom::element_type::ARRAY: return check_array(w, dom::array(value.get_array().value_unsafe()), depth + 1);
    case dom::element_type::STRING: return !w.has_escapes || check_string(w, value.get_string().value_unsafe());
    default: return true;
    }
}

json_value value_of(dom::element e)
{
    json_value v = {};
    switch (e.type()) {
    case dom::element_type::NULL_VALUE: v.type = JSON_NULL; break;
    case dom::element_type::BOOL:
        v.type = JSON_BOOL;
        v.boolean = e.get_bool().value_unsafe();
        break;
    case dom::element_type::INT64:
        v.type = JSON_INT;
        v.integer = e.get_int64().value_unsafe();
        v.number = static_cast<double>(v.integer);
        break;
    case dom::element_type::UINT64: // beyond 63 bits: whoever wants an integer refuses it
        v.type = JSON_DOUBLE;
        v.number = static_cast<double>(e.get_uint64().value_unsafe());
        break;
    case dom::element_type::STRING:
        v.type = JSON_STRING;
        v.string = {e.get_string().value_unsafe().data(), e.get_string().value_unsafe().size()};
        break;
    case dom::element_type::ARRAY:
        v.type = JSON_ARRAY;
        std::memcpy(v.handle, &e, sizeof e);
        break;
    case dom::element_type::OBJECT:
        v.type = JSON_OBJECT;
        std::memcpy(v.handle, &e, sizeof e);
        break;
    default:
        v.type = JSON_DOUBLE;
        v.number = e.get_double().value_unsafe();
        break;
    }
    return v;
}

dom::element element_of(const json_value &v)
{
    dom::element e;
    std::memcpy(static_cast<void *>(&e), v.handle, sizeof e);
    return e;
}

// One step of an iteration that is kept as bytes. False at its end.
template <class Container, class Take> bool step(Container c, json_iter *it, Take take)
{
    auto at = c.begin();
    if (it->handle[2]) std::memcpy(static_cast<void *>(&at), it->handle, sizeof at);
    if (!(at != c.end())) return false;
    take(at);
    ++at;
    std::memcpy(it->handle, &at, sizeof at);
    it->handle[2] = 1;
    return true;
}

} // namespace

struct json_parser {
    dom::parser dom;
    keys many;
};

namespace
{

// simdjson keeps strings in the order of the text: a length of four bytes, the bytes, a NUL.
size_t string_number(const json_parser *p, std::string_view s)
{
    const uint8_t *at = p->dom.doc.string_buf.get(), *wanted = reinterpret_cast<const uint8_t *>(s.data());
    size_t n = 0;
    for (; at + sizeof(uint32_t) < wanted; n++) {
        uint32_t len;
        std::memcpy(&len, at, sizeof len);
        at += sizeof len + len + 1;
    }
    return n;
}

bool parse_failed(error_code error, str text, int64_t max_depth, fault *f)
{
    if (error == MEMALLOC || error == CAPACITY)
        return fault_operator(f, "a JSON text of %zu bytes cannot be read: %s", text.len, error_message(error));
    if (error == DEPTH_ERROR) return json_fault_too_deep(text, max_depth, f);
    return json_fault_syntax(text, error_message(error), f);
}

} // namespace

extern "C" {

struct json_parser *json_parser_create(void) { return new json_parser; }

void json_parser_destroy(struct json_parser **p)
{
    if (!p || !*p) return;
    delete *p;
    *p = nullptr;
}

bool json_parse(struct json_parser *p, struct str text, struct json_value *root, struct fault *f)
{
    int64_t max_depth = std::min<int64_t>(limit_get(LIMIT_JSON_MAX_DEPTH), SIMDJSON_MAX_DEPTH - 1);
    text = str_skip_bom(text);
    if (text.len == 0) return fault_user(f, 400, "line 1, column 1: the text is empty");
    if (p->dom.capacity() > KEPT_BYTES && text.len < KEPT_BYTES) p->dom = dom::parser();
    dom::element e;
    auto error = p->dom.parse(reinterpret_cast<const uint8_t *>(text.ptr), text.len, false).get(e);
    if (error) return parse_failed(error, text, max_depth, f);
    walk w = {max_depth, std::memchr(text.ptr, '\\', text.len) != nullptr, &p->many, nullptr, {}};
    if (!check_value(w, e, 0)) {
        if (!w.wrong) return json_fault_too_deep(text, max_depth, f);
        return json_fault_at_string(text, string_number(p, w.about), w.wrong, f);
    }
    *root = value_of(e);
    return true;
}

struct str json_padded(struct arena *a, struct str text)
{
    char *copy = static_cast<char *>(arena_alloc(a, text.len + JSON_PADDING));
    if (text.len) std::memcpy(copy, text.ptr, text.len);
    return {copy, text.len};
}

size_t json_count(struct json_value v)
{
    size_t n = 0;
    if (v.type == JSON_ARRAY) n = dom::array(element_of(v).get_array().value_unsafe()).size();
    if (v.type == JSON_OBJECT) n = dom::object(element_of(v).get_object().value_unsafe()).size();
    if (n < 0xFFFFFF) return n;
    n = 0; // simdjson counts no further
    json_iter it = {};
    str key;
    json_value value;
    while (json_next(v, &it, &key, &value)) n++;
    return n;
}

bool json_next(struct json_value v, struct json_iter *it, struct str *key, struct json_value *value)
{
    if (v.type == JSON_ARRAY) {
        if (key) *key = STR_NULL;
        return step(dom::array(element_of(v).get_array().value_unsafe()), it, [&](auto &at) { *value = value_of(*at); });
    }
    if (v.type != JSON_OBJECT) return false;
    return step(dom::object(element_of(v).get_object().value_unsafe()), it, [&](auto &at) {
        std::string_view k = at.key();
        if (key) *key = {k.data(), k.size()};
        *value = value_of(at.value());
    });
}

struct json_value json_get(struct json_value v, const char *key)
{
    json_value missing = {};
    dom::element e;
    if (v.type != JSON_OBJECT) return missing;
    if (dom::object(element_of(v).get_object().value_unsafe()).at_key(key).get(e)) return missing;
    return value_of(e);
}
}
