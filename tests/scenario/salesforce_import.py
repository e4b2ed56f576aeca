"""An import from Salesforce that does not get through at once: the server is killed between its pages, and a page in the middle is answered wrongly in
every way. Each record is there once in the end, or the import says why it is not, in words that say what to do and hold no secret."""
from salesforce_org import *
sys.path.insert(0, str(ROOT / "tests/scenario/peers"))
import postalytics

N, PAGE = 11, 3
SETTINGS = {"flow": "jwt", "client_id": "3MVG9", "username": "ann@example.com"}
STREET = {"MailingStreet": "350 5th Ave", "MailingCity": "New York", "MailingState": "NY", "MailingPostalCode": "10118", "MailingCountry": "US"}

peer, key = Peer(), private_key()
people = [{"FirstName": f"Ann{n}", "LastName": "Doe", "Email": f"ann{n}@example.com", **STREET} for n in range(N)]
ids = peer.script(public_key=public_key(key), page=PAGE, records={"Contact": people})["ids"]["Contact"]
house = House(settings={"outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all", "job.retry_first": "1", "salesforce.full_pause": "2", "connector.young": "2000"})
check(house.start(), "the server starts")
house.make_account()


def connect(label):
    status, made = house.ask("POST", "/v1/connections", {"kind": "salesforce", "label": label, "settings": {**SETTINGS, "login_url": peer.url}, "secrets": {"private_key": key}})
    check(status == 200, f"{label} is connected: {made}")
    return made.get("connection_id")


def begin(name, by=None):
    return house.ask("POST", f"/v1/connections/{by or conn_id}/imports", {"object": "Contact", "list_name": name})[1]["import_id"]


def look(import_id, by=None):
    return house.ask("GET", f"/v1/connections/{by or conn_id}/imports/{import_id}")[1]


conn_id = connect("Acme")


def ended(import_id, seconds=60):
    return wait("the import ends", lambda: (a := look(import_id))["state"] in ("done", "failed") and a, seconds) or look(import_id)


def emails(got):
    return sorted(c["email_address"] for c in house.ask("GET", f"/api/v1/contacts/{got['contact_list_id']}?start=1&limit=100")[1])


def is_whole(name, got):
    told = (got["state"], got["records"], got["records_read"], got["inserted"], got["updated"], got["refused"])
    return check(told == ("done", N, N, N, 0, 0) and emails(got) == sorted(p["Email"] for p in people), f"{name}: every record is there once {got}")


def pages_asked():
    return [r[1] for r in peer.state()["requests"] if r[0] == "GET" and "/query" in r[1]]


is_whole("nothing goes wrong", ended(begin("plain")))

# ---- kill -9: at the nth page, when it is in the file and not yet in the row, and when it is in both; when the file is an import's and no row says so ----
house.stop()
WRITTEN, KEPT = "salesforce.page.written", "salesforce.page.kept"
for point, nth, asked_again in ((WRITTEN, 1, 4), (KEPT, 1, 3), (WRITTEN, 3, 2), (KEPT, 3, 1), (WRITTEN, 4, 1), (KEPT, 4, 0), ("intake.file.kept", 1, 4)):
    where = f"killed at {point} {nth}"
    check(house.start(env={"PENNYPOST_FAILPOINT": f"{point}:{nth}:kill"}), where + ": armed")
    import_id = begin(where)
    check(house.has_died(30), where + ": was hit")
    house.kill()
    before = len(pages_asked())
    check(house.start(), where + ": the server starts again")
    is_whole(where, ended(import_id, 30))
    check(len(pages_asked()) - before == asked_again, f"{where}: it goes on where it was: {pages_asked()[before:]}")
    house.stop()

