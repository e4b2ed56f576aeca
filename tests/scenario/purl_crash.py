"""Kill -9 while visitors come. Afterwards: each visit whose number a redirect gave away is there, and visits, their events and the numbers agree.
  purl_crash.py PROGRAM [points=a,b]"""
import threading
from house import *

POINTS = TOOLS.get("points", "store.commit.before,store.commit.after,store.unit.after").split(",")
AGENT = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"}
PERSON = {"first_name": "Ada", "last_name": "Doe", "address_street": "1 Main Street", "address_city": "Springfield", "address_state": "IL", "address_zip": "62704"}


def make_codes(h):
    """The codes of four printed pieces of a campaign of pictures."""
    template = h.make_card()
    status, drop = h.ask("POST", "/api/v1/campaigns", {"DirectMailName": "drip", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0,
                         "StartingUrl": "https://shop.example/start", "GoalUrl": "https://shop.example/thanks",
                         "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"})
    check(status == 200, f"campaign: {drop}")
    for _ in range(4):
        h.ask("POST", f"/api/v1/send/{drop['endpoint']}", PERSON)
    for _ in range(240):
        packages = [p for p in (h.data / "batches").glob("*/*") if (p / "SHA256SUMS").exists()]
        if packages:
            return [row["purl"].rsplit("/", 1)[1] for row in manifest(packages[0])]
        time.sleep(0.25)
    return []


def visit(h, codes, told):
    """Until the server is gone: opens a personal URL, reports the goal; keeps the numbers that it was told."""
    n = 0
    while h.server.poll() is None:
        n += 1
        code = codes[n % len(codes)]
        try:
            conn = http.client.HTTPConnection("127.0.0.1", h.port, timeout=10)
            conn.request("GET", f"/p/{code}", headers=AGENT)
            answer = conn.getresponse()
            where = answer.getheader("Location", "")
            conn.close()
            if answer.status != 302 or "-" not in where:
                continue
            number = int(where.rsplit("-", 1)[1])
            told["opened"].append(number)
            status, _ = h.ask("POST", f"/t/{code}", json.dumps({"visit": str(number), "url": "https://shop.example/thanks"}), headers=AGENT, key="", raw=True, timeout=10)
            if status == 204:
                told["goals"].append(number)
        except (OSError, http.client.HTTPException):
            pass


def one(h, sql):
    return h.rows(sql)[0][0]


for point in POINTS:
    h = House(settings={"mail.test_gather_ms": "300", "purl.per_minute": "1000000"})
    check(h.start(), f"{point}: start")
    h.make_account()
    codes = make_codes(h)
    check(len(set(codes)) == 4, f"{point}: four personal URLs {codes}")
    h.stop()
    told = {"opened": [], "goals": []}
    for n in (1, 2):
        check(h.start(env={"PENNYPOST_FAILPOINT": f"{point}:{60 + 31 * n}:kill"}), f"{point}: armed")
        threads = [threading.Thread(target=visit, args=(h, codes, told)) for _ in range(4)]
        for t in threads: t.start()
        check(h.has_died(90), f"{point}: was hit in round {n}")
        h.kill()
        for t in threads: t.join()
    check(h.start(), f"{point}: starts after the kill")
    rows = {v for v, in h.rows("select visit_id from visit where kind = 1")}
    goals = {v for v, in h.rows("select of_visit from visit where kind = 3")}
    check(told["opened"] and set(told["opened"]) <= rows, f"{point}: all {len(told['opened'])} visits that were redirected are there, of {len(rows)}")
    check(set(told["goals"]) <= goals, f"{point}: all {len(told['goals'])} goals that were answered for are there, of {len(goals)}")
    for code, count in ((7, len(rows)), (8, len(goals))):
        events, number = one(h, f"select count(*) from event where source = 1 and code = {code}"), one(h, f"select coalesce(sum(n), 0) from drop_stat where code = {64 + code}")
        check(events == number == count, f"{point}: code {code}: {count} rows, {events} events, {number} counted")
    check(one(h, "select sum(n) from drop_stat where code = 82") == min(len(codes), len(goals)), f"{point}: a conversion for each piece")
    h.stop()
    check(not h.warnings(), f"{point}: nothing to warn of {h.warnings()[:2]}")
done()
