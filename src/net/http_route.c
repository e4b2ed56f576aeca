/* http_route.c: which route a path belongs to. A tree of path segments, built at start and then only read, by all HTTP threads.
 * A literal segment wins over a {name}; when the literal's branch has no route for the method, the {name} is tried. */
#include "net/http_private.h"

struct http_node {
    struct str literal;
    struct http_node *children, *next; /* the literal ones */
    struct http_node *any;             /* the {name} */
    const struct http_route *routes[HTTP_METHODS];
};

static bool is_param(struct str segment) { return segment.len > 2 && segment.ptr[0] == '{'; }

static struct http_node *node_child(struct arena *a, struct http_node *n, struct str segment)
{
    if (is_param(segment)) {
        if (!n->any) n->any = ARENA_NEW(a, struct http_node);
        return n->any;
    }
    for (struct http_node *c = n->children; c; c = c->next)
        if (str_eq(c->literal, segment)) return c;
    struct http_node *c = ARENA_NEW(a, struct http_node);
    c->literal = segment;
    c->next = n->children;
    n->children = c;
    return c;
}

struct http_node *http_routes_build(struct arena *a, const struct http_route *routes, size_t n)
{
    struct http_node *root = ARENA_NEW(a, struct http_node);
    for (size_t i = 0; i < n; i++) {
        struct http_node *at = root;
        struct str rest = str_of(routes[i].pattern + 1);
        while (rest.ptr && rest.len > 0) at = node_child(a, at, str_cut(rest, '/', &rest));
        ASSERT(routes[i].pattern[0] == '/' && routes[i].method < HTTP_METHODS);
        ASSERT(!at->routes[routes[i].method]); /* two routes for one request */
        at->routes[routes[i].method] = &routes[i];
    }
    return root;
}

static const struct http_route *node_route(const struct http_node *n, enum http_method m)
{
    if (m >= HTTP_METHODS) return NULL;
    if (m == HTTP_HEAD && !n->routes[m]) m = HTTP_GET;
    return n->routes[m];
}

const struct http_route *http_routes_find(const struct http_node *n, const struct str *segments, int count, enum http_method m)
{
    if (count == 0) return node_route(n, m);
    for (const struct http_node *c = n->children; c; c = c->next) {
        if (!str_eq(c->literal, segments[0])) continue;
        const struct http_route *r = http_routes_find(c, segments + 1, count - 1, m);
        if (r) return r;
        break;
    }
    return n->any && segments[0].len > 0 ? http_routes_find(n->any, segments + 1, count - 1, m) : NULL;
}

unsigned http_routes_methods(const struct http_node *n, const struct str *segments, int count)
{
    unsigned methods = 0;
    if (count == 0) {
        for (int m = 0; m < HTTP_METHODS; m++)
            if (n->routes[m]) methods |= 1U << m;
        return methods & (1U << HTTP_GET) ? methods | 1U << HTTP_HEAD : methods;
    }
    for (const struct http_node *c = n->children; c; c = c->next)
        if (str_eq(c->literal, segments[0])) methods |= http_routes_methods(c, segments + 1, count - 1);
    if (n->any && segments[0].len > 0) methods |= http_routes_methods(n->any, segments + 1, count - 1);
    return methods;
}
