"""From a send to the printer's folder and back, with the real program: a printer is made and granted, live pieces arrive in its folder once and whole, test pieces never;
a folder without rights or room is a reason on the batch; recalls, caps and releases; the printer's return file; kill -9 at each place of the hand-over.
  handover.py PROGRAM [rounds=N] [points=…]"""
from house import *

ROUNDS = int(TOOLS.get("rounds", "1"))
POINTS = TOOLS.get("points", "handover.claim.after,folder.mkdir.after,folder.file.after,folder.copy.after,handover.leaving.after,folder.rename.before,folder.rename.after,"
                   "handover.printer.after,handover.end.after,handover.tell.after").split(",")
QUICK = {"mail.gather_seconds": "1", "mail.recall_minutes": "0", "mail.test_gather_ms": "200", "job.retry_first": "1"}


PERSON = {"last_name": "Doe", "address_street": "1 Main Street", "address_city": "Springfield", "address_state": "IL", "address_zip": "62704"}


def make_drip(house):
    """(endpoint, drop id) of a triggered campaign that prints pictures."""
    template = house.make_card()
    campaign = {"DirectMailName": "drip", "TemplateFrontId": template, "CreditTypeId": 22, "PostageType": 0,
                "SenderName": "Sender", "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"}
    for _ in range(600):  # on a busy machine the template may still be compiled
        status, made = house.ask("POST", "/api/v1/campaigns", campaign)
        if status != 409:
            break
        time.sleep(0.1)
    check(status == 200, f"campaign: {made}")
    return made["endpoint"], made["drop_id"]


def wait(fact, within_s=60):
    end = time.time() + within_s
    while time.time() < end:
        found = fact()
        if found:
            return found
        time.sleep(0.1)
    return None


def open_shop(house, account, mid="900000001"):
    """A live drip of an account that prints in DIR/shop."""
    shop = house.dir / "shop"
    shop.mkdir()
    shop.chmod(0o755)
    if os.getuid() == 0:
        os.chown(shop, NOBODY, NOBODY)
    check(house.cli("account", "mailer-id", str(account), mid).returncode == 0, "a mailer id")
    endpoint, drop = make_drip(house)
    status, answer = house.ask("PUT", f"/api/v1/campaigns/{drop}", {"is_live_mode": True})
    check(status == 200, f"live: {answer}")
    return shop, endpoint, drop


def grant(house, shop, account):
    put = house.cli("printer", "put", "shop", "folder", str(shop))
    granted = house.cli("printer", "grant", "shop", str(account))
    check(put.returncode == 0 and granted.returncode == 0, f"the printer is granted {put.stderr}{granted.stderr}")


def send(house, endpoint, name="Ann", **more):
    status, answer = house.ask("POST", f"/api/v1/send/{endpoint}", {**PERSON, "first_name": name, **more})
    check(status == 200, f"send {name}: {answer if status != 200 else status}")
    return answer["mail_id"]


def piece(house, piece_id):
    return house.ask("GET", f"/v1/pieces/{piece_id}")[1]


def batch(house, piece_id):
    return house.ask("GET", f"/v1/batches/{piece_id // 8192}")[1]


def wait_state(house, piece_id, state):
    return check(wait(lambda: batch(house, piece_id)["state"] == state), f"piece {piece_id}: its batch is {state}")


def whole(package):
    return (package / "SHA256SUMS").exists() and run("sha256sum", "--quiet", "-c", "SHA256SUMS", cwd=package).returncode == 0


