"""A mailing from its list to the mailbox and back, with a stepped clock: every event, every webhook and every number of a live campaign for the US and
Canada through a printer, and of the same in test mode. On SQLite, and on PostgreSQL (tools/postgres-server run)."""
import datetime, http.server, threading, time
from house import *

DAY = 86400000
MID = 901234567
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"}
CODES = {"MailPieceCreated": 0, "ReRouted": 2, "ReturnedToSender": 3, "InTransit": 4, "InLocalArea": 5, "ProcessedForDelivery": 6, "pURLOpened": 7, "pURLCompleted": 8,
         "Addressed": 9, "Printed": 10, "Mailed": 11}
LIST = """first_name,last_name,address_street,address_city,address_state,address_zip,country
Ann,Doe,350 5th Ave,New York,NY,10118,
Bob,Ray,1 Main Street,Springfield,IL,62704,
Zoe,Roy,111 Wellington St,Ottawa,ON,K1A 0A9,Canada
"""


class Receiver(http.server.BaseHTTPRequestHandler):
    came = []

    def do_POST(self):
        self.came.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words):
        pass


def wait(what, fact, seconds=90):
    until = time.time() + seconds
    while time.time() < until:
        if got := fact():
            return got
        time.sleep(0.1)
    check(False, what + " (waited in vain)")
    house.stop()
    done()


