"""What belongs to one person must never lie on another's piece, whatever a creative does with positions, shadows and pseudo-elements: recipients share a Chromium document."""
from house import *

STRAYS = {
    "absolute": ".x{position:absolute;top:-500px}", "transform": ".x{transform:translateY(-500px)}", "relative": ".x{position:relative;top:-500px}",
    "margin": ".x{margin-top:-600px}", "shadow above": ".x{text-shadow:0 -500px red}", "shadow below": ".x::first-line{text-shadow:0 1400px red}",
    "pseudo above": ".x::after{content:attr(data-n);position:absolute;top:-500px}", "pseudo below": ".x::after{content:attr(data-n);position:absolute;top:1300px}",
    "fixed": ".x{position:fixed;top:10px}", "below": ".x{position:absolute;top:1300px}",
}
NAMES = ["Alfa", "Bravo", "Charlie"]
house = House()
(house.dir / "people.csv").write_text("first_name,last_name,address_street,address_city,address_state,address_zip\n" + "".join(f"{n},Doe,1{i} St James Square,Sacramento,CA,95814\n" for i, n in enumerate(NAMES)))
for name, style in STRAYS.items():
    out = house.dir / name.replace(" ", "-")
    creative = out.with_suffix(".html")
    creative.write_text(f"<style>{style}</style><body><p>Hello</p><p class=x data-n='Secret {{{{first_name}}}}'>Secret {{{{first_name}}}}</p><p style='break-before:page'>See you</p>")
    made = run(house.program, "press", "--size", "6x9", "--html", str(creative), "--contacts", str(house.dir / "people.csv"), "--out", str(out), "--from", "Sender;1 Penny Lane;Springfield;IL;62701", env=house.env, cwd=house.dir, **as_user())
    pdf = out / "pieces.pdf"
    if not pdf.exists():
        check(made.returncode != 0 and made.stderr.strip(), f"{name}: refused with a reason: {made.stderr.strip().splitlines()[-1:]}")
        continue
    for row in manifest(out):
        own = row["recipient_line1"].split()[0]
        text = "".join(pdf_text(pdf, int(row["first_page"]) + i) for i in range(int(row["pages"]))).upper()
        others = [n for n in NAMES if n.upper() != own and n.upper() in text]
        check(not others, f"{name}: {own}'s piece holds nobody else {others}")
done()
