"""Kill -9 at named failpoints while sends come in and batches are printed. Afterwards: every acknowledged send is there once, every piece lies in exactly one finished batch
or is refused with a reason, and no half file was ever visible under its final name.
  failpoints.py PROGRAM [rounds=N] [points=a,b]      without points: all of them"""
import threading
from house import *

ROUNDS = int(TOOLS.get("rounds", "1"))
POINTS = TOOLS.get("points", "store.commit.before,store.commit.after,store.unit.after,durable.fsync.before,durable.rename.before,durable.rename.after,"
                   "durable.dir_fsync.after,durable.dir_rename.before,durable.dir_rename.after,package.pdf.after,package.manifest.after,"
                   "render.claim.after,render.package.after,render.finish.after").split(",")
SENDERS, FOR_S, BURST_S, PAUSE_S = 4, 90.0, 0.8, 0.8  # batches close in the pauses; FOR_S is only reached where the point is never hit

PERSON = {"last_name": "Doe", "address_street": "1 Main Street", "address_city": "Springfield", "address_state": "IL", "address_zip": "62704"}


def make_drip(house):
    template = house.make_card()
    status, made = house.ask("POST", "/api/v1/campaigns", {"DirectMailName": "drip", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0,
                             "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"})
    check(status == 200, f"campaign: {made}")
    return made["endpoint"]


class Senders:
    def __init__(self, house, endpoint):
        self.house, self.endpoint, self.acked, self.lock, self.n, self.stop, self.paused = house, endpoint, [], threading.Lock(), 0, False, False

    def one(self):
        while not self.stop:
            if self.paused:
                time.sleep(0.05)
                continue
            with self.lock:
                self.n += 1
                name = f"N{self.n}"
            try:
                status, answer = self.house.ask("POST", f"/api/v1/send/{self.endpoint}", {**PERSON, "first_name": name}, timeout=5)
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            if status == 200:
                with self.lock:
                    self.acked.append((answer["mail_id"], name))
            time.sleep(0.01)

    def run(self, seconds):
        self.stop = False
        threads = [threading.Thread(target=self.one) for _ in range(SENDERS)]
        for t in threads: t.start()
        end = time.time() + seconds
        while time.time() < end and self.house.server.poll() is None:
            self.paused = time.time() % (BURST_S + PAUSE_S) > BURST_S
            time.sleep(0.05)
        self.stop = True
        for t in threads: t.join()


def settled(house, within_s=240):
    """True when no batch is open, closed or rendering any more."""
    end = time.time() + within_s
    while time.time() < end:
        status, batches = house.ask("GET", "/v1/batches?limit=100")
        if status == 200 and all(b["state"] in ("ready", "failed", "cancelled") for b in batches):
            return all(b["state"] != "failed" for b in batches)
        time.sleep(0.3)
    return False


def whole(package):
    if not (package / "SHA256SUMS").exists():
        return False
    return run("sha256sum", "--quiet", "-c", "SHA256SUMS", cwd=package).returncode == 0


def verdict(house, senders, where):
    rows = {pid: (state, json.loads(recipient)[0]) for pid, state, recipient in house.rows("select piece_id, state, recipient from piece")}
    lost = [a for a in senders.acked if rows.get(a[0], (0, None))[1] != a[1]]
    check(not lost, f"{where}: all {len(senders.acked)} acknowledged sends are there {lost[:2]}")
    check(len({n for _, n in rows.values()}) == len(rows), f"{where}: none is there twice")
    printed = {}
    for path in (house.data / "batches").glob("*/*"):
        if path.name.endswith(".tmp"):
            continue
        check(whole(path), f"{where}: {path.name} is whole")
        for line in manifest(path):
            printed.setdefault(int(line["piece_id"]), []).append(path.name)
    twice = [p for p, files in printed.items() if len(files) != 1]
    unprinted = [p for p, (state, _) in rows.items() if state == 0 and p not in printed]
    check(not twice, f"{where}: no piece lies in two packages {twice[:2]}")
    check(not unprinted, f"{where}: each of {len(rows)} pieces is printed or refused {unprinted[:2]}")


hits = 0
for point in POINTS:
    house = House(settings={"mail.test_gather_ms": "300"})
    check(house.start(), f"{point}: start")
    house.make_account()
    endpoint = make_drip(house)
    senders = Senders(house, endpoint)
    house.stop()
    for n in range(1, ROUNDS + 1):
        # Commits and file moves also happen while it starts; a package is written once per pause.
        nth = 40 + 7 * n if point.startswith("store.") else 1 + n % 2
        check(house.start(env={"PENNYPOST_FAILPOINT": f"{point}:{nth}:kill"}), f"{point}: armed, round {n}")
        senders.run(FOR_S)
        died = house.has_died(2)
        hits += died
        check(died, f"{point}: was hit in round {n}")
        house.kill()
    check(house.start(), f"{point}: starts after the kill")
    check(settled(house), f"{point}: every batch gets ready")
    house.stop()
    verdict(house, senders, point)
print(f"{hits} kills at {len(POINTS)} points")
done()
