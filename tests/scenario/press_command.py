"""`pennypost press` from outside: what --out, --replace and --mid take, and which serials specimens carry. Pictures only: no Chromium."""
from house import *
from pictures import png

house = House()
work = house.dir
(work / "side.png").write_bytes(png(185, 125, (200, 220, 240)))
(work / "people.csv").write_text("first_name,last_name,address_street,address_city,address_state,address_zip\n" +
                                 "".join(f"Ann{i},Lee,{i + 1} Main St,Chicago,IL,60601\n" for i in range(4)))


def press(out, *more):
    return subprocess.run([house.program, "press", "--size", "6x9", "--front", "side.png", "--back", "side.png", "--contacts", "people.csv", "--out", out, *more],
                          capture_output=True, text=True, env=house.env, cwd=work, timeout=120, **as_user())


def serials(out):
    return [row["imb_tracking"] for row in csv.DictReader(open(work / out / "manifest.csv"))]


def refused(made, words, text):
    check(made.returncode == 2 and words in made.stderr, f"{text}: {made.returncode} {made.stderr[:160]!r}")


made = press("one/")
check(made.returncode == 0, "four specimens: " + made.stderr[-200:])
check([s[-6:] for s in serials("one")] == ["990000", "990001", "990002", "990003"], f"they carry the serials of test mode: {serials('one')}")
before = (work / "one" / "SHA256SUMS").read_bytes()
refused(press("one", "--mid", "123456"), "exists already", "a package is not written over")
check((work / "one" / "SHA256SUMS").read_bytes() == before, "and is as it was")
made = press("one", "--mid", "123456", "--replace")
check(made.returncode == 0 and serials("one")[0][-9:] == "990000000", f"--replace replaces it: {made.stderr[-200:]}")
check(not (work / "one.replaced").exists(), "and nothing of the old one stays")
made = press("one", "--replace", "--jobs", "2")
check(made.returncode == 0 and (work / "one" / "batch-2" / "ticket.json").exists() and not (work / "one" / "ticket.json").exists(), "by batches as well " + made.stderr[-200:])
subprocess.run([house.program, "press", "--size", "letter", "--double-sided", "--front", "side.png", "--contacts", "people.csv", "--out", "sheets"],
               capture_output=True, env=house.env, cwd=work, timeout=120, **as_user())
rows = manifest(work / "sheets")
check([int(r["first_page"]) for r in rows] == [1, 3, 5, 7] and pdf_pages(work / "sheets" / "pieces.pdf") == 8 and all(r["pages"] == "2" for r in rows),
      f"on both sides each letter begins on a sheet of its own: {[(r['first_page'], r['pages']) for r in rows]}")
check(not pdf_text(work / "sheets" / "pieces.pdf", 2).replace("SPECIMEN", "").strip(), "and the back that nobody wrote on is empty")
(work / "side.png").write_bytes(b"\x89PNG\r\n\x1a\nbroken")
made = press("one", "--replace")
check(made.returncode != 0 and (work / "one" / "batch-2" / "ticket.json").exists(), "a creative that cannot be printed leaves the old one where it was")
(work / "mine").mkdir()
(work / "mine" / "letter.txt").write_text("dear")
refused(press("mine", "--replace"), "not a package", "a folder with other things in it is never replaced")
check((work / "mine" / "letter.txt").exists(), "and keeps them")
for mid in ("123", "12345678", "123456789", "900000", "12345x", "-12345", "0000000000"):
    refused(press("never", "--mid", mid), "mailer id", f"--mid {mid} is refused")
refused(press("never", "--jobs", "65"), "press.command_jobs", "so are too many jobs")
check(not (work / "never").exists(), "and nothing is written")
done()
