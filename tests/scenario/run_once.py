"""The demo, from an empty folder to a PDF, looked at from outside: 25 pieces of two pages, 25 names, each barcode decoding from its drawn bars to the
manifest's code; a second start makes nothing twice."""
from house import *

needs_cage()

house = House()
check(house.start(), "the server starts on an empty folder")
first = house.cli("demo", "--share", house.share)
check(first.returncode == 0, "the demo runs: " + first.stderr[-300:])
pdf = house.dir / first.stdout.strip().splitlines()[-1] if first.stdout.strip() else None
check(first.stdout.strip() == "data/batches/1/batch-2-1/pieces.pdf", "the path is shown from where the command was given: " + first.stdout)
if not check(pdf and pdf.exists(), f"the last line names the PDF: {pdf}"):
    done()

package = pdf.parent
rows = manifest(package)
check(pdf_pages(pdf) == 50, "50 pages")
check(len(rows) == 25, "25 lines in the manifest")
names = list(csv.DictReader(open(ROOT / "share/demo/contacts.csv", newline="", encoding="utf-8")))
seen = set()
for row, person in zip(rows, names):
    text = pdf_text(pdf, int(row["first_page"])) + pdf_text(pdf, int(row["first_page"]) + 1)
    if person["First Name"] in text:
        seen.add(person["First Name"])
check(len(seen) == 25, f"25 different names on their pages ({len(seen)})")

# The barcode, from the ink: the address zone of a 6x9 is 4 x 2.375 in, 0.275 in from the right and 0.25 in from the bottom of the media box.
zone = ["358", "261", "288", "171"]
wrong = []
for row in rows:
    page = int(row["first_page"]) + 1
    bars = run(TOOLS["read_imb"], str(pdf), str(page), *zone).stdout.strip()
    code = run(house.program, "imb", "decode", input=bars + "\n", **{}).stdout.strip()
    want = row["imb_tracking"] + ("," + row["imb_routing"] if row["imb_routing"] else "")
    if code != want:
        wrong.append((page, bars, code, want))
check(not wrong, f"each drawn barcode decodes to the manifest's code {wrong[:1]}")
check(len({r["imb_tracking"] for r in rows}) == 25, "25 different tracking codes")

boxes = run("pdfinfo", "-box", "-f", "1", "-l", "50", str(pdf)).stdout
check(len(re.findall(r"MediaBox:\s+0\.00\s+0\.00\s+666\.00\s+450\.00", boxes)) == 50, "media boxes 666 x 450")
check(len(re.findall(r"TrimBox:\s+9\.00\s+9\.00\s+657\.00\s+441\.00", boxes)) == 50, "trim boxes 9 pt inside")
fonts = run("pdffonts", str(pdf)).stdout.splitlines()[2:]
check(fonts and all(re.search(r"\byes yes\b|Type 3", line) for line in fonts), "all fonts embedded and subset")
check(run("qpdf", "--check", str(pdf)).returncode == 0, "qpdf accepts the file")
gs = run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=nullpage", str(pdf))
check(gs.returncode == 0 and not (gs.stdout + gs.stderr).strip(), "Ghostscript accepts the file without a word: " + (gs.stdout + gs.stderr)[:200])
sums = run("sha256sum", "-c", "SHA256SUMS", cwd=package)
check(sums.returncode == 0, "SHA256SUMS holds")
check("SPECIMEN" in pdf_text(pdf, 1), "a test piece carries SPECIMEN")

key = (house.data / "demo.key").read_text().strip()
check((house.data / "demo.key").stat().st_mode & 0o777 == 0o600, "demo.key is for its owner only")
house.key = key
status, page = house.ask("GET", "/", raw=True)
check(status == 200 and b"Seed exchange" in page, "the status page shows the campaign")
check(house.ask("GET", "/", key="")[0] == 401, "the status page wants the key")
stored = house.database_bytes()
check(key.encode() not in stored and key.encode().hex().encode() not in stored, "the key itself is not in the database")

again = house.cli("demo", "--share", house.share)
check(again.returncode == 0 and again.stdout.strip().splitlines()[-1] == str(pdf.relative_to(house.dir)), "a second run prints the same PDF")
check("Printing" not in again.stderr and "was printed earlier, nothing is printed now" in again.stderr, "and says that nothing is printed: " + again.stderr)
check("Printing" in first.stderr and "earlier" not in first.stderr, "the first said that it prints: " + first.stderr[-200:])
check(house.stop() == 0, "the server ends cleanly on SIGTERM")
check(house.start(), "and starts again")
third = house.cli("demo", "--share", house.share)
check(third.returncode == 0 and third.stdout.strip().splitlines()[-1] == str(pdf.relative_to(house.dir)), "after a restart too")
house.stop()
count = lambda sql: house.rows(sql)[0][0]
check(count("select count(*) from piece") == 25 and count("select count(*) from campaign") == 1 and count("select count(*) from template") == 3
      and count("select count(*) from contact") == 25, "nothing was made twice")
check(not house.warnings(), f"nothing to warn of in the log {house.warnings()[:2]}")
done()
