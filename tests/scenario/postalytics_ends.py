"""Two ends that speak Postalytics' API: a played Postalytics that fails in every way while it prints our pieces, and a second Pennypost that prints
them and whose events come back. `postalytics_ends.py build/src/app/pennypost`."""
import http.client, json, os, pathlib, sys, time
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
import house, postalytics
from ends import LOOSE, PERSON, furnish, until

h = house.House(settings=LOOSE)
house.check(h.start(), "the server starts")
account, campaign = furnish(h, "ends", live=True)
remote = postalytics.Postalytics().start()


def connect(label, address, key):
    status, made = h.ask("POST", "/v1/connections", {"kind": "postalytics", "label": label, "settings": {"environment": address, "rate": "off"}, "secrets": {"api_key": key}})
    house.check(status == 200, f"{label} is connected: {status} {made if status != 200 else ''}")
    return made["connection_id"]


def batches(drop):
    return h.ask("GET", f"/v1/batches?drop_id={drop}")[1]


def print_there(title, connection, endpoint, people):
    drop, ours = campaign(title)
    status, got = h.ask("PUT", f"/v1/drops/{drop}/printer", {"connection_id": connection, "endpoint": endpoint})
    house.check(status == 200 and got == {"drop_id": drop, "connection_id": connection, "endpoint": endpoint}, f"{title} is printed there: {got}")
    return drop, [h.ask("POST", f"/api/v1/send/{ours}", {**PERSON, "first_name": who})[1]["mail_id"] for who in people]


def names():
    return [p["first_name"] for p in remote.pieces]


theirs = connect("Played", remote.address, postalytics.KEY)

