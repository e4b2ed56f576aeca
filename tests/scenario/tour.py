"""`pennypost tour` on this machine: it ends well, says in each of its steps what stands where, and leaves nothing behind, also when it is stopped in the middle;
where it cannot run it says why. `tour.py PROGRAM`"""
from house import *

folder = workdir()
program = reachable_program(folder)
for part in ("tests/scenario/peers", "share/demo"):  # as in a checkout, where the tests' user can reach it
    shutil.copytree(ROOT / part, folder / part)
(folder / "tmp").mkdir()
(folder / "tmp").chmod(0o777)
ENV = {**os.environ, "HOME": str(folder), "TMPDIR": str(folder / "tmp")}


def tour(*words, cwd=folder, **env):
    return subprocess.run([program, "tour", *words], capture_output=True, text=True, cwd=cwd, env={**ENV, **env}, timeout=240, **as_user())


def left():
    return sorted(p.name for p in (folder / "tmp").iterdir())


def processes():
    """Command lines that name the tour's folder or stand in it."""
    found = []
    for p in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            if os.readlink(p / "cwd").startswith(str(folder / "tmp")):
                found.append((p / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:
            pass
    return found


began = time.time()
done_tour = tour()
print(done_tour.stdout, done_tour.stderr)
print(f"took {time.time() - began:.1f} s", flush=True)
check(done_tour.returncode == 0 and done_tour.stderr == "", f"the tour ends well: {done_tour.returncode} {done_tour.stderr}")
steps = re.split(r"\n(?=\d\. |What stands)", done_tour.stdout)
FIELD = r"Postalytics Mail Drop \d+ Event Status"
WORDS = [
    ("1. The stage", [rf"{name}\s+http://127\.0\.0\.1:\d+ " for name in ("Pennypost", "Kizen", "Salesforce", "HighLevel")]),
    ("2. Connections", [r"connection \d+  Salesforce", r"connection \d+  HighLevel", r"connection \d+  Kizen"]),
    ("3. Leads", ["2 read, 1 taken, 1 refused", "00Q000000000501AAA  Lee Park, 350 5th Ave, New York NY 10118", "Mia Stone: .*address_street is required"]),
    ("4. A triggered campaign", ["test mode", FIELD]),
    ("5. A flow at Salesforce", [r'200 \{"accepted":1\}', r"barcode \d{20}, personal URL http://127\.0\.0\.1:\d+/p/\w+", rf"Lead Lee Park: {FIELD} = MailPieceCreated",
                                 'Lee Park: tag "postalytics event: mailpiececreated"\n +note "MailPieceCreated: Seed exchange, mail drop']),
    ("6. Kizen", ['"outcome":"sent"', "was asked: GET /api/records/client_client/1111", rf"Contact Ada Lovelace: {FIELD} = MailPieceCreated", "Ada Lovelace: tag"]),
    ("7. The card travels", [r"881 in 62701 +InTransit +mailed intransit\n", r"893 in 10018 +InLocalArea +inlocalarea\n", r"919 in 10118 +ProcessedForDelivery +processedfordelivery\n"]),
    ("8. Lee opens", [r"GET http://127\.0\.0\.1:\d+/p/\w+  answer 302", rf"Lead Lee Park: {FIELD} = pURLOpened", 'tag "postalytics event: purlopened"\n +note "pURLOpened: ']),
    ("What stands at HighLevel", [f"postalytics event: {code}\n" for code in ("mailpiececreated", "mailed", "intransit", "inlocalarea", "processedfordelivery", "purlopened")]
     + ["Everything stood where it should"]),
]
check(len(steps) == len(WORDS), f"{len(steps)} steps")
for step, (title, words) in zip(steps, WORDS):
    missing = [w for w in words if not re.search(w, step)]
    check(step.startswith(title) and not missing, f"{title}: {missing or 'all is said'}")
check(not re.search(r"^\S+ (debug|info|warning|error) ", done_tour.stdout, re.M) and max(map(len, done_tour.stdout.splitlines())) < 190, "no line of a log, none that is too long")
check(left() == [] and processes() == [], f"nothing is left: {left()} {processes()}")

# ---- stopped in the middle ----
for sig in (signal.SIGINT, signal.SIGTERM):
    running = subprocess.Popen([program, "tour"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=folder, env=ENV, **as_user())
    for line in running.stdout:
        if line.startswith("4."):
            break
    check(len(processes()) >= 4, "its processes run")
    running.send_signal(sig)
    _, said = running.communicate(timeout=60)
    check(running.returncode == 1 and "stopped before its end" in said, f"{sig.name} stops it: {running.returncode} {said}")
    check(left() == [] and processes() == [], f"and nothing is left: {left()} {processes()}")

# ---- something does not stand where it should ----
peer = folder / "tests/scenario/peers/salesforce.py"
whole = peer.read_text()
peer.write_text(whole.replace('record[name] = value\n', 'record[name] = value if value == "MailPieceCreated" else "Lost"\n'))
done_tour = tour("--keep")
check(done_tour.returncode == 1 and 'Salesforce\'s field of Lee Park holds "Lost" where InTransit should stand' in done_tour.stderr, f"the sentence: {done_tour.returncode} {done_tour.stderr}")
kept = left()
check(len(kept) == 1 and kept[0] in done_tour.stdout and (folder / "tmp" / kept[0] / "Pennypost.log").exists() and processes() == [], f"--keep leaves data and logs: {kept}")
shutil.rmtree(folder / "tmp" / kept[0])

# ---- where it cannot run ----
peer.write_text("raise SystemExit('no peer today')\n")
done_tour = tour()
check(done_tour.returncode == 3 and "Salesforce did not start: no peer today" in done_tour.stderr, f"a peer that does not start: {done_tour.stderr}")
done_tour = tour(PATH=str(folder / "tmp"))
check(done_tour.returncode == 3 and "python3 does not run here" in done_tour.stderr, f"no python3: {done_tour.stderr}")
shutil.rmtree(folder / "tests")
done_tour = tour()
check(done_tour.returncode == 3 and "run the tour in the checkout" in done_tour.stderr, f"no peers: {done_tour.stderr}")
done_tour = tour("word")
check(done_tour.returncode == 2, "a word means nothing here")
check(left() == [], f"nothing is left: {left()}")
done()
