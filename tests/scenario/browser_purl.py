"""A real browser visits a personal URL, lands on a page with /t.js, reads its name there and reaches the goal; the numbers follow. Debian's
chromium, driven by playwright-core from npm (tests/scenario/browser/). `browser_purl.py build/src/app/pennypost cache=build`."""
import http.server, threading, time
from house import *

AGENT = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36"
HERE = ROOT / "tests" / "scenario" / "browser"
SKIPPED = 77


def is_answered(words):
    """A registry that is not there may also not answer at all."""
    try:
        return run(*words, timeout=60).returncode == 0
    except subprocess.TimeoutExpired:
        return False


def driver():
    """The folder of playwright-core; installed once, in the build folder."""
    place = pathlib.Path(TOOLS.get("cache", "build")) / "browser"
    for program in ("node", "npm", "chromium"):
        if not shutil.which(program):
            print(f"FAILED there is no {program}; ./test installs it", flush=True)
            sys.exit(1)
    modules, lock = place / "node_modules", (HERE / "package-lock.json").read_text()
    kept = place / "package-lock.json"
    if not (modules / "playwright-core" / "package.json").exists() or not kept.exists() or kept.read_text() != lock:
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(HERE / "package.json", place)
        shutil.copy(HERE / "package-lock.json", kept)
        tried = run("npm", "ci", "--prefix", str(place), "--no-audit", "--no-fund", "--ignore-scripts", timeout=300)
        if tried.returncode:
            kept.unlink()
            print("npm has no registry here, so no browser can be driven: " + (tried.stdout + tried.stderr).strip()[-400:], flush=True)
            sys.exit(1 if is_answered(("npm", "ping")) else SKIPPED)
    return str(modules.resolve())


def visit(modules, purl, **more):
    ask = {"modules": modules, "purl": purl, "chromium": shutil.which("chromium"), **more}
    done = run("node", str(HERE / "visit.js"), json.dumps(ask), timeout=240)
    if done.returncode:
        check(False, "the browser: " + done.stderr[-800:])
        return {}
    return json.loads(done.stdout)


class Landing(http.server.BaseHTTPRequestHandler):
    """A company's own web site: it knows nothing of us but the script's address."""
    script = ""
    asked = []

    def do_GET(self):
        self.asked.append(self.path)
        body = (f"<!doctype html><title>{self.path.split('?')[0]}</title><script src='{self.script}' defer></script><link rel=icon href='data:,'>"
                "<p>Hello <b data-pennypost=first_name>friend</b><i data-pennypost=nothing_of_it>as it was</i></p>"
                "<a id=more href='/offer?colour=red'>more</a> <a id=buy href='/thanks?order=17'>buy</a>").encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        pass


def stats(h, drop):
    """{code: n} of the drop's numbers, test numbers from 64 up."""
    return {code: n for code, n in h.rows(f"select code, sum(n) from drop_stat where drop_id = {drop} group by code") if n}


def wait_stats(h, drop, want, text):
    now = {}
    for _ in range(120):
        now = {k: v for k, v in stats(h, drop).items() if k % 64 in (7, 8, 16, 17, 18)}
        if now == want:
            break
        time.sleep(0.5)
    check(now == want, f"{text}: {now}, wanted {want}")


