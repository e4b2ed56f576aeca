"""Real creatives through `pennypost press`, each with {{qr}} put into it: page boxes, fonts, words in the safe box, the address zone, QR and barcode read back from the ink.
  creatives.py PROGRAM read_imb=… [only=NAME,…]"""
import html
from house import *
from pictures import Grey, png

needs_cage()

if not SHARED or not pathlib.Path(SHARED, "creatives").is_dir():
    print("skipped: the creatives are not here")
    sys.exit(77)
SAMPLES = pathlib.Path(SHARED, "creatives")
FONTS = "/usr/share/fonts/truetype/noto"
ZONES = {  # inches from the top left of the media box; page; media size in points; safe inset in points
    "4x6": ((6.25 - .275 - 3.2835, 4.25 - .25 - 2.375, 3.2835, 2.375), 2, (450, 306), 13.5),
    "6x9": ((9.25 - .275 - 4, 6.25 - .25 - 2.375, 4, 2.375), 2, (666, 450), 13.5),
    "6x11": ((11.25 - .275 - 4, 6.25 - .25 - 2.375, 4, 2.375), 2, (810, 450), 13.5),
    "6x18": ((4.975, 3.375, 4, 2.375), 1, (1314, 450), 18),
    "12x9": ((4.75, 3.6, 4, 2.375), 1, (666, 882), 18),
    "letter": ((.47, .45, 4.32, 2.35), 1, (612, 792), 13.5),
}
PEOPLE = [("Ann", "Lee", "1 Main St", "Springfield", "IL", "62704"), ("Björn", "O'Neil", "22 Oak Ave Apt 5", "Portland", "ME", "04101"), ("Clara", "Núñez", "9 Elm Rd", "Austin", "TX", "78701")]


def assets(folder):
    folder.mkdir()
    shutil.copy(f"{FONTS}/NotoSans-Regular.ttf", folder / "face.ttf")
    (folder / "blue.png").write_bytes(png(900, 600, (140, 190, 230)))
    (folder / "sand.png").write_bytes(png(900, 600, (230, 210, 160)))
    for family in ("Open Sans", "Source Sans Pro"):
        (folder / (family.split()[0] + ".css")).write_text(f"@font-face{{font-family:'{family}';src:url(asset:face.ttf)}}")
    s3 = "https://s3-us-west-2.amazonaws.com/public.lob.com/"
    lines = {"https://fonts.googleapis.com/css?family=Open+Sans": "Open.css", "https://fonts.googleapis.com/css?family=Source+Sans+Pro:400,700": "Source.css", "asset:face.ttf": "face.ttf",
             s3 + "assets/beach.jpg": "blue.png", s3 + "assets/desert.jpg": "sand.png", s3 + "assets/sfm_6x18_background.png": "blue.png", s3 + "fonts/arimo/Arimo-Regular.ttf": "face.ttf",
             s3 + "fonts/lovedByTheKing/LovedbytheKing.ttf": "face.ttf", s3 + "assets/example_companies/df-car.jpg": "blue.png", s3 + "assets/example_companies/df-car2.jpg": "sand.png"}
    (folder / "map.tsv").write_text("".join(f"{a}\t{b}\n" for a, b in lines.items()))


def with_qr(source, target, left, top):
    text = source.read_text()
    box = f'<div style="position:absolute;left:{left}in;top:{top}in;width:.9in;height:.9in;background:#fff;z-index:9">{{{{qr}}}}</div>'
    first = text.index("<body>") + 6 if "<body>" in text else 0
    target.write_text(text[:first] + box + text[first:])
    return target


def words(pdf, page):
    out = run("pdftotext", "-bbox", "-f", str(page), "-l", str(page), str(pdf), "-").stdout
    for m in re.finditer(r'<word xMin="([\d.-]+)" yMin="([\d.-]+)" xMax="([\d.-]+)" yMax="([\d.-]+)">(.*?)</word>', out):
        yield tuple(map(float, m.groups()[:4])) + (html.unescape(m.group(5)),)


