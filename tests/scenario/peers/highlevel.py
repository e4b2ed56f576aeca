"""A scripted HighLevel (API v2) for tests and the tour: contacts, tags (stored in lower case, as it does), notes, workflows, tokens, rate headers, all in memory.

    python3 tests/scenario/peers/highlevel.py --port 0      prints "listening on http://127.0.0.1:PORT"
    GET  /_state     contacts, notes, the log of all that was changed, counts of answers
    POST /_script    {"rules": […], "delay_ms": 50, "burst": 100, "daily_left": 5, "daily_reset_ms": 60000, "tokens": […], "refresh": "r1", "contacts": […], "elsewhere": [ids of another location's contacts],
                      "clear_log": true,
                      "automations": […], "pass_days": 2, "keep_requests": true}

A rule: {"on": "POST .*/tags", "do": "429" | "500" | … | "reset" | "html" | "truncated" | "hang", "times": 1, "skip": 0, "acts": false, "headers": {}, "body": {},
                      "seconds": 0 (before it answers)}.
With `acts` the request is done before its answer goes wrong. Bodies are checked strictly: an unknown key is refused.
Workflows (automation.py) start on a tag that a contact did not have: {"on": "tag postalytics event: mailed", …}."""
import argparse, automation, http.server, json, re, socket, struct, threading, time, urllib.parse

CONTACT = {"firstName", "lastName", "name", "email", "phone", "address1", "city", "state", "postalCode", "country", "website", "timezone", "gender", "dateOfBirth", "companyName",
           "source", "assignedTo", "dnd", "dndSettings", "inboundDndSettings", "tags", "customFields", "locationId"}
NOTE = {"body", "userId", "title", "color", "pinned"}
LOCATION, NO_ACCESS = "loc_1", "The token does not have access to this location."


def now():
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime())


class Refused(Exception):
    def __init__(self, status, message):
        self.status, self.message = status, message


