"""A system that takes a connection and never answers: those who ask it wait, and are told when too many do; nobody else waits. `hanging_system.py PROGRAM`"""
import http.server, threading, time
from house import *

house = House(settings={"outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
check(house.start(), "the server starts")
house.make_account()
other = json.loads(house.cli("account", "create", "other", "--json").stdout)["api_key"]


class Hang(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        time.sleep(20)

    do_POST = do_GET

    def log_message(self, *words):
        pass


hanging = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hang)
hanging.daemon_threads = True
threading.Thread(target=hanging.serve_forever, daemon=True).start()
AT = f"http://127.0.0.1:{hanging.server_address[1]}"
status, made = house.ask("POST", "/v1/connections", {"kind": "highlevel", "is_tested": False, "settings": {"location_id": "loc_1", "base_url": AT},
                                                     "secrets": {"token": "pit-demo-token"}})
check(status == 200, f"a connection to it: {status}")
answers = []


def operate():
    began = time.time()
    status, got = house.ask("POST", f"/v1/connections/{made['connection_id']}/operations/get_contact", {"contactId": "x"}, timeout=60)
    answers.append((status, time.time() - began, got))


askers = [threading.Thread(target=operate) for _ in range(12)]
for t in askers:
    t.start()
time.sleep(1)
refused = [a for a in answers if a[0] == 503]
check(len(refused) == 10 and "Too many requests to other systems" in refused[0][2]["error"]["message"], f"two wait, ten are told at once: {[a[:2] for a in answers]}")
for method, path, key in (("GET", "/api/v1/account/me", other), ("GET", "/v1/connections", None), ("GET", "/p/abcdefghjkmn", ""), ("GET", "/healthz", "")):
    began = time.time()
    house.ask(method, path, key=key, raw=True)
    check(time.time() - began < 5, f"{method} {path} does not wait: {time.time() - began:.1f} s")
MADE = {"kind": "highlevel", "is_tested": False, "settings": {"location_id": "loc_1", "base_url": AT}, "secrets": {"token": "pit-demo-token"}}
PATH = f"/v1/connections/{made['connection_id']}"
for method, path, body, want in (("PATCH", PATH, {"settings": {"burst": "5"}}, 503), ("PUT", PATH, {"settings": MADE["settings"]}, 503), ("POST", "/v1/connections", {**MADE, "is_tested": True}, 503), ("POST", PATH + "/test", {}, 503),
                                 ("PATCH", PATH, {"label": "new"}, 200), ("PATCH", PATH, {"settings": {"burst": "50"}, "is_tested": False}, 200),
                                 ("PUT", PATH, {"settings": MADE["settings"], "is_tested": False}, 200), ("POST", "/v1/connections", MADE, 200), ("DELETE", PATH, None, 200)):
    began = time.time()
    status, got = house.ask(method, path, body)
    check(status == want and time.time() - began < 5, f"{method} {path} {body} asks {'too' if want == 503 else 'nobody'}: {status} {got.get('error', '')}")
for t in askers:
    t.join()
check(len(answers) == 12, "all are answered in the end")

# ---- actions ----
house.stop()
check(house.start(env={"PENNYPOST_ACTION_PATIENCE": "8"}), "the server starts again")
status, made = house.ask("POST", "/v1/connections", {"kind": "kizen", "is_tested": False, "settings": {"user_id": "u", "business_id": "b", "address": AT}, "secrets": {"api_key": "kizen-key-1"}})
check(status == 200, f"a connection to a Kizen that hangs: {status}")
ACTION, sent = "/v1/actions/send-campaign-mail", []
askers = [threading.Thread(target=lambda: sent.append(house.ask("POST", ACTION, {"endpoint": "spring", "connection_id": made["connection_id"], "contact_id": "x"}, timeout=60))) for _ in range(32)]
for t in askers:
    t.start()
time.sleep(1)
began = time.time()
status, got = house.ask("POST", ACTION, {"endpoint": "spring", "contact": {"first_name": "A", "last_name": "B", "street_address_1": "350 5th Ave", "city": "New York", "state": "NY", "zipcode": "10118"}}, key=other)
check(status == 404 and time.time() - began < 3, f"another account's action does not wait: {status} {got}, {time.time() - began:.1f} s")
for t in askers:
    t.join()
check(sorted({s for s, _ in sent}) == [502, 503] and len(sent) == 32, f"its own wait, and are answered: {[s for s, _ in sent]}")
check(house.stop() == 0, "a clean end")
done()