def look_at(name, size, out, blank, fields, qr_page):
    zone, address_page, media, inset = ZONES[size]
    pdf, rows = out / "pieces.pdf", manifest(out)
    pages = int(rows[0]["pages"])
    boxes = run("pdfinfo", "-box", "-f", "1", "-l", str(pages), str(pdf)).stdout
    check(len(re.findall(rf"MediaBox:\s+0\.00\s+0\.00\s+{media[0]}\.00\s+{media[1]}\.00", boxes)) == pages, f"{name}: media boxes")
    bleed = 0 if size == "letter" else 9
    check(len(re.findall(rf"TrimBox:\s+{bleed}\.00\s+{bleed}\.00\s+{media[0] - bleed}\.00\s+{media[1] - bleed}\.00", boxes)) == pages, f"{name}: trim boxes")
    fonts = run("pdffonts", str(pdf)).stdout.splitlines()[2:]
    check(fonts and all(re.search(r"\byes yes\b|Type 3", f) for f in fonts), f"{name}: fonts embedded and subset")
    check(run("qpdf", "--check", str(pdf)).returncode == 0, f"{name}: qpdf")
    gs = run("gs", "-q", "-dBATCH", "-dNOPAUSE", "-sDEVICE=nullpage", str(pdf))
    check(gs.returncode == 0 and "rror" not in gs.stdout + gs.stderr, f"{name}: Ghostscript {(gs.stdout + gs.stderr)[:100]}")
    zx, zy, zw, zh = (72 * v for v in zone)
    looks = lambda file, page: list(Grey(file, page, 100).rows(zx + 1, zy + 1, zw - 2, zh - 2))
    for row, person in zip(rows, fields):
        first = int(row["first_page"])
        found = {w[4] for p in range(first, first + pages) for w in words(pdf, p) if inset <= w[0] and w[2] <= media[0] - inset and inset <= w[1] and w[3] <= media[1] - inset}
        lacking = [v for value in person for v in value.split() if not any(v.lower() in f.lower() for f in found)]
        check(not lacking, f"{name}: {person} inside the safe box {lacking}")
        page = first + address_page - 1
        drawn = looks(pdf, page)
        check(drawn == looks(blank, page), f"{name}: the address zone looks as it does on an empty creative, at 100 dpi")
        check(drawn and min(min(line) for line in drawn[1:3]) == 255, f"{name}: the zone is white along its edge")
        bars = run(TOOLS["read_imb"], str(pdf), str(page), *(f"{v:.1f}" for v in (zx, zy, zw, zh))).stdout.strip()
        code = run(house.program, "imb", "decode", input=bars + "\n").stdout.strip()
        check(code == row["imb_tracking"] + ("," + row["imb_routing"] if row["imb_routing"] else ""), f"{name}: the barcode decodes to {row['imb_tracking']}")
        png_file = out.parent / f"{name}-qr"
        run("pdftoppm", "-r", "200", "-png", "-singlefile", "-f", str(first + qr_page - 1), "-l", str(first + qr_page - 1), str(pdf), str(png_file))
        read = run("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", f"{png_file}.png").stdout.strip()
        check(read and read == row["qr_url"], f"{name}: the QR leads to {row['qr_url']} ({read})")


def press(name, size, sides, people):
    return subprocess.run([house.program, "press", "--size", size, *sides, "--contacts", str(work / people), "--out", str(work / name), "--assets", str(work / "assets"), "--from",
                           "Sender;1 Penny Lane;Springfield;IL;62701", "--mid", "123456", "--first-serial", "1000", "--purl-base", "https://mail.example/p/"],
                          capture_output=True, text=True, env=house.env, cwd=work, timeout=300, **as_user())


def empty(name, size, pages):
    """The same size with nothing on it."""
    w, h = ZONES[size][2]
    side = f'<div style="width:{w}pt;height:{h}pt;break-after:page"></div>'
    (work / f"{name}-empty.html").write_text(f"<body style='margin:0'>{side * (pages - 1)}{side.replace(';break-after:page', '')}</body>")
    return ["--html", str(work / f"{name}-empty.html")]