def iso(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def ask(method, path, body=None, want=200, **more):
    status, got = house.ask(method, path, body, **more)
    check(status == want, f"{method} {path}: {status}" + ("" if status == want else f" {got}"))
    return got


def step_to(ms):
    house.stop()
    check(house.start(env={"PENNYPOST_CLOCK_MS": str(ms)}), "the clock is stepped to " + iso(ms))


# ---- what is expected: for each piece, in order, [code, when] ----
expected = {}


def expect(piece, name, at):
    expected.setdefault(piece, []).append((name, iso(at) if at else None))


def whole(drop, is_test, pieces):
    """Every event of the drop by the API, every webhook, and every number, against what is expected of these pieces."""
    names = {p: [n for n, _ in expected[p]] for p in pieces}
    total = sum(len(n) for n in names.values())

    def events():
        got = []
        for page in range(1, 20):
            rows = ask_quietly(f"/api/v1/campaigns/{drop}/events?PageNumber={page}&PageSize=100")
            got += rows
            if len(rows) < 100:
                return got

    wait(f"{total} events of drop {drop}", lambda: len(events()) >= total)
    told = {p: [] for p in pieces}
    for e in sorted(events(), key=lambda e: e["event_id"]):
        told[e["piece_id"]].append(e)
    for p in pieces:
        check([e["status_code"] for e in told[p]] == names[p], f"{who[p]}: the events are {names[p]}: {[e['status_code'] for e in told[p]]}")
        check([CODES[e["status_code"]] for e in told[p]] == [e["event_type"] for e in told[p]], f"{who[p]}: with their codes")
        check(all(bool(e["is_test"]) == is_test and e["first_name"] == who[p] for e in told[p]), f"{who[p]}: {'marked as a test' if is_test else 'live'}, and hers or his")
        times = [(e["event_date"], at) for e, (_, at) in zip(told[p], expected[p]) if at]
        check(all(got[:19] == at[:19] for got, at in times), f"{who[p]}: when they happened: {[t for t in times if t[0][:19] != t[1][:19]]}")

    def hooks():
        return [b for b in Receiver.came if b["piece"]["id"] in pieces]

    wait(f"{total} webhooks of drop {drop}", lambda: len(hooks()) >= total)
    check(len(hooks()) == total, f"{total} webhooks, none twice")
    for p in pieces:
        got = [b["eventType"] for b in hooks() if b["piece"]["id"] == p]
        check(got == [CODES[n] for n in names[p]], f"{who[p]}: the webhooks come in order: {got}")
    check(all(b["piece"]["isTest"] == is_test and b["to"]["firstName"] == who[b["piece"]["id"]] for b in hooks()), "each says whose it is and whether it is a test")
    wait("nothing waits in the outbox", lambda: ask_quietly("/v1/outbox") == [])

    count = {}
    for p in pieces:
        for n in names[p]:
            count[CODES[n]] = count.get(CODES[n], 0) + 1
    stored = {int(code): int(n) for code, n in house.rows(f"select code, sum(n) from drop_stat where drop_id = {drop} group by code") if int(n)}
    mail = {code % 64: n for code, n in stored.items() if code % 64 < 12 and (code >= 64) == is_test}
    check(mail == count, f"the numbers of drop {drop}: {mail}, wanted {count}")
    days = house.rows(f"select code, day, sum(n) from drop_stat where drop_id = {drop} group by code, day")
    by_day = {}
    for p in pieces:
        for n, at in expected[p]:
            if at:
                key = (CODES[n] + 64 * is_test, int(datetime.datetime.fromisoformat(at[:19] + "+00:00").timestamp()) // 86400)
                by_day[key] = by_day.get(key, 0) + 1
    got = {(int(c), int(d)): int(n) for c, d, n in days if int(c) % 64 in {CODES[n] for p in pieces for n, at in expected[p] if at} and int(n)}
    check(got == by_day, f"and by day: {got}, wanted {by_day}")
    row = next(c for c in ask("GET", "/api/v1/campaigns") if c["drop_id"] == drop)
    if not is_test:
        shown = {"created": 0, "mailed": 11, "in_transit": 4, "in_local_area": 5, "processed_for_delivery": 6, "returned": 3, "re_routed": 2}
        got = {k: row[k] for k in shown}
        check(got == {k: count.get(c, 0) for k, c in shown.items()}, f"the campaign shows them: {got}")
    return row


def ask_quietly(path):
    return house.ask("GET", path)[1]


def push(rows):
    events = [{"imbTrackingCode": track[p], "scanDatetime": iso(at), "scanEventCode": str(op), "mailPhase": phase, "scanFacilityZip": zip5, "handlingEventType": "A"}
              for p, at, op, phase, zip5 in rows]
    kept = ask("POST", "/v1/usps/iv", json.dumps({"msgGrpId": "1", "events": events}).encode(), headers={"Content-Type": "application/json"})
    read = wait("the push is read", lambda: (a := ask_quietly(f"/v1/scans/{kept['scan_file_id']}"))["state"] == "done" and a)
    check((read["used"], read["refused"], read["orphans"]) == (len(rows), 0, 0), f"all {len(rows)} scans are used")


def returned(lines):
    kept = ask("POST", "/v1/printed", ("piece_id,status,time\n" + "".join(f"{p},{s},{iso(at)}\n" for p, s, at in lines)).encode(), want=202, headers={"Content-Type": "text/csv"})
    read = wait("the printer's return is read", lambda: (a := ask_quietly(f"/v1/imports/{kept['import_id']}"))["state"] == "done" and a)
    check(read["used"] == len(lines), f"all {len(lines)} lines are used")


def visit(piece):
    conn = http.client.HTTPConnection("127.0.0.1", house.port, timeout=30)
    conn.request("GET", f"/p/{purl[piece]}", headers=AGENT)
    where = conn.getresponse().getheader("Location", "")
    conn.close()
    check(where.startswith("https://shop.example/start"), f"{who[piece]}'s personal URL leads to the Starting URL: {where}")
    status, _ = house.ask("POST", f"/t/{purl[piece]}", json.dumps({"visit": where.rsplit("-", 1)[1], "url": "https://shop.example/thanks"}), headers=AGENT, key="", raw=True)
    check(status == 204, "and the landing page reports the goal")
    expect(piece, "pURLOpened", None)
    expect(piece, "pURLCompleted", None)


def pieces_of(drop, n):
    """{name: piece id} of a drop whose batches are printed."""
    def there():
        rows = [(b, p) for b in ask_quietly("/v1/batches") if b["drop_id"] == drop and b["state"] in ("ready", "handed over")
                for p in ask_quietly(f"/v1/batches/{b['batch_id']}/pieces")]
        return rows if len(rows) == n and all(p["tracking_code"] for _, p in rows) else None
    found = {}
    for b, p in wait(f"{n} pieces are printed", there, 180):
        found[p["recipient"]["first_name"]] = p["piece_id"]
        track[p["piece_id"]] = p["tracking_code"]
    for path in (house.data / "batches").rglob("manifest.csv"):
        purl.update((int(row["piece_id"]), row["purl"].rsplit("/", 1)[1]) for row in manifest(path.parent))
    who.update((p, name) for name, p in found.items())
    return found


who, track, purl = {}, {}, {}
receiver = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
threading.Thread(target=receiver.serve_forever, daemon=True).start()
house = House(settings={"mail.gather_seconds": "1", "mail.recall_minutes": "0", "mail.test_gather_ms": "300", "purl.base": "http://127.0.0.1/p/", "job.retry_first": "1",
                        "outgoing.allow": "127.0.0.0/8", "outgoing.http": "on", "outgoing.ports": "all"})
check(house.start(), "the server starts")
account = house.make_account()
check(house.cli("account", "mailer-id", str(account), str(MID)).returncode == 0, "the account has a mailer id")
template = house.make_card()
contacts = house.dir / "list.csv"
contacts.write_text(LIST)
contacts.chmod(0o644)
the_list = ask("POST", "/v1/lists", {"name": "Customers"})["contact_list_id"]
imported = house.cli("contacts", "import", str(the_list), str(contacts), "--account", str(account))
check(imported.returncode == 0, "the list is imported: " + imported.stderr)
CAMPAIGN = {"TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0, "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield",
            "SenderState": "IL", "SenderZip": "62701", "StartingUrl": "https://shop.example/start", "GoalUrl": "https://shop.example/thanks"}
HOOK = f"http://127.0.0.1:{receiver.server_port}/hook"
smart = {**CAMPAIGN, "CampaignType": 0, "ContactListId": the_list}

live = ask("POST", "/api/v1/campaigns", {**smart, "DirectMailName": "Spring", "IsLiveMode": 1})["drop_id"]
ask("POST", "/api/v1/webhooks", {"campaign_id": live, "campaign_name": "Spring", "url": HOOK, "is_subscribed": 1})
drip = ask("POST", "/api/v1/campaigns", {**CAMPAIGN, "DirectMailName": "Trial"})
trial = drip["drop_id"]
ask("POST", "/api/v1/webhooks", {"campaign_id": trial, "campaign_name": "Trial", "url": HOOK + "2", "is_subscribed": 1})

# ---- printed, and handed over once the account has a printer ----
found = pieces_of(live, 3)
ann, bob, zoe = found["Ann"], found["Bob"], found["Zoe"]
shop = house.dir / "shop"
shop.mkdir()
shop.chmod(0o755)
if os.getuid() == 0:
    os.chown(shop, NOBODY, NOBODY)
check(house.cli("printer", "put", "shop", "folder", str(shop)).returncode == 0 and house.cli("printer", "grant", "shop", str(account)).returncode == 0, "the account has a printer")
wait("the package is handed over", lambda: all(b["state"] == "handed over" for b in ask_quietly("/v1/batches") if b["drop_id"] == live))
packages = list(shop.iterdir())
lines = sorted(int(l["piece_id"]) for p in packages for l in manifest(p))
check(lines == sorted([ann, bob, zoe]), f"the packages hold each piece once: {len(packages)}")
base = int(time.time() * 1000)
for p in (ann, bob, zoe):
    expect(p, "MailPieceCreated", None)
ask("POST", f"/api/v1/send/{drip['endpoint']}", {"first_name": "Tess", "last_name": "Doe", "address_street": "2 Main Street", "address_city": "New York", "address_state": "NY", "address_zip": "10118"})
tess = pieces_of(trial, 1)["Tess"]
expect(tess, "MailPieceCreated", None)
whole(live, False, [ann, bob, zoe])
whole(trial, True, [tess])

# ---- the printer's words: for Canada Mailed too ----
step_to(base + DAY)
said = [(p, s, base + h * 3600000) for p in (ann, bob, zoe) for s, h in (("Addressed", 2), ("Printed", 3))] + [(zoe, "Mailed", base + 6 * 3600000)]
returned(said)
for p, s, at in said:
    expect(p, s, at)

# ---- the USPS sees them; the feed does not come in order ----
step_to(base + 4 * DAY)
us = (ann, bob, tess)
push([(p, base + 2 * DAY, 881, "Phase 1a - Origin Primary Processing", "62701") for p in us])
step_to(base + 5 * DAY)
push([(p, base + 4 * DAY + 3600000, 919, "Phase 3c- Destination Sequenced Carrier Sortation", "10118") for p in (ann, tess)] +
     [(p, base + 4 * DAY, 893, "Phase 2b - Destination SCF Processing", "10018") for p in us])
for p in us:
    expect(p, "Mailed", base + 2 * DAY)
    expect(p, "InTransit", base + 2 * DAY)
    expect(p, "InLocalArea", base + 4 * DAY)
for p in (ann, tess):
    expect(p, "ProcessedForDelivery", base + 4 * DAY + 3600000)

# ---- two of them visit; Ann's comes home ----
visit(bob)
visit(zoe)
check(ask_quietly(f"/v1/pieces/{bob}/story")["expected_delivery"] and not ask_quietly(f"/v1/pieces/{zoe}/story")["expected_delivery"], "a delivery is expected of Bob's, and never of one for Canada")
step_to(base + 9 * DAY)
push([(p, base + 8 * DAY, 897, "PARS Processing", "62701") for p in (ann, tess)] + [(bob, base + 7 * DAY, 346, "PARS Processing", "85005")])
expect(bob, "ReRouted", base + 7 * DAY)
expect(ann, "ReturnedToSender", base + 8 * DAY)
expect(tess, "ReturnedToSender", base + 8 * DAY)
row = whole(live, False, [ann, bob, zoe])
check((row["unique_visitors"], row["conversions"]) == (2, 2), f"two visitors, two conversions: {row['unique_visitors']}, {row['conversions']}")
whole(trial, True, [tess])
stories = {p: ask_quietly(f"/v1/pieces/{p}/story") for p in (ann, bob, zoe, tess)}
check([stories[p]["status"] for p in (ann, bob, zoe, tess)] == ["ReturnedToSender", "InLocalArea", "Mailed", "ReturnedToSender"], f"where each is: {[s['status'] for s in stories.values()]}")
check(not any(s["expected_delivery"] for s in stories.values()), "and none is expected any more, of what went elsewhere")
check([p.name for p in shop.iterdir()] == [p.name for p in packages], "the test was never handed over")

# ---- all of it once more, from the printer and the USPS: nothing is told twice ----
before = len(Receiver.came)
ask("POST", "/v1/printed", ("piece_id,status,time\n" + "".join(f"{p},{s},{iso(at)}\n" for p, s, at in said)).encode(), want=202, headers={"Content-Type": "text/csv"})
again = ask("POST", "/v1/usps/iv", json.dumps({"events": [{"imbTrackingCode": track[ann], "scanDatetime": iso(base + 8 * DAY), "scanEventCode": "897", "mailPhase": "PARS Processing",
                                                            "scanFacilityZip": "62701", "handlingEventType": "A"}]}).encode())
wait("it is read", lambda: ask_quietly(f"/v1/scans/{again['scan_file_id']}")["state"] == "done")
time.sleep(1)
check(len(Receiver.came) == before, "no webhook came of it")
house.stop()
receiver.shutdown()
check(not [w for w in house.warnings() if "was not handed over" not in w], f"nothing else to warn of {house.warnings()[:2]}")
done()