class World:
    def __init__(self):
        self.lock = threading.RLock()
        self.automations = automation.Automations()
        self.contacts, self.notes, self.tags, self.log, self.rules, self.answers, self.enrolled = {}, {}, {}, [], [], {}, []
        self.keep_requests, self.requests = False, []  # only for those who ask: others make thousands
        self.tokens, self.refresh, self.n_renewed = {"pit-demo-token"}, None, 0
        self.delay_ms, self.burst, self.daily_left, self.daily_reset_ms, self.window = 0, 100, 200000, 86400000, []
        self.most_in_window, self.ids, self.elsewhere = 0, 0, []

    def new_id(self, kind):
        self.ids += 1
        return f"{kind}{self.ids:019d}"

    def note_down(self, what, contact, **more):
        self.log.append({"what": what, "contact": contact, "at_ms": int(time.time() * 1000), **more})

    # ---- what it can do: each returns (status, answer) ----
    def contact(self, cid):
        if cid in self.elsewhere:
            raise Refused(403, NO_ACCESS)
        if cid not in self.contacts:
            raise Refused(404, "Contact not found")
        return self.contacts[cid]

    def find(self, email=None, number=None):
        for c in self.contacts.values():
            if (email and c.get("email", "").lower() == email.lower()) or (number and re.sub(r"\D", "", c.get("phone", "")) == re.sub(r"\D", "", number)):
                return c
        return None

    def put(self, c, body, allowed):
        for key in set(body) - allowed:
            raise Refused(422, [f"property {key} should not exist"])
        for key in ("firstName", "lastName", "email", "phone", "companyName", "address1", "city", "state", "postalCode", "source"):
            if key in body and not isinstance(body[key], str):
                raise Refused(422, [f"{key} must be a string"])
        c.update({k: v for k, v in body.items() if k != "tags"})
        if "tags" in body:
            c["tags"] = self.texts(body)
        c["dateUpdated"] = now()
        return c

    def make(self, body):
        if body.get("locationId") != LOCATION:
            raise Refused(403, NO_ACCESS) if "locationId" in body else Refused(422, ["locationId can't be undefined"])
        c = {"id": body.pop("id", None) or self.new_id("c"), "tags": [], "dateAdded": now()}
        self.put(c, body, CONTACT)
        self.contacts[c["id"]] = c
        self.note_down("contact", c["id"])
        return c

    def texts(self, body):
        tags = body.get("tags")
        if not isinstance(tags, list) or not all(isinstance(t, str) for t in tags):
            raise Refused(422, ["each value in tags must be a string", "tags must be an array"])
        return list(dict.fromkeys(t.lower() for t in tags))

    def do(self, method, path, query, body):
        part = path.strip("/").split("/")
        if method in ("POST", "PUT", "DELETE") and body is not None and not isinstance(body, dict):
            raise Refused(400, "The body must be an object")
        body = dict(body or {})
        if path == "/contacts/" and method == "GET":
            self.here(query)
            found = [c for c in self.contacts.values() if query.get("query", "").lower() in json.dumps(c).lower()][:int(query.get("limit", 20))]
            return 200, {"contacts": found, "count": len(self.contacts)}
        if path == "/contacts/" and method == "POST":
            if self.find(body.get("email"), body.get("phone")):
                raise Refused(400, "This location does not allow duplicated contacts.")
            return 201, {"contact": self.make(body)}
        if path == "/contacts/search" and method == "POST":
            return 200, {"contacts": list(self.contacts.values())[:int(body.get("pageLimit", 20))], "total": len(self.contacts)}
        if path == "/contacts/search/duplicate" and method == "GET":
            self.here(query)
            return 200, {"contact": self.find(query.get("email"), query.get("number"))}
        if path == "/contacts/upsert" and method == "POST":
            there = self.find(body.get("email"), body.get("phone"))
            body.pop("createNewIfDuplicateAllowed", None)
            c = self.put(there, body, CONTACT) if there else self.make(body)
            return 200, {"new": not there, "contact": c, "traceId": self.new_id("t")}
        if path == "/workflows/" and method == "GET":
            self.here(query)
            return 200, {"workflows": [{"id": "wf_1", "name": "Send a card", "status": "published", "version": 1, "createdAt": now(), "updatedAt": now(), "locationId": LOCATION}]}
        if part[0] == "locations" and part[2:] == ["tags"]:
            if method == "GET":
                return 200, {"tags": list(self.tags.values())}
            if set(body) != {"name"} or not isinstance(body["name"], str):
                raise Refused(422, ["name must be a string"])
            t = {"id": self.new_id("g"), "name": body["name"].lower(), "locationId": LOCATION}
            self.tags[t["id"]] = t
            return 200, {"tag": t}
        if part[0] != "contacts" or len(part) < 2:
            raise Refused(404, f"Cannot {method} {path}")
        c, rest = self.contact(part[1]), part[2:]
        if not rest:
            if method == "DELETE":
                del self.contacts[c["id"]]
                return 200, {"succeded": True}
            if method == "PUT":
                return 200, {"succeded": True, "contact": self.put(c, body, CONTACT - {"locationId"})}
            return 200, {"contact": c}
        if rest == ["tags"] and method in ("POST", "DELETE"):
            if set(body) != {"tags"}:
                raise Refused(422, [f"property {k} should not exist" for k in set(body) - {"tags"}] or ["tags must be an array"])
            tags, had = self.texts(body), c["tags"]
            c["tags"] = [t for t in c["tags"] if t not in tags] + (tags if method == "POST" else [])
            for t in tags:
                self.note_down("tag" if method == "POST" else "untag", c["id"], tag=t, spelt=body["tags"][0])
                if method == "POST" and t not in had:
                    self.automations.happened("tag " + t, c)
            return (201 if method == "POST" else 200), {"tags": c["tags"]}
        if rest[0] == "notes":
            return self.do_notes(method, c, rest[1:], body)
        if rest[0] == "workflow" and len(rest) == 2 and method in ("POST", "DELETE"):
            if set(body) - {"eventStartTime"}:
                raise Refused(422, ["property should not exist"])
            self.note_down("workflow" if method == "POST" else "unworkflow", c["id"], workflow=rest[1])
            return 200, {"succeded": True}
        raise Refused(404, f"Cannot {method} {path}")

    def do_notes(self, method, c, rest, body):
        mine = self.notes.setdefault(c["id"], [])
        if method in ("POST", "PUT"):
            if set(body) - NOTE or not isinstance(body.get("body"), str) or not body["body"]:
                raise Refused(422, ["body must be a string"])
        if not rest:
            if method == "GET":
                return 200, {"notes": mine[::-1]}
            note = {"id": self.new_id("n"), "contactId": c["id"], "dateAdded": now(), **body}
            mine.append(note)
            self.note_down("note", c["id"], body=body["body"])
            return 201, {"note": note}
        note = next((n for n in mine if n["id"] == rest[0]), None)
        if not note:
            raise Refused(404, "Note not found")
        if method == "DELETE":
            mine.remove(note)
            return 200, {"succeded": True}
        if method == "PUT":
            note.update(body)
        return 200, {"note": note}

    def here(self, query):
        if query.get("locationId") != LOCATION:
            raise Refused(403, NO_ACCESS) if "locationId" in query else Refused(422, ["locationId must be a string"])

    def renew(self, form):
        want = {"client_id", "client_secret", "grant_type", "user_type"} | ({"refresh_token"} if form.get("grant_type") == "refresh_token" else {"code", "redirect_uri"})
        if set(form) != want or form["client_secret"] != "app-secret":
            raise Refused(422, ["Unprocessable"])
        if form.get("refresh_token", form.get("code")) != self.refresh:
            return 400, {"error": "invalid_grant", "error_description": "This refresh token is invalid"}
        self.n_renewed += 1
        token, self.refresh = f"at-{self.n_renewed:030d}", f"rt-{self.n_renewed:030d}"  # rotating: the old one is used up
        self.tokens = {token}
        return 200, {"access_token": token, "token_type": "Bearer", "expires_in": 86399, "refresh_token": self.refresh, "scope": "contacts.write contacts.readonly",
                     "userType": "Location", "locationId": LOCATION, "companyId": "co_1", "userId": "u_1"}

    def rate(self):
        """The headers of an answer; raises 429 above a limit."""
        t = time.time()
        self.window = [w for w in self.window if w > t - 10]
        over = len(self.window) >= self.burst
        dry = self.daily_left <= 0
        if not over and not dry:
            self.window.append(t)
            self.daily_left -= 1
        self.most_in_window = max(self.most_in_window, len(self.window))
        head = {"X-RateLimit-Max": self.burst, "X-RateLimit-Remaining": self.burst - len(self.window), "X-RateLimit-Interval-Milliseconds": 10000,
                "X-RateLimit-Limit-Daily": 200000, "X-RateLimit-Daily-Remaining": self.daily_left}
        if self.daily_left <= 0:
            head["X-RateLimit-Daily-Reset"] = self.daily_reset_ms
        return head, over or dry

    def rule(self, line):
        for r in self.rules:
            if re.fullmatch(r["on"], line):
                if r.setdefault("skip", 0) > 0:
                    r["skip"] -= 1
                    continue
                if r.setdefault("times", 1) > 0:
                    r["times"] -= 1
                    return r
        return None

    def script(self, s):
        for key in ("rules", "delay_ms", "burst", "daily_left", "daily_reset_ms", "refresh", "elsewhere", "keep_requests"):
            if key in s:
                setattr(self, key, s[key])
        if "tokens" in s:
            self.tokens = set(s["tokens"])
        if s.get("clear_log"):
            self.log, self.answers, self.most_in_window = [], {}, 0
        self.automations.script(s)
        return {"made": [self.make({"locationId": LOCATION, **c})["id"] for c in s.get("contacts", [])]}

    def state(self):
        return {"contacts": self.contacts, "notes": self.notes, "log": self.log, "answers": self.answers, "rules": self.rules, "tokens": sorted(self.tokens), "refresh": self.refresh,
                "renewed": self.n_renewed, "most_in_window": self.most_in_window, "daily_left": self.daily_left, "tags": self.tags, "automations": self.automations.state(), "requests": self.requests}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    world = World()

    def log_message(self, *words):
        pass

    def answer(self, status, body, head=None, broken=None):
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        with self.world.lock:
            self.world.answers[str(status)] = self.world.answers.get(str(status), 0) + 1
        self.send_response(status)
        self.send_header("Content-Type", "text/html" if data[:1] == b"<" else "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(data)))
        for name, value in (head or {}).items():
            self.send_header(name, str(value))
        self.end_headers()
        self.wfile.write(data[:len(data) // 2] if broken else data)
        if broken:
            self.wfile.flush()
            self.close_connection = True

    def cut(self):
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def misbehave(self, rule, body, head):
        do, head = rule["do"], {**head, **rule.get("headers", {})}
        if do != "hang":
            time.sleep(rule.get("seconds", 0))
        if do == "reset":
            self.cut()
        elif do == "hang":
            time.sleep(rule.get("seconds", 20))
            self.cut()
        elif do == "html":
            self.answer(rule.get("status", 200), b"<html><body><h1>Bad gateway</h1></body></html>", head)
        elif do == "truncated":
            self.answer(201, body, head, broken=True)
        else:
            self.answer(int(do), rule.get("body", {"statusCode": int(do), "message": "scripted"}), head)

    def serve(self):
        w, at = self.world, urllib.parse.urlsplit(self.path)
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if at.path == "/_state":
            with w.lock:
                return self.answer(200, json.loads(json.dumps(w.state())))
        if at.path == "/_script":
            with w.lock:
                return self.answer(200, w.script(json.loads(raw)))
        with w.lock:
            delay = w.delay_ms
            if w.keep_requests:
                w.requests.append({"method": self.command, "path": at.path, "query": at.query, "body": raw.decode(errors="replace"), "headers": dict(self.headers)})
        time.sleep(delay / 1000)
        query = dict(urllib.parse.parse_qsl(at.query))
        head = {}
        with w.lock:
            rule = w.rule(f"{self.command} {at.path}")
            try:
                if rule and not rule.get("acts"):
                    status, body = 0, {}
                elif at.path == "/oauth/token" and self.command == "POST":
                    status, body = w.renew(dict(urllib.parse.parse_qsl(raw.decode())))
                else:
                    status, body, head = self.work(at.path, query, raw)
            except Refused as r:
                status, body = r.status, {"statusCode": r.status, "message": r.message, "error": "Refused"}
            except (ValueError, KeyError, AttributeError, TypeError):
                status, body = 400, {"statusCode": 400, "message": "Bad Request"}
        if rule:
            return self.misbehave(rule, body or {"tags": []}, head)
        self.answer(status, body, head)

    def work(self, path, query, raw):
        w = self.world
        token = (self.headers.get("Authorization") or "").removeprefix("Bearer ")
        if token not in w.tokens:
            return 401, {"statusCode": 401, "message": "Invalid Private Integration token" if token.startswith("pit-") else "The token has expired.", "error": "Unauthorized"}, {}
        if not re.fullmatch(r"\d{4}-\d\d-\d\d|v3", self.headers.get("Version") or ""):
            raise Refused(422, ["version header was not found"])
        if raw and not (self.headers.get("Content-Type") or "").startswith("application/json"):
            raise Refused(422, ["Content-Type must be application/json"])
        head, refused = w.rate()
        if refused:
            return 429, {"statusCode": 429, "message": "Too Many Requests"}, head
        status, body = w.do(self.command, path, query, json.loads(raw) if raw else None)
        return status, json.loads(json.dumps(body)), head

    do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = serve


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def handle_error(self, request, address):
        pass  # connections that were cut


if __name__ == "__main__":
    words = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    words.add_argument("--port", type=int, default=0)
    server = Server(("127.0.0.1", words.parse_args().port), Handler)
    print(f"listening on http://127.0.0.1:{server.server_port}", flush=True)
    server.serve_forever()