modules = driver()
shop = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Landing)
threading.Thread(target=shop.serve_forever, daemon=True).start()
h = House()
try:
    check(h.start(), "the server starts")
    made = h.cli("demo", "--share", h.share)
    check(made.returncode == 0, "the demo is printed: " + made.stderr[-300:])
    h.key = (h.data / "demo.key").read_text().strip()
    rows = manifest((h.dir / made.stdout.strip().splitlines()[-1]).parent)
    codes = [row["purl"].rsplit("/", 1)[1] for row in rows]
    check(len(set(codes)) == 25, "25 personal URLs")
    drop, account = int(rows[0]["drop_id"]), h.rows("select account_id from mail_drop")[0][0]
    house_at, shop_at = f"http://127.0.0.1:{h.port}", f"http://shop.example.test:{shop.server_port}"
    Landing.script = f"{house_at}/t.js"
    purl = f"{house_at}/p/{codes[0]}"
    name = next(csv.DictReader(open(ROOT / "share/demo/contacts.csv", newline="", encoding="utf-8")))["First Name"]

    status, shown = h.ask("PATCH", f"/v1/drops/{drop}", {"starting_url": f"{shop_at}/start?from=mail", "goal_url": f"{shop_at}/thanks"})
    check(status == 200 and shown["online_tracking"] == "on" and shown["landing_fields"] == [], f"the drop leads to the shop: {shown}")

    seen = visit(modules, purl)
    check(seen.get("landing", "").startswith(f"{shop_at}/start?from=mail&pp={codes[0]}"), f"a robot is led too: {seen}")
    wait_stats(h, drop, {}, "and does not count")

    seen = visit(modules, purl + "?utm=card", agent=AGENT, goal=True)
    check(seen.get("title") == "/start" and "&utm=card" in seen["landing"], f"a visitor lands at the shop with what he brought: {seen.get('landing')}")
    check(seen.get("greeting") == "friend", "and is nobody by name, because the campaign gives no field")
    check(seen.get("pages") == [f"{shop_at}/offer?colour=red", f"{shop_at}/thanks?order=17"], f"and reaches the goal: {seen.get('pages')}")
    check(not seen.get("errors"), f"no error in the browser: {seen.get('errors')}")
    check([(c["path"], c["httpOnly"]) for c in seen["cookies"]] == [("/p/", True)], f"one cookie, ours: {seen['cookies']}")
    wait_stats(h, drop, {71: 1, 72: 1, 80: 4, 81: 1, 82: 1}, "one visit, four pages, one visitor, one conversion, as tests")

    h.ask("PATCH", f"/v1/drops/{drop}", {"landing_fields": ["first_name"]})
    seen = visit(modules, purl, agent=AGENT, greets=name, times=2)
    check(seen.get("greeting") == name, f"with the field listed the page greets {name}: {seen.get('greeting')}")
    wait_stats(h, drop, {71: 3, 72: 1, 80: 6, 81: 2, 82: 1}, "the same browser twice is one more visitor")

    status, gone = h.ask("DELETE", f"/v1/drops/{drop}/visits?test=1")
    check(status == 200 and gone["drop_id"] == drop and gone["wiped"] >= 9, f"test visits are wiped: {gone}")
    wait_stats(h, drop, {}, "and their numbers")

    conn = http.client.HTTPConnection("localhost")
    conn.sock = socket.socket(socket.AF_UNIX)
    conn.sock.connect(str(h.data / "pennypost.sock"))
    conn.request("PUT", "/v1/tracking-domains/go.example.test", json.dumps({"account_id": account}), {"Content-Type": "application/json"})
    answer = conn.getresponse()
    check(answer.status == 200, f"the operator gives a tracking domain: {answer.read()}")
    conn.close()
    Landing.script = f"http://go.example.test:{h.port}/t.js"
    seen = visit(modules, f"http://go.example.test:{h.port}/p/{codes[1]}", agent=AGENT, goal=True)
    check(seen.get("pages", [""])[-1] == f"{shop_at}/thanks?order=17", f"the way over the tracking domain: {seen}")
    wait_stats(h, drop, {71: 1, 72: 1, 80: 4, 81: 1, 82: 1}, "counts the same")
    for path in ("/", "/campaigns", "/healthz", "/api/v1/campaigns", "/style.css"):
        status, _ = h.ask("GET", path, headers={"Host": f"go.example.test:{h.port}"})
        check(status == 404, f"nothing else is there: {path} {status}")

    status, page = h.ask("GET", f"/campaigns/{drop}", raw=True)
    check(status == 200 and b"Conversions" in page, "the campaign's page shows it")
    check(not h.warnings(), f"nothing to warn of in the log {h.warnings()[:2]}")
finally:
    h.stop()
    shop.shutdown()
done()