# ---- all of it is in the file, and before that becomes an import it is somebody else's, or nobody's ----
# its file is kept in vain, and goes
for name, take in (("removed", lambda by, _: house.ask("DELETE", f"/v1/connections/{by}")),
                   ("taken over", lambda _, import_id: house.change(f"update remote_import set lease_node = 7, lease_until = {2**53} where import_id = {import_id}"))):
    check(house.start(env={"PENNYPOST_FAILPOINT": "intake.file.kept:1:pause"}), f"{name}: armed")
    by, before = connect(name), house.rows("select count(*) from intake")
    import_id = begin(name, by)
    wait(f"{name}: all of it is read", lambda: house.rows(f"select n_rows from remote_import where import_id = {import_id}") == [[N]], 20)
    time.sleep(0.3)
    take(by, import_id)
    time.sleep(3)
    check(house.rows("select count(*) from intake") == before and len(list((house.data / "files/intake").glob("*"))) == before[0][0], f"{name}: no import comes of it")
    check(not list((house.data / "files/imports").glob("*")), f"{name}: its file is gone")
    house.stop()
check(house.start(), "the server starts")

# ---- its file goes while it is read ----
peer.script(fail=[{"on": "GET .*/query/.*-6$", "kind": "delay", "delay_ms": 1500}])
import_id = begin("without its file")
wait("a page in the middle is asked for", lambda: peer.state()["fails"] == [], 20)
(house.data / f"files/imports/{import_id}.csv").unlink()
is_whole("without its file", ended(import_id))

# ---- the third page is answered wrongly ----
record = {"Id": ids[0], "FirstName": "Again"}
MIDDLE = "GET .*/query/"
WRONG = {
    "429": {"status": 429, "body": ""},
    "500": {"status": 500, "body": ""},
    "503 with a code": {"status": 503},
    "a cut line": {"kind": "reset"},
    "HTML with 200": {"kind": "html"},
    "HTML with 503": {"kind": "html", "status": 503},
    "a truncated body": {"kind": "truncate"},
    "a token that is over": {"status": 401, "body": [{"errorCode": "INVALID_SESSION_ID", "message": "Session expired or invalid"}]},
    "nothing": {"status": 200, "body": ""},
    "another shape": {"status": 200, "body": {"records": {}}},
    "records that are none": {"status": 200, "body": {"totalSize": N, "done": False, "records": [record, 1], "nextRecordsUrl": "/services/data/v62.0/query/x-6"}},
    "a page that leads nowhere": {"status": 200, "body": {"totalSize": N, "done": False, "records": [record]}},
    "a page that leads out": {"status": 200, "body": {"totalSize": N, "done": False, "records": [record], "nextRecordsUrl": "https://evil.example/x"}},
    "a page without records": {"status": 200, "body": {"totalSize": N, "done": False, "records": [], "nextRecordsUrl": "/services/data/v62.0/query/x-7"}},
    "more records than there are": {"status": 200, "body": {"totalSize": N, "done": False, "records": [record] * N, "nextRecordsUrl": "/services/data/v62.0/query/x-7"}},
    "a lost query": {"status": 400, "body": [{"errorCode": "INVALID_QUERY_LOCATOR", "message": "invalid query locator"}]},
    "requests that are used up": {"status": 403, "body": [{"errorCode": "REQUEST_LIMIT_EXCEEDED", "message": "TotalRequests Limit exceeded."}]},
}
for name, how in WRONG.items():
    peer.script(fail=[{"on": MIDDLE + ".*-6$", **how}])
    is_whole(name, ended(begin(name)))
    check(peer.state()["fails"] == [], name + ": was hit")

# ---- what is said while it waits, and when it is given up ----
token = peer.state()["tokens"][-1]


def said(name, how, word, seconds=30):
    peer.script(fail=[{"on": MIDDLE, "times": 1000, **how}])
    import_id = begin(name)
    got = wait(f"{name}: it is said", lambda: (a := look(import_id))["last_error"] and a, seconds)
    check(got and word in got["last_error"], f"{name}: {got}")
    check(token not in json.dumps(got), name + ": without a secret")
    return import_id