house = House()
work = house.dir
assets(work / "assets")
(work / "people.csv").write_text("first_name,last_name,address_street,address_city,address_state,address_zip,name,variable_name\n" +
                                 "".join(",".join(p) + f",{p[0]},VALUE{i}\n" for i, p in enumerate(PEOPLE)))
cars = "name,background_image,background_color,car,mileage,first_name,address_street,address_street2,address_city,address_state,address_zip,country"
# The sample has no last name; the recipient's line is the whole name in first_name.
lob, node = SAMPLES / "lob-examples", SAMPLES / "lob-node"
with open(node / "input.csv", newline="") as f:
    input_rows = list(csv.reader(f))
(work / "cars.csv").write_text(cars.replace("country", "country,last_name") + "\n" + "".join(",".join(r + ["Driver"]) + "\n" for r in input_rows))

(work / "tall.html").write_text("<style>body{margin:0}.page{position:relative;width:9.25in;height:12.25in;background:#dcebdc;break-after:page}.page:last-child{break-after:auto}p{position:absolute;left:1in;top:1in;"
                                "font:20pt 'Noto Sans'}</style><body><div class=page><p>{{name}} outside</p></div><div class=page><p>{{variable_name}} inside</p></div></body>")
JOBS = [  # name, size, documents, where the QR goes (document, inches), people, what must be read, on which page the QR is
    ("lob-4x6", "4x6", [lob / "4x6_front.html", lob / "4x6-back.html"], (0, 4.9, 3.0), "people.csv", [("VALUE%d" % i,) for i in range(3)], 1),
    ("lob-6x9", "6x9", [lob / "6x9-front.html", lob / "6x9-back.html"], (0, 7.9, 4.9), "people.csv", [("VALUE%d" % i,) for i in range(3)], 1),
    ("lob-6x18", "6x18", [lob / "6x18_outside.html", lob / "6x18_inside.html"], (1, 16, 4.9), "people.csv", [(), (), ()], 2),
    ("made-12x9", "12x9", [work / "tall.html"], (0, 7, 9), "people.csv", [(p[0], f"VALUE{i}") for i, p in enumerate(PEOPLE)], 1),
    ("lob-letter", "letter", [lob / "8.5x11-letter.html"], (0, 7, 5.5), "people.csv", [("VALUE%d" % i,) for i in range(3)], 1),
    ("node-cars", "6x11", [node / "postcard_front.html", node / "postcard_back.html"], (0, 9.9, 4.9), "cars.csv", [(r[0], r[3], r[4]) for r in input_rows], 1),
    ("node-card", "4x6", [node / "card.html", node / "card.html"], (0, 4.9, 3.0), "people.csv", [(p[0],) for p in PEOPLE], 1),
    ("node-letter", "letter", [node / "letter.html"], (0, 7, 5.5), "people.csv", [(p[0],) for p in PEOPLE], 1),
]
for name, size, documents, (which, left, top), people, fields, qr_page in JOBS:
    if "only" in TOOLS and name not in TOOLS["only"].split(","):
        continue
    files = [with_qr(d, work / f"{name}-{i}.html", left, top) if i == which else shutil.copy(d, work / f"{name}-{i}.html") for i, d in enumerate(documents)]
    sides = ["--html", str(files[0])] if len(files) == 1 else ["--front", str(files[0]), "--back", str(files[1])]
    done_ = press(name, size, sides, people)
    if check(done_.returncode == 0, f"{name}: printed {done_.stderr[-300:] if done_.returncode else ''}"):
        pages = int(manifest(work / name)[0]["pages"])
        press(name + "-blank", size, empty(name, size, pages), people)
        look_at(name, size, work / name, work / f"{name}-blank" / "pieces.pdf", fields, qr_page)
done()
