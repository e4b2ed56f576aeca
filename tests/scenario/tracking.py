"""From a list to Returned To Sender, with a clock that is stepped: pieces for the US and Canada on one live campaign, and the same in test mode. The
USPS pushes what it sees; the events, statistics, alerts and the story of each piece follow, and nothing is told twice."""
import gzip, time, datetime
from house import *

DAY = 86400000
MID = 901234567
US = {"first_name": "Ann", "last_name": "Doe", "address_street": "350 5th Ave", "address_city": "New York", "address_state": "NY", "address_zip": "10118"}
CA = {"first_name": "Zoe", "last_name": "Roy", "address_street": "111 Wellington St", "address_city": "Ottawa", "address_state": "ON", "address_zip": "K1A 0A9", "country": "Canada"}


def wait(what, fact, seconds=60):
    until = time.time() + seconds
    while time.time() < until:
        if got := fact():
            return got
        time.sleep(0.1)
    check(False, what + " (waited in vain)")
    done()


def step_to(ms):
    house.stop()
    check(house.start(env={"PENNYPOST_CLOCK_MS": str(ms)}), "the server goes on at " + iso(ms))


def iso(ms):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def scan(piece, at, op, phase, zip5, **more):
    return {"imbTrackingCode": piece["tracking_code"], "scanDatetime": iso(at), "scanEventCode": str(op), "mailPhase": phase, "scanFacilityZip": zip5, "handlingEventType": "A", **more}


def push(scans, packed=False, **want):
    body = json.dumps({"msgGrpId": "1", "events": scans}).encode()
    status, kept = house.ask("POST", "/v1/usps/iv", gzip.compress(body) if packed else body, headers={"Content-Type": "application/json"})
    check(status == 200, "the push is kept")
    read = wait("the push is read", lambda: (a := house.ask("GET", f"/v1/scans/{kept['scan_file_id']}")[1])["state"] == "done" and a)
    got = {k: read[k] for k in ("rows", "used", "repeats", "orphans", "refused")}
    check(got == {"rows": len(scans), "used": 0, "repeats": 0, "orphans": 0, "refused": 0, **want}, f"it is counted: {got}")
    return read["scan_file_id"]


def story(piece):
    return house.ask("GET", f"/v1/pieces/{piece['piece_id']}/story")[1]


def told(piece):
    """Without MailPieceCreated, which comes with the package and at its own time."""
    return [e["status"] for e in story(piece)["events"] if e["status"] != "MailPieceCreated"]


def send(endpoint, people):
    ids = []
    for person in people:
        status, made = house.ask("POST", f"/api/v1/send/{endpoint}", person)
        check(status in (200, 201), f"{person['first_name']} is taken ({status})")
    def whole():
        for b in house.ask("GET", "/v1/batches")[1]:
            pieces = house.ask("GET", f"/v1/batches/{b['batch_id']}/pieces")[1]
            if len(pieces) == len(people) and b["state"] == "ready" and all(p["tracking_code"] for p in pieces) and pieces[0]["piece_id"] not in known:
                known.update(p["piece_id"] for p in pieces)
                return b, pieces
    return wait("the batch is printed", whole, 120)


known = set()
house = House(settings={"mail.gather_seconds": "4", "mail.recall_minutes": "0", "mail.test_gather_ms": "3000", "purl.base": "http://127.0.0.1/p/"})
check(house.start(), "the server starts")
account = house.make_account()
check(house.cli("account", "mailer-id", str(account), str(MID)).returncode == 0, "the account has a mailer id")
for side in ("front", "back"):
    house.ask("PUT", f"/v1/assets/{side}.png", (ROOT / f"share/demo/image-{side}.png").read_bytes(), headers={"Content-Type": "image/png"})
