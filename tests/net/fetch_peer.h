/* fetch_peer.h: a scripted other side for the fetcher's tests. What it does stands in the path asked for. */
#pragma once

enum peer_then { PEER_KEEP, PEER_CLOSE, PEER_HANG, PEER_DRIP, PEER_FLOOD };
struct peer_script {
    const char *path, *answer;
    enum peer_then then; /* DRIP: the answer's last byte again and again, slowly; FLOOD: fast */
    int filler;          /* so many letters follow `answer` */
    const char *end;     /* and then this; NULL: nothing */
};
struct peer;
/* Paths that no script has hang. "/die": a request that is not its connection's first is read and the connection closed. */
struct peer *peer_start(const struct peer_script *scripts, int n, const char *ip, int port /* 0: any */);
void peer_stop(struct peer **p);
int peer_port(const struct peer *p);
int peer_seen(struct peer *p, const char *path); /* requests for it so far */
int peer_connections(struct peer *p);
const char *peer_last_request(struct peer *p); /* the newest one's bytes */