# ---- everything goes well ----
drop, ids = print_there("Plain", theirs, "spring", ["a1", "a2", "a3"])
until("a batch is handed over piece by piece", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
house.check(names() == ["a1", "a2", "a3"] and [p["var_field_35"] for p in remote.pieces] == [str(i) for i in ids], f"each once, with our number: {names()}")
until("and its events are written", lambda: h.rows(f"SELECT count(*) FROM event WHERE source_id = {drop} AND code = 0") == [[3]])
status, got = h.ask("DELETE", f"/v1/drops/{drop}/pieces")
house.check(h.rows("SELECT count(*) FROM piece WHERE state = 2") == [[0]], f"what was sent is not recalled: {got}")

# ---- a piece that is refused refuses no other; "not now" is tried again ----
remote.will({"status": 400, "path": "/send/", "body": {"error": {"message": "address_zip is no ZIP code", "status_code": 400}}}, {"status": 429, "path": "/send/", "headers": {"Retry-After": "1"}}, {"status": 503, "path": "/send/"})
drop, ids = print_there("Bumpy", theirs, "spring", ["b1", "b2", "b3"])
until("a batch with a refused piece is handed over", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
house.check(names()[3:] == ["b2", "b3"] and batches(drop)[0]["n_refused"] == 1, f"the others once: {names()[3:]}")
piece = h.ask("GET", f"/v1/pieces/{ids[0]}")[1]
house.check(piece["state"] == "refused" and "no ZIP code" in json.dumps(piece), f"the refused one says why: {piece['state']} {piece['reason']} {piece['detail']}")

# ---- what was sent before a recall is on its way, and is told of; the rest is recalled ----
def told_of(drop):
    return h.rows(f"SELECT count(*) FROM event WHERE source = 1 AND source_id = {drop} AND code = 0")[0][0]


remote.pieces.clear()
remote.will({"delay_ms": 0, "times": 2, "path": "/send/"}, {"status": 503, "path": "/send/", "headers": {"Retry-After": "600"}})
drop, ids = print_there("Half recalled", theirs, "spring", ["r1", "r2", "r3", "r4"])
until("a batch rests with two of four pieces sent", lambda: names() == ["r1", "r2"] and [b["state"] for b in batches(drop)] == ["ready"])
status, got = h.ask("DELETE", f"/v1/drops/{drop}/pieces")
house.check(status == 200 and batches(drop)[0]["state"] == "handed over" and batches(drop)[0]["n_cancelled"] == 2, f"is recalled: the others: {got} {batches(drop)[0]}")
until("and the two are told of", lambda: told_of(drop) == 2)
house.check([h.ask("GET", f"/v1/pieces/{i}")[1]["state"] == "cancelled" for i in ids] == [False, False, True, True] and batches(drop)[0]["printer_job"] == f"connection {theirs}", "each piece says so, and the batch where they went")

remote.pieces.clear()
remote.will({"delay_ms": 1500, "times": 4, "path": "/send/"})
drop, ids = print_there("Recalled on the way", theirs, "spring", ["s1", "s2", "s3", "s4"])
until("a batch is under way", lambda: any(b["state"] == "handing over" for b in batches(drop)) and len(names()) > 0)
status, got = h.ask("DELETE", f"/v1/drops/{drop}/pieces")
until("what is recalled meanwhile is not sent", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
time.sleep(2)
house.check(1 <= len(names()) < 4 and told_of(drop) == len(names()) == 4 - batches(drop)[0]["n_cancelled"], f"each that was sent is told of, and no other: {names()} {told_of(drop)} {batches(drop)[0]}")
remote.script.clear()
remote.pieces.clear()
for who in ("a1", "a2", "a3"):
    remote.pieces.append({"first_name": who})

# ---- what is not known is never repeated ----
remote.pieces.clear()
remote.will({"reset": True, "act": True, "path": "/send/"}, {"html": True, "path": "/send/"}, {"status": 502, "path": "/send/"})
drop, ids = print_there("Silent", theirs, "spring", ["c1", "c2", "c3", "c4"])
until("silence leaves the batch unknown, when all others are sent", lambda: [b["state"] for b in batches(drop)] == ["unknown"])
why = batches(drop)[0]["last_error"]
house.check(names() == ["c1", "c4"] and all(str(i) in why for i in ids[:3]) and str(ids[3]) not in why, f"with the pieces' numbers: {why}")
time.sleep(2)
house.check(names() == ["c1", "c4"], "and nothing is sent again by itself")
h.cli("batch", "resolve", str(batches(drop)[0]["batch_id"]), "not_printed", "--account", str(account))
until("a person says that those were not printed", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
house.check(names() == ["c1", "c4", "c1", "c2", "c3"], f"then they are, and no other: {names()}")

# ---- a house that fails now and then keeps nothing up ----
def sends():
    return [r["body"]["first_name"] for r in remote.requests if "/send/" in r["path"]]


remote.pieces.clear()
remote.requests.clear()
GOOD = {"delay_ms": 0, "times": 2, "path": "/send/"}
remote.will(*[step for _ in range(6) for step in (dict(GOOD), {"status": 500, "path": "/send/"}, {"reset": True, "act": True, "path": "/send/"})])
people = [f"u{n}" for n in range(24)]
drop, ids = print_there("Now and then", theirs, "spring", people)
began = time.monotonic()
until("the pieces beside those that nobody knows of go on at once", lambda: [b["state"] for b in batches(drop)] == ["unknown"], 120)
house.check(time.monotonic() - began < 10 and sends() == people, f"each is sent once, without a rest: {time.monotonic() - began:.1f} s {sends()}")
h.cli("batch", "resolve", str(batches(drop)[0]["batch_id"]), "printed", "--account", str(account))

remote.requests.clear()
remote.will(*[step for _ in range(7) for step in (dict(GOOD), {"status": 503, "path": "/send/"})])
people = [f"v{n}" for n in range(14)]
began = time.monotonic()
drop, ids = print_there("Often busy", theirs, "spring", people)
until("after a rest that was followed by pieces the next is short again", lambda: [b["state"] for b in batches(drop)] == ["handed over"], 120)
house.check(time.monotonic() - began < 30 and sorted(set(sends())) == sorted(people) and len(sends()) == 14 + 6, f"{time.monotonic() - began:.1f} s {sends()}")
remote.script.clear()

remote.requests.clear()
remote.will({"status": 500, "path": "/send/", "times": 99})
drop, ids = print_there("Down", theirs, "spring", [f"w{n}" for n in range(12)])
until("a house that is down gets three at once, then a rest", lambda: len(sends()) >= 3)
time.sleep(0.5)
house.check(len(sends()) == 3, f"so that few are unknown: {sends()}")
time.sleep(4)
house.check(len(sends()) <= 9 and len(sends()) == len(set(sends())), f"and longer ones: {sends()}")
remote.script.clear()
until("then the others go on", lambda: [b["state"] for b in batches(drop)] == ["unknown"], 60)
house.check(len(sends()) == len(set(sends())) == 12, f"each once: {sends()}")
h.cli("batch", "resolve", str(batches(drop)[0]["batch_id"]), "printed", "--account", str(account))

# ---- what was begun there is not printed again by another printer ----
remote.pieces.clear()
remote.will({"reset": True, "act": True, "path": "/send/"})
begun = connect("Begun", remote.address, postalytics.KEY)
drop, ids = print_there("Begun", begun, "spring", ["h1", "h2"])
until("a batch with one piece sent and one unknown", lambda: [b["state"] for b in batches(drop)] == ["unknown"])
house.check(h.ask("DELETE", f"/v1/connections/{begun}")[0] == 200, "whose connection is deleted")
house.check(h.rows(f"SELECT count(*) FROM remote_piece WHERE connection_id = {begun}") == [[2]] and h.rows(f"SELECT count(*) FROM drop_printer WHERE connection_id = {begun}") == [[0]], "what is known of its pieces stays")
h.cli("batch", "resolve", str(batches(drop)[0]["batch_id"]), "not_printed", "--account", str(account))
until("waits for a connection when it has none", lambda: f"sent through connection {begun} already" in (batches(drop)[0]["last_error"] or ""))
h.ask("PUT", f"/v1/drops/{drop}/printer", {"connection_id": theirs, "endpoint": "spring"})
until("goes on when it has", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
house.check(names() == ["h1", "h2", "h1"], f"with the one that was not made: {names()}")

# ---- a revoked key stops the batch, and says what to do ----
remote.pieces.clear()
remote.key = "another"
drop, ids = print_there("Revoked", theirs, "spring", ["d1", "d2"])
until("a revoked key stops the batch", lambda: "Save the connection again" in (batches(drop)[0]["last_error"] or ""))
remote.key = postalytics.KEY
h.ask("PATCH", f"/v1/connections/{theirs}", {"secrets": {"api_key": postalytics.KEY}})
until("with the key in order it goes on", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
house.check(names() == ["d1", "d2"], "each once")

# ---- killed before, in and after a request ----
for point in ("postalytics.send.before", "postalytics.send.after", "remote_piece.claim.after", "handover.leaving.after"):
    remote.pieces.clear()
    drop, ids = print_there("Killed " + point, theirs, "spring", ["e1", "e2", "e3"])
    h.stop()
    h.start(env={"PENNYPOST_FAILPOINT": point})
    died = h.has_died(30)
    h.kill()
    h.start()
    until(f"{point}: the batch comes to an end", lambda: batches(drop)[0]["state"] in ("handed over", "unknown"), 120)
    house.check(died and len(names()) == len(set(names())), f"{point}: died {died}, no piece twice: {names()} {batches(drop)[0]['state']}")
    sent = {"postalytics.send.after": ["e1", "e2", "e3"], "handover.leaving.after": ["e1", "e2", "e3"]}.get(point, ["e2", "e3"])
    house.check(names() == sent and (point == "handover.leaving.after") == (batches(drop)[0]["state"] == "handed over"), "all others are sent; the one under way is for a person")

# ---- their rate ----
slow = postalytics.Postalytics(limited=True).start()
status, made = h.ask("POST", "/v1/connections", {"kind": "postalytics", "settings": {"environment": slow.address}, "secrets": {"api_key": postalytics.KEY}})
drop, ids = print_there("Slow", made["connection_id"], "spring", [f"f{n}" for n in range(9)])
began = time.monotonic()
until("nine pieces at three a second", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
span = slow.times[-1] - slow.times[-9]
house.check(len(slow.pieces) == 9 and span >= 2.5, f"spread over {span:.1f} s, each once; {slow.too_fast} were too fast and tried again")

# ---- wrong wishes ----
for wrong, says in (({"endpoint": "spring"}, "connection_id"), ({"connection_id": theirs}, "endpoint"), ({"connection_id": 999, "endpoint": "x"}, "999")):
    status, got = h.ask("PUT", f"/v1/drops/{drop}/printer", wrong)
    house.check(status in (400, 404) and says in got["error"]["message"], f"a printer of {wrong}: {got}")
status, got = h.ask("DELETE", f"/v1/drops/{drop}/printer")
house.check(status == 200 and got["connection_id"] is None, "the account's printer prints it again")

# ---- a second Pennypost prints, and its events come back; its pieces are live, because a printer never has tests and returns nothing of them ----
second = house.House(settings={"mail.recall_minutes": "0", "mail.gather_seconds": "1", "mail.test_gather_ms": "200"})
house.check(second.start(), "a second Pennypost starts")
their_account, their_campaign = furnish(second, "second", live=True)
shop = second.dir / "shop"
shop.mkdir(mode=0o755)
if os.getuid() == 0:
    os.chown(shop, house.NOBODY, house.NOBODY)
house.check(second.cli("printer", "put", "shop", "folder", str(shop)).returncode == 0 and second.cli("printer", "grant", "shop", str(their_account)).returncode == 0, "with a printer")
their_drop, their_endpoint = their_campaign("Theirs")
status, made = h.ask("POST", "/v1/connections", {"kind": "postalytics", "label": "Second", "settings": {"environment": f"http://127.0.0.1:{second.port}", "rate": "off", "watch": "on"}, "secrets": {"api_key": second.key}})
house.check(status == 200, f"the second one is a connection: {made if status != 200 else ''}")
pair = made["connection_id"]
drop, ids = print_there("Through the other", pair, their_endpoint, ["g1", "g2"])
until("one house sends through the other", lambda: [b["state"] for b in batches(drop)] == ["handed over"])
until("which makes the pieces", lambda: second.rows(f"SELECT count(*) FROM event WHERE source_id = {their_drop} AND code = 0") == [[2]])
house.check(sorted(json.loads(r[0])[0] for r in second.rows("SELECT recipient FROM piece")) == ["g1", "g2"], "for the same people")


# ---- watching: what happens there is told here ----
def told(source, source_id):
    return h.rows(f"SELECT code, person_id, subject_id FROM event WHERE source = {source} AND source_id = {source_id} AND code <> 0 ORDER BY event_id")


welcome_drop, welcome = campaign("Welcome to watchers")
h.ask("PUT", f"/api/v1/campaigns/{welcome_drop}", {"is_live_mode": 0})
h.ask("POST", "/v1/subscriptions", {"source": "connection", "source_id": pair, "events": ["Printed"], "send": {"endpoint": welcome}})
second.ask("POST", f"/api/v1/send/{their_endpoint}", {**PERSON, "first_name": "stranger"})
until("mail that the other house made by itself is told of, as the connection's", lambda: h.rows(f"SELECT count(*) FROM event WHERE source = 4 AND source_id = {pair} AND code = 0") == [[1]])
detail = json.loads(h.rows(f"SELECT detail FROM event WHERE source = 4 AND source_id = {pair}")[0][0])
house.check(detail["person"]["first_name"] == "stranger" and detail["drop_id"] == their_drop and detail["drop_name"] == "Theirs", f"with the person and the drop: {detail}")
tests_drop, tests_endpoint = their_campaign("Their tests")
second.ask("PUT", f"/api/v1/campaigns/{tests_drop}", {"is_live_mode": 0})
second.ask("POST", f"/api/v1/send/{tests_endpoint}", {**PERSON, "first_name": "tester"})
until("a test there is told of as a test", lambda: h.rows(f"SELECT is_test FROM event WHERE source = 4 AND source_id = {pair} AND detail LIKE '%tester%'") == [[1]])
until("the other house hands all that is no test to its printer", lambda: second.rows("SELECT count(*) FROM batch WHERE is_test = 0 AND state <> 5") == [[0]])
their_name = {"drop_id": their_drop, "name": "Theirs", "endpoint": their_endpoint}
seen = h.ask("GET", f"/v1/connections/{pair}/drops")[1]
house.check([d["drop_id"] for d in seen] == [tests_drop, their_drop] and their_name.items() <= seen[1].items(), f"its campaigns are shown, newest first: {seen}")
house.check(h.ask("GET", "/v1/connections/999/drops")[0] == 404, "those of no connection are not there")
now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
rows = second.rows("SELECT piece_id, recipient FROM piece ORDER BY piece_id")
csv = "piece_id,status,time\n" + "".join(f"{r[0]},Printed,{now}\n" for r in rows if json.loads(r[1])[0] in ("g1", "stranger", "tester"))
status, got = second.ask("POST", "/v1/printed", csv.encode(), headers={"Content-Type": "text/csv"})
house.check(status in (200, 202), f"the other house's printer returns its file: {status} {got}")
until("which is refused for the test, that no printer ever had", lambda: ["was not handed to a printer" in json.dumps(r) for r in second.ask("GET", f"/v1/imports/{got['import_id']}/refused")[1]] == [True])
until("our own piece's event is our drop's", lambda: [r[0] for r in told(1, drop)] == [10] and told(1, drop)[0][2] == ids[0])
until("the stranger's is the connection's", lambda: [r[0] for r in told(4, pair)] == [10])
until("and a subscription to the connection works on it", lambda: h.rows("SELECT count(*) FROM piece WHERE recipient LIKE '%stranger%'") == [[1]])
before = h.rows("SELECT count(*) FROM event")[0][0]
time.sleep(4)
house.check(h.rows("SELECT count(*) FROM event")[0][0] <= before + 1, "nothing is told twice")
status, got = h.ask("PATCH", f"/v1/connections/{pair}", {"secrets": {"api_key": "wrong"}, "is_tested": False})
until("a revoked key shows at the connection", lambda: "Save the connection again" in json.dumps(h.ask("GET", f"/v1/connections/{pair}")[1]["status"]))

# ---- a connection that is gone leaves nothing ----
TABLES = ("mirror", "mirror_drop", "mirror_event", "drop_printer", "remote_piece")


def left():
    return {t: h.rows(f"SELECT count(*) FROM {t} WHERE connection_id = {pair}")[0][0] for t in TABLES}


was = left()
house.check(all(was.values()), f"it has left rows: {was}")
happened = h.rows(f"SELECT event_id, code, person_id FROM event WHERE source = 4 AND source_id = {pair} ORDER BY event_id")
people = lambda: h.rows(f"SELECT count(*) FROM event WHERE source = 4 AND source_id = {pair} AND detail IS NOT NULL")[0][0]
house.check(len(happened) > 2 and people() == len(happened), f"and {len(happened)} events that say whom they were about")
h.stop()
h.start(env={"PENNYPOST_CONNECTION_CLEAR_ROWS": "1", "PENNYPOST_FAILPOINT": "connection.clear.after:5"})
try:
    h.ask("DELETE", f"/v1/connections/{pair}")
except (OSError, http.client.HTTPException):
    pass
died = h.has_died(20)
h.kill()
house.check(died and h.rows(f"SELECT count(*) FROM connection_gone WHERE connection_id = {pair}") == [[1]] and (people() or any(left().values())), f"killed in the middle of it, some is left: {people()} people, {left()}")
h.start()
house.check(h.ask("GET", f"/v1/connections/{pair}")[0] == 404, "the connection is deleted")
until("and all that it left goes, after the kill too", lambda: h.rows(f"SELECT count(*) FROM connection_gone WHERE connection_id = {pair}") == [[0]])
house.check(not any(left().values()), f"they are gone with it: {left()}")
house.check(people() == 0 and h.rows(f"SELECT event_id, code, person_id FROM event WHERE source = 4 AND source_id = {pair} ORDER BY event_id") == happened, "its events stay, without whom they were about")
house.check(h.ask("GET", f"/v1/drops/{drop}/printer")[1]["connection_id"] is None, "its drop has the account's printer again")

log = (h.dir / "server.log").read_text()
house.check(postalytics.KEY not in log and second.key not in log, "no key in the log")
second.stop()
house.check(h.stop() == 0, "the server ends well")
house.done()
