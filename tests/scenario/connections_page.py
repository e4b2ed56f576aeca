"""The page of connections with a real server: what was never told does not look as if it worked, names lead to their pages, and what an event sends
stands apart from addresses. `connections_page.py build/src/app/pennypost [pictures=FOLDER cache=build]`."""
import http.server, threading
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


def row(of, name):
    return next((r for r in rows(of) if name in r), "")


receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
there = f"http://127.0.0.1:{receiver.server_address[1]}"
peer = Peer("highlevel")
h = House(settings={"mail.test_gather_ms": "200", "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
check(h.start(), "the server starts")
account = h.make_account("page")
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
check(not [w for w in h.warnings() if "/no" not in w and "400" not in w], f"nothing to warn of {h.warnings()[:2]}")
if "pictures" in TOOLS:
    print(f"look at http://127.0.0.1:{h.port}/connections with {h.key}", flush=True)
    sys.stdin.readline()
h.stop()
peer.stop()
done()