waiting = said("used up", WRONG["requests that are used up"], "goes on when there is room")
check(look(waiting)["state"] == "reading", "an import waits for the next day's requests")
peer.script(forget=True)
is_whole("after the wait", ended(waiting))
# ---- its connection goes while it is read ----
peer.script(fail=[{"on": MIDDLE, "kind": "delay", "delay_ms": 1500}])
other = connect("Short")
begin("short", other)
wait("a page is asked for", lambda: peer.state()["fails"] == [], 20)
asked = len(pages_asked())
check(house.ask("DELETE", f"/v1/connections/{other}")[0] == 200, "the connection is removed meanwhile")
time.sleep(3)
check(len(pages_asked()) == asked, f"nothing more is asked: {pages_asked()[asked:]}")
check(house.rows("select count(*) from intake where state < 2") == [[0]] and not list((house.data / "files/imports").glob("*")), "and nothing of it is left")
# ---- or while it waits for its next try ----
peer.script(fail=[{"on": MIDDLE, "status": 500, "body": ""}])
other = connect("Waits")
begun = begin("waits", other)
wait("it failed once", lambda: look(begun, other)["last_error"], 20)
check(list((house.data / "files/imports").glob("*")), "pages of it lie on the disk")
house.ask("DELETE", f"/v1/connections/{other}")
check(not list((house.data / "files/imports").glob("*")), "they go with the connection")
# ---- and nothing else does: a list of another house is read meanwhile ----
before = house.rows("select count(*) from contact")
remote = postalytics.Postalytics().start()
remote.lists[31] = {"name": "Customers", "contacts": [{"contact_id": 800 + n, "first_name": f"P{n}", "last_name": "Doe", "email_address": f"p{n}@example.com", "address_street": "350 5th Ave",
                                                      "address_city": "New York", "address_state": "NY", "address_zip": "10118"} for n in range(150)]}
remote.will({"path": "/contacts/31", "delay_ms": 2000})
other = connect("Gone")
watched = house.ask("POST", "/v1/connections", {"kind": "postalytics", "label": "Played", "settings": {"environment": remote.address, "rate": "off", "watch": "on", "contacts": "31"}, "secrets": {"api_key": postalytics.KEY}})
check(watched[0] == 200, f"another house is watched: {watched}")
wait("its list is asked for", lambda: list((house.data / "files").glob("*/*31.csv")), 20)
house.ask("DELETE", f"/v1/connections/{other}")
wait("its list is here", lambda: house.rows("select count(*) from contact") == [[before[0][0] + 150]], 20)
check(sum(r["path"].endswith("/contacts/31") and "start=0" in r["query"] for r in remote.requests) == 1, "which was read once")
house.ask("DELETE", f"/v1/connections/{watched[1]['connection_id']}")

given_up = said("no right", {"status": 403, "body": [{"errorCode": "INSUFFICIENT_ACCESS", "message": "no"}]}, "the connected user lacks a right")
check(ended(given_up)["state"] == "failed", "what no repetition mends ends it")
peer.script(forget=True)
echo = said("an echo", {"status": 400, "body": [{"errorCode": "UNKNOWN_ONE", "message": f"you sent {token} to us"}]}, "you sent [secret] to us")
peer.script(forget=True)
lost = said("a query that is lost each time", WRONG["a lost query"], "from its beginning again")
got = ended(lost)
check(got["state"] == "failed" and "WHERE in soql" in got["last_error"], f"one that never gets to its end is given up: {got}")
peer.script(forget=True, revoke=True, refuse_tokens=True)
got = ended(begin("withdrawn"))
check(got["state"] == "failed" and "Authorise" in got["last_error"], f"a withdrawn authorisation is said: {got}")

house.stop()
text = (house.dir / "server.log").read_text(errors="replace") + house.database_bytes().decode("latin-1")
check("00D!token" not in text and "PRIVATE KEY" not in text, "no secret lies in the log or open in the database")
check(not list((house.data / "files/imports").glob("*")), "no file is left behind")
peer.process.kill()
check(not house.warnings(), f"no warning {house.warnings()[:3]}")
done()
