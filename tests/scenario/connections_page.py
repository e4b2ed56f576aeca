"""The page of connections with a real server: what was never told does not look as if it worked, names lead to their pages, and what an event sends
stands apart from addresses. `connections_page.py build/src/app/pennypost [look=yes]`; look: it stays until Return, to be looked at."""
import html, http.server, threading
from house import *
sys.path.insert(0, str(pathlib.Path(__file__).parent / "peers"))
from peer import Peer

PERSON = {"first_name": "Ada", "last_name": "Lovelace", "address_street": "12 St James Square", "address_city": "Sacramento", "address_state": "CA", "address_zip": "95814"}
SENDER = {"SenderName": "Penny Lane", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}


class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(400 if self.path == "/no" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


def until(what, fact, seconds=60):
    end = time.monotonic() + seconds
    while not fact() and time.monotonic() < end:
        time.sleep(0.2)
    return check(fact(), what)


def rows(of):
    """The rows of one section of the page, as text."""
    page = h.ask("GET", "/connections", raw=True)[1].decode()
    found = re.search(rf'<section aria-labelledby="{of}">(.*?)</section>', page, re.S)
    return [r for r in re.findall(r"<tr>(.*?)</tr>", found.group(1), re.S)[1:]] if found else []


def page_of(connection, status=200, key=None):
    """A connection's page as text: tags become blanks."""
    got, page = h.ask("GET", f"/connections/{connection}", raw=True, key=key)
    check(got == status, f"/connections/{connection} answers {got}")
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", page.decode())).split())


def row(of, name):
    return next((r for r in rows(of) if name in r), "")


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
there = f"http://127.0.0.1:{receiver.server_address[1]}"
peer = Peer("highlevel")
h = House(settings={"mail.test_gather_ms": "200", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
check(h.start(), "the server starts")
account = h.make_account("page")
check(b"No connection yet" in h.ask("GET", "/connections", raw=True)[1], "the page of an account without connections says how to make one")
template = h.make_card()


def campaign(name):
    made = h.ask("POST", "/api/v1/campaigns", {"DirectMailName": name, "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, **SENDER})[1]
    return made["drop_id"], made["endpoint"]


def subscribe(**body):
    status, got = h.ask("POST", "/v1/subscriptions", body)
    check(status == 200, f"subscribe {json.dumps(body)[:90]}: {status} {got.get('error')}")


hello, hello_endpoint = campaign("Spring & summer")
thanks, thanks_endpoint = campaign("Thank you")
status, sales = h.ask("POST", "/v1/connections", {"kind": "highlevel", "label": "Sales office, north", "settings": {"location_id": "loc_1", "base_url": peer.url}, "secrets": {"token": "pit-demo-token"}, "is_tested": False})
check(status == 200, f"a connection: {status} {sales if status != 200 else ''}")
people = h.ask("POST", "/api/v1/lists", {"name": "Neighbours"})[1]["contact_list_id"]

subscribe(source_id=hello, events=["MailPieceCreated"], connection_id=sales["connection_id"], delay_s=3 * 86400)
subscribe(source_id=hello, events=["MailPieceCreated"], url=there + "/hooks/mail/pieces-that-were-created-here")
subscribe(source_id=hello, events=["MailPieceCreated"], url=there + "/no")
subscribe(source="list", source_id=people, events=["contact.created"], send={"endpoint": thanks_endpoint})
check("Waiting for the first" in row("connections", "Sales office"), "a connection that nothing was told to waits for its first event")
check(all("Not tried yet" in r for r in rows("addresses")) and len(rows("addresses")) == 2, "an address that nothing was told to has not been tried")
check("Not tried yet" in row("sent", thanks_endpoint), "nor has a campaign that events send")
check(all('<th scope="row" class="long">' in r for r in rows("addresses")), "an address breaks where its column ends")
check(not row("addresses", thanks_endpoint), "which is no address")
check(f'<a href="/campaigns/{thanks}">Thank you</a>' in row("sent", thanks_endpoint), "its name leads to it")

check(h.ask("POST", f"/api/v1/send/{hello_endpoint}", PERSON)[0] == 200, "a piece is sent")
piece = h.rows("SELECT piece_id FROM piece")[0][0]
h.ask("POST", "/api/v1/contacts", {"contact_list_id": people, **PERSON, "first_name": "Grace", "last_name": "Hopper"})
until("an address that was told is open", lambda: ">Open" in row("addresses", "/hooks/mail"))
until("one that refused it fails", lambda: "Fails, is tried again" in row("addresses", there + "/no"))
until("a connection whose first event waits says it still", lambda: "Waiting for the first" in row("connections", "Sales office"))
until("the campaign was sent", lambda: ">Open" in row("sent", thanks_endpoint))
words = h.cli("why", str(piece), "--account", str(account)).stdout
check(re.search(r"MailPieceCreated \(test\), \d+ attempts to tell, \d waiting until 20\d\d-", words), "why says until when it waits to be told:\n" + words)
check(re.search(r"\n    destination \d+: 400 Bad Request\n", words), "and why it was not told")
told = row("told", "MailPieceCreated")
check(f'<a href="/pieces/{piece}">Ada Lovelace</a>' in told and f'<a href="/campaigns/{hello}">Spring &amp; summer</a>' in told, f"whose piece, of which campaign: {told[:400]}")
told = row("told", "Grace Hopper")
check('<a href="/lists">Neighbours</a>' in told and f'<a href="/campaigns/{thanks}">Thank you</a>' in told, f"a contact's list, and what was sent to her: {told[:600]}")
# ---- a day's requests are used up: it waits, and has not failed ----
peer.script(contacts=[{"firstName": "Eve", "email": "eve@example.com"}], daily_left=1)
status, south = h.ask("POST", "/v1/connections", {"kind": "highlevel", "label": "South", "settings": {"location_id": "loc_1", "base_url": peer.url}, "secrets": {"token": "pit-demo-token"}, "is_tested": False})
subscribe(source_id=thanks, events=["MailPieceCreated"], connection_id=south["connection_id"])
check(h.ask("POST", f"/api/v1/send/{thanks_endpoint}", {**PERSON, "first_name": "Eve", "email_address": "eve@example.com"})[0] == 200, "another piece is sent")
until("its try is shown", lambda: row("told", "Eve Lovelace"))
check("Waits" in row("told", "Eve Lovelace") and "daily limit" in row("told", "Eve Lovelace") and "failed" not in row("told", "Eve Lovelace"), f"as one that waits: {row('told', 'Eve Lovelace')}")
# ---- a trial that failed is kept, and shown where the connection is ----
north = sales["connection_id"]
check(f'<a href="/connections/{north}">Sales office, north</a>' in row("connections", "Sales office"), "its name leads to its page")
check("It was not tried since its settings or secrets were saved." in page_of(north), "a connection that was not tried says so")
check(f"pennypost connection test {north} --account {account} , or" in page_of(north), "and how to try it, with the account's number")
peer.script(rules=[{"on": "GET .*", "do": "503", "body": {"message": "I know pit-demo-token"}, "times": 2}])
status, tried = h.ask("POST", f"/v1/connections/{north}/test")
check(status == 200 and tried["is_working"] is False and tried["status"] == 503, f"it does not work: {tried}")
sentence = tried["sentence"]
north_row = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", row("connections", "Sales office"))).split())
check("Does not work" in north_row and re.search(r"Tried \d+ [A-Z][a-z]+ \d\d:\d\d : " + re.escape(sentence), north_row), f"the list says so, and since when: {north_row}")
page = page_of(north)
check("Does not work" in page and sentence in page, "and its page")
check(h.ask("GET", f"/v1/connections/{north}")[1]["test"] == tried, "as its JSON does")
peer.script(rules=[], daily_left=1000)
check(h.ask("POST", f"/v1/connections/{north}/test")[1]["is_working"] is True, "it works again")
check("Waiting for the first" in row("connections", "Sales office") and "it works." in row("connections", "Sales office"), "then it waits for its first event again")
# ---- the page of one connection ----
page = page_of(north)
for words in ("Sales office, north HighLevel · Waiting for the first", "It worked when it was tried", "Location ID. loc_1", peer.url, "Private Integrations. is set secret", "app's client secret. is not set secret",
              "becomes a tag of the contact. yes default", "Are not taken.",
              f"Spring & summer mail drop {hello} MailPieceCreated 3 days", "Nothing was told yet."):
    check(words in page, f"its page has: {words}" + ("" if words in page else "\n" + page))
check("pit-demo-token" not in page, "and no secret")
hook = h.ask("POST", f"/v1/connections/{north}/hook")[1]["path"]
check(h.ask("POST", hook, {}, key="")[0] == 400 and "Are taken at the address" in page_of(north) and "The last one that was refused" in page_of(north), "nor the token of its requests, but what was refused")
check(hook.rsplit("/", 1)[1] not in page_of(north), "which only its owner has")
check(row("told", f'<a href="/connections/{south["connection_id"]}">South</a></td>'), "of what was told last the connection leads to its page")
told = page_of(south["connection_id"])
check("Eve Lovelace" in told and "daily limit" in told and "Thank you" in told and "Ada Lovelace" not in told, "a page shows what was told to its connection, and to no other")
check("There is no connection 999 in this account." in page_of(999, 404), "there is no page of one that is not there")
other = h.key
h.make_account("elsewhere")
h.key, elsewhere = other, h.key
check("There is no connection" in page_of(north, 404, key=elsewhere), "nor of another account's")
# ---- all was given up, and nothing was ever told ----
peer.script(rules=[{"on": "POST .*", "do": "422", "body": {"message": "no"}, "times": 1000}], daily_left=1000)
west = h.ask("POST", "/v1/connections", {"kind": "highlevel", "label": "West", "settings": {"location_id": "loc_1", "base_url": peer.url}, "secrets": {"token": "pit-demo-token"}})[1]["connection_id"]
subscribe(connection_id=west)
check(h.ask("POST", f"/api/v1/send/{thanks_endpoint}", {**PERSON, "first_name": "Nan", "email_address": "nan@example.com"})[0] == 200, "a third piece is sent")
until("what was given up is counted", lambda: '<td class="num">1</td>' in row("connections", ">West") and "red need" in row("connections", ">West"))
check("Nothing has arrived yet" in row("connections", ">West"), f"and nothing has arrived: {row('connections', '>West')}")
page = page_of(west)
check("Nothing has arrived yet" in page and "pennypost connection redrive " in page and "all mail drops all events at once" in page and "Nan Lovelace" in page, f"its page says what to do: {page[-900:]}")
nan = re.search(r'/pieces/(\d+)">Nan Lovelace', h.ask("GET", f"/connections/{west}", raw=True)[1].decode()).group(1)
words = h.cli("why", nan, "--account", str(account)).stdout
check(re.search(r", 1 given up\n(.*\n)*    destination \d+, given up: HighLevel has no contact", words), "and why says for what reason it was given up:\n" + words)
again = h.cli("connection", "redrive", str(west), "--account", str(account)).stdout
check(again == "1 given up, tried again now\n", "what was given up is tried again by the connection's number: " + again)
until("and given up again", lambda: '<td class="num">1</td>' in row("connections", ">West"))
status, said = h.ask("POST", "/v1/outbox/redrive", {"connection_id": 999})
check(status == 404 and "no connection 999" in said["error"]["message"], f"one that is not there: {said}")
status, said = h.ask("POST", "/v1/outbox/redrive", {"connection_id": west, "destination_id": 1})
check(status == 400 and "either" in said["error"]["message"], f"not by both numbers: {said}")
# ---- one that is told of nothing ----
crm = Peer("kizen")
kizen = h.ask("POST", "/v1/connections", {"kind": "kizen", "label": "Records", "settings": {"address": crm.url, "user_id": "user-1", "business_id": "business-1"}, "secrets": {"api_key": "kizen-key-1"}})[1]["connection_id"]
check("Works" in row("connections", "Records") and "is not told of events" in row("connections", "Records"), "a connection that is told of nothing works when its trial did")
check("Kizen · Works" in page_of(kizen) and "It is not told of events" in page_of(kizen) and "Told last" not in page_of(kizen), "and its page says that it is told of nothing")
peer.script(rules=[{"on": "GET .*", "do": "503", "times": 2}])
h.ask("POST", f"/v1/connections/{north}/test")
home = h.ask("GET", "/", raw=True)[1].decode()
check("Sales office, north did not work when it was tried" in home and f"pennypost connection test {north} --account {account}" in home and "Records did not" not in home,
      "the home page names a connection whose newest trial failed, and no other")
check(not [w for w in h.warnings() if "/no" not in w and "400" not in w], f"nothing to warn of {h.warnings()[:2]}")
if "look" in TOOLS:
    print(f"look at http://127.0.0.1:{h.port}/connections, and there /{north}, /{west}, /{kizen}, with {h.key}", flush=True)
    sys.stdin.readline()
h.stop()
peer.stop()
crm.stop()
done()