status, made = house.ask("POST", "/api/v1/templates", {"name": "pictures", "size": "2", "is_full_html": False, "is_proofed": True, "front": "asset:front.png", "back": "asset:back.png"})
CAMPAIGN = {"DirectMailName": "drip", "TemplateFrontId": made["template_id"], "CreditTypeId": 22, "PostageType": 0,
            "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
drip = wait("the campaign is made", lambda: (a := house.ask("POST", "/api/v1/campaigns", CAMPAIGN))[0] == 200 and a[1])
drop = drip["drop_id"]

# A push of 100 MB that holds nothing is kept, answered and read to its end.
status, kept = house.ask("POST", "/v1/usps/iv", b"x" * (100 << 20), timeout=120)
check(status == 200, f"100 MB are kept ({status})")
read = wait("they are read", lambda: (a := house.ask("GET", f"/v1/scans/{kept['scan_file_id']}")[1])["state"] == "done" and a)
refused = house.ask("GET", f"/v1/scans/{kept['scan_file_id']}/refused")[1]
check(read["refused"] == 1 and len(refused) == 1 and refused[0]["reason"] == "unusable file", f"and refused with the reason: {[(r['reason'], r['detail']) for r in refused]}")

# In test mode first: the same path, marked.
batch, (tested,) = send(drip["endpoint"], [US])
status, _ = house.ask("PUT", f"/api/v1/campaigns/{drop}", {"is_live_mode": 1})
check(status == 200, "the campaign is live")
live_batch, (ann, bob, zoe) = send(drip["endpoint"], [US, {**US, "first_name": "Bob"}, CA])
check(ann["tracking_code"][5:14] == str(MID), "the barcode holds the mailer id")
base = int(time.time() * 1000)
check(house.cli("why", str(ann["piece_id"]), "--account", str(account)).returncode == 0, "why answers before anything happened")

# Handed over on the same day (by hand: printers are another scenario's), and nothing is heard for five days.
house.stop()
house.change(f"UPDATE batch SET handed_over_at = {base}, printer_job = 'folder' WHERE batch_id = {live_batch['batch_id']}")
step_to(base + 4 * DAY)
check(house.ask("GET", "/v1/alerts")[1] == [], "no alert after four days")
step_to(base + 5 * DAY + 1000)
alerts = house.ask("GET", "/v1/alerts")[1]
check([(a["batch_id"], a["printer_job"]) for a in alerts] == [(live_batch["batch_id"], "folder")], f"an alert after five days names batch and printer: {alerts}")

# Entry, destination, the carrier's sequence; the feed says some of it twice.
entry = [scan(p, base + 5 * DAY, 881, "Phase 1a - Origin Primary Processing", "62701") for p in (ann, bob, tested)]
push(entry, packed=True, used=3)
check(house.ask("GET", "/v1/alerts")[1] == [], "the alert is gone")
step_to(base + 7 * DAY)
local = [scan(p, base + 6 * DAY, 893, "Phase 2b - Destination SCF Processing", "10018") for p in (ann, bob, tested)]
carrier = [scan(p, base + 6 * DAY + 3600000, 919, "Phase 3c- Destination Sequenced Carrier Sortation", "10118") for p in (ann, tested)]
push(carrier + entry[:1] + local, used=5, repeats=1)
way = ["Mailed", "InTransit", "InLocalArea", "ProcessedForDelivery"]
check(told(ann) == way, f"Ann's piece: {told(ann)}")
check(told(bob) == way[:3], f"Bob's piece: {told(bob)}")
expected = story(ann)["expected_delivery"]
check(expected and expected["from"] > iso(base + 6 * DAY)[:10] and expected["from"] < expected["to"], f"a delivery is expected, not observed: {expected}")
check("eliver" not in " ".join(told(ann)).replace("ProcessedForDelivery", ""), "no delivery is told")

# Ann has moved away; the piece comes home. A late scan steps nothing back, an old one is refused.
step_to(base + 12 * DAY)
push([scan(ann, base + 9 * DAY, 897, "PARS Processing", "62701"), scan(bob, base + 4 * DAY, 401, "", "62701"),
      scan(bob, base - 6 * 365 * DAY, 881, "1a", "62701"), scan({"tracking_code": "00310" + str(MID) + "999999"}, base, 881, "1a", "62701"),
      scan({"tracking_code": "99999999999999999999"}, base, 881, "1a", "62701")], used=2, refused=2, orphans=1)
check(told(ann) == way + ["ReturnedToSender"], f"Ann's piece came home: {told(ann)}")
check(story(ann)["status"] == "ReturnedToSender" and story(ann)["expected_delivery"] is None, "and none is expected any more")
check(told(bob) == way[:3], "nothing steps back")
check(len(story(bob)["scans"]) == 3, "what came late is kept")
check(story(zoe)["scans"] == [] and told(zoe) == [], "Canada Post tells nothing")
check(told(tested) == way and all(e["is_test"] for e in story(tested)["events"]), "the test piece has the same events, marked")

# The command line: a file, twice; and the story in words.
feed = house.dir / "feed.csv"
feed.write_text("imbTrackingCode,scanDatetime,scanEventCode,scanFacilityZip,mailPhase\n" + f"{bob['tracking_code']},{iso(base + 8 * DAY)},919,10118,3c\nx,y,z,,\n")
feed.chmod(0o644)
first = house.cli("scans", "import", str(feed))
check(first.returncode == 1 and "1 new" in first.stdout and "1 refused" in first.stdout and "line 3" in first.stderr, "a file is read, its bad line is listed: " + first.stdout + first.stderr)
check("1 repeats" in house.cli("scans", "import", str(feed)).stdout, "again: a repeat")
words = house.cli("why", str(bob["piece_id"]), "--account", str(account)).stdout
check("ProcessedForDelivery" in words and bob["tracking_code"] in words and "operation 919 phase 3c at 10118" in words and re.search(r"expected +from 20\S+ until 20\S+ \(not observed\)", words), "why tells it in words:\n" + words)
check(house.cli("why", "4711", "--account", str(account)).returncode == 3, "no such piece: cannot")

house.stop()
numbers = {code: n for code, n in house.rows(f"SELECT code, sum(n) FROM drop_stat WHERE drop_id = {drop} GROUP BY code")}
check(numbers == {11: 2, 4: 2, 5: 2, 6: 2, 3: 1, 64 + 0: 1, 64 + 11: 1, 64 + 4: 1, 64 + 5: 1, 64 + 6: 1}, f"the statistics of the drop, live and test: {numbers}")
check(house.rows("SELECT count(*) FROM event WHERE source = 1")[0][0] == sum(numbers.values()), "one event each")
check(not house.warnings(), f"no warning {house.warnings()[:2]}")
done()