def basic():
    house = House(settings={**QUICK, "mail.gather_seconds": "4", "send.campaign_day": "8"})  # long enough for a look before the batch closes
    check(house.start(), "start")
    account = house.make_account()
    shop, endpoint, drop = open_shop(house, account)
    first = send(house, endpoint)
    check(wait(lambda: "no printer" in (batch(house, first)["last_error"] or "")), "without a printer the batch says so")
    check(batch(house, first)["state"] == "ready", "and waits at ready")
    check(house.cli("printer", "put", "shop", "folder", "nowhere").returncode == 3, "a printer needs an absolute path")
    grant(house, shop, account)
    wait_state(house, first, "handed over")
    package = shop / batch(house, first)["printer_job"]
    check(whole(package) and [int(l["piece_id"]) for l in manifest(package)] == [first], "the package is in the folder, whole")
    check("shop" in house.cli("printer", "list").stdout, "the printer is listed")

    # without rights, then with
    shop.chmod(0o555)
    second = send(house, endpoint)
    check(wait(lambda: "Permission denied" in (batch(house, second)["last_error"] or "")), "a folder without rights is the batch's reason")
    check(batch(house, second)["state"] == "ready" and len(list(shop.iterdir())) == 1, "nothing half lies there")
    shop.chmod(0o755)
    wait_state(house, second, "handed over")

    # recalls
    house.ask("PUT", f"/api/v1/campaigns/{drop}", {"is_live_mode": True})
    keep, recalled = send(house, endpoint, "Keep"), send(house, endpoint, "Recall")
    check(piece(house, recalled)["recall_until"], "a piece says until when it can be recalled")
    words = house.cli("why", str(recalled), "--account", str(account)).stdout
    check(re.search(r"recallable until +20\S+\n(.*\n)+  waits until +20\S+\n", words), "and so does why, and until when its batch waits:\n" + words)
    status, answer = house.ask("DELETE", f"/v1/pieces/{recalled}")
    check(status == 200, f"recalled: {answer}")
    wait_state(house, keep, "handed over")
    check(piece(house, recalled)["state"] == "cancelled", "it is cancelled")
    check([int(l["piece_id"]) for l in manifest(shop / batch(house, keep)["printer_job"])] == [keep], "and not in the package")
    status, answer = house.ask("DELETE", f"/v1/pieces/{keep}")
    check(status == 409, f"what is handed over is not recalled: {answer}")

    # suppression between send and press
    status, made = house.ask("POST", "/api/v1/lists/suppression", {"Name": "never", "Country": "US"})
    listed = made["Id"]
    late = send(house, endpoint, "Late", address_street="2 Other Street")
    status, answer = house.ask("POST", f"/api/v1/lists/suppression/contacts/{listed}", {**PERSON, "first_name": "X", "address_street": "2 Other Street"})
    check(status in (200, 201), f"suppressed: {answer}")
    wait_state(house, late, "ready")
    check(piece(house, late)["state"] == "refused" and piece(house, late)["reason"] == "suppressed", f"a suppressed person is refused: {piece(house, late)['reason']}")

    # the cap: eight a day, four and a refused one and a recalled one are counted
    below, *_, last = [send(house, endpoint, f"Cap{n}") for n in range(6)]
    held = batch(house, last)
    check(held["is_held"] == 1 and held["state"] == "open", f"above the daily cap a batch is held: {held['state']}")
    status, answer = house.ask("POST", f"/v1/batches/{held['batch_id']}/release")
    check(status == 403, "a key does not lift its own cap")
    done_ = house.cli("batch", "release", str(held["batch_id"]), "--account", str(account))
    check(done_.returncode == 0, f"the operator does {done_.stderr}")
    wait_state(house, last, "handed over")
    wait_state(house, below, "handed over")
    check(house.cli("batch", "resolve", str(held["batch_id"]), "printed", "--account", str(account)).returncode == 3, "there is nothing to resolve")

    # the printer's return
    back = house.dir / "return.csv"
    now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    back.write_text(f"piece_id,status,time\n{first},Addressed,{now}\n{first},Printed,{now}\n{first},Printed,{now}\n{recalled},Printed,{now}\n")
    got = house.cli("printed", "import", str(back), "--account", str(account), "--json")
    counts = json.loads(got.stdout or "{}")
    check(got.returncode == 1 and (counts.get("used"), counts.get("repeated"), counts.get("refused")) == (2, 1, 1), f"the return is worked off: {got.stdout}{got.stderr}")

    # ... and killed while it works a long one off: every line once
    back.write_text("piece_id,status,time\n" + f"{first},Printed,{now}\n" * 1200)
    house.stop()
    for n in (1, 2, 3, 1, 2):
        check(house.start(env={"PENNYPOST_FAILPOINT": f"printed.chunk.after:{n}:kill"}), f"printed.chunk.after:{n}: armed")
        try:
            status, made = house.ask("POST", "/v1/printed", back.read_bytes(), headers={"Content-Type": "text/csv"})
        except (OSError, http.client.HTTPException):
            status = 0
        check(wait(lambda: house.server.poll() is not None), f"printed.chunk.after:{n}: was hit")
        check(house.start(), "starts again")
        if status == 202:
            ended = wait(lambda: (lambda i: i if i["state"] == "done" else None)(house.ask("GET", f"/v1/imports/{made['import_id']}")[1])) or {}
            check((ended.get("rows"), ended.get("used"), ended.get("repeated")) == (1200, 0, 1200), f"each of its lines is counted once: {ended}")
        house.stop()
    check(house.start(), "start")

    # test mode
    house.ask("PUT", f"/api/v1/campaigns/{drop}", {"is_live_mode": False})
    before = set(shop.iterdir())
    test = send(house, endpoint, "Test")
    wait_state(house, test, "ready")
    time.sleep(1)
    new, state = [p.name for p in set(shop.iterdir()) - before], batch(house, test)["state"]
    check(not new and state == "ready", f"test mode puts nothing into the folder: {new}, {state}")
    house.stop()
    wrong = [l for l in house.warnings() if "was not handed over" not in l]
    check(not wrong, f"no other warnings {wrong[:3]}")


def killed():
    hits = 0
    for point in POINTS:
        house = House(settings={**QUICK, "batch.max_pieces": "3"})
        check(house.start(), f"{point}: start")
        account = house.make_account()
        shop, endpoint, drop = open_shop(house, account)
        grant(house, shop, account)
        house.stop()
        for n in range(1, ROUNDS + 1):
            check(house.start(env={"PENNYPOST_FAILPOINT": f"{point}:{n}:kill"}), f"{point}: armed, round {n}")
            for i in range(4 + 3 * n):
                try:
                    house.ask("POST", f"/api/v1/send/{endpoint}", {**PERSON, "first_name": f"N{n}-{i}"}, timeout=5)
                except (OSError, http.client.HTTPException):
                    break
            died = wait(lambda: house.server.poll() is not None) is not None
            hits += died
            check(died, f"{point}: was hit in round {n}")
            house.kill()
        check(house.start(), f"{point}: starts after the kill")
        rows = lambda: house.ask("GET", "/v1/batches?limit=100")[1]
        check(wait(lambda: all(b["state"] == "handed over" for b in rows()), 120), f"{point}: every batch is handed over {[b['state'] for b in rows()]}")
        names = {b["printer_job"] for b in rows()}
        found = {p.name for p in shop.iterdir()}
        check(names == found, f"{point}: the folder holds exactly the {len(names)} packages")
        check(all(whole(p) for p in shop.iterdir()), f"{point}: each is whole")
        ids = sorted(int(l["piece_id"]) for p in shop.iterdir() for l in manifest(p))
        stored = sorted(r[0] for r in house.rows("select piece_id from piece where state = 0"))
        check(ids == stored, f"{point}: each of {len(stored)} pieces is there once")
        house.stop()
    print(f"{hits} kills at {len(POINTS)} points")


basic()
killed()
done()
