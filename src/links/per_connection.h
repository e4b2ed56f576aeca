/* per_connection.h: what a connector remembers of each of its connections in memory, such as how many requests one has made: an entry by the
 * connection's number, under one lock, from its first use until it is forgotten: when the connection ends (connector.removed), or sooner where what it
 * tells of does (link_house.saves: with each save). In memory: each node has its own, and a node that another one did not tell of an end keeps that
 * entry until it stops. */
#pragma once
#include <stddef.h>
#include <stdint.h>

struct per_connection;
/* Entries have `size` bytes, zeros before `begin` sets what is not to be 0; `end` frees what an entry holds, not itself. Both NULL: nothing. */
struct per_connection *per_connection_create(size_t size, void (*begin)(void *entry), void (*end)(void *entry));
void per_connection_destroy(struct per_connection **p);
/* The connection's entry, made when there is none. It is the caller's until per_connection_unlock: nobody else sees any entry before then. */
void *per_connection_lock(struct per_connection *p, int64_t connection_id);
void per_connection_unlock(struct per_connection *p);
/* It ended, the connection or what its entry tells of. A request of it that is under way may begin an entry anew, which is small and stays. */
void per_connection_forget(struct per_connection *p, int64_t connection_id);
