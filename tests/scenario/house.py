"""house.py: the real program, driven from outside, for the scenario tests: start, stop, kill, ask, and look at what it printed.

A test is a script that calls check(…) and ends with done(). It gets the program as its first argument (Meson passes it). When the tests
run as root the program is copied to a temporary folder and run as an unprivileged user, because it will not serve as root."""
import atexit, base64, csv, http.client, json, os, pathlib, re, shutil, signal, socket, sqlite3, subprocess, sys, tempfile, time, urllib.parse, uuid
import openapi

PROGRAM = os.path.abspath(sys.argv[1])
TOOLS = dict(arg.split("=", 1) for arg in sys.argv[2:] if "=" in arg)  # read_imb=…
SHARED = os.environ.get("PENNYPOST_SHARED_DATA", "")
DATABASE = os.environ.get("PENNYPOST_TEST_STORE", "")  # a PostgreSQL database (tools/postgres-server run); empty: SQLite
ROOT = pathlib.Path(__file__).resolve().parents[2]
NOBODY = 65534
failures = []


def check(fact, text):
    print(("ok    " if fact else "FAILED ") + text, flush=True)
    if not fact:
        failures.append(text)
    return fact


def done():
    print(f"{len(failures)} failures")
    sys.exit(1 if failures else 0)


def as_user():
    """Arguments for subprocess so that the program does not run as root."""
    return {"user": NOBODY, "group": NOBODY, "extra_groups": []} if os.getuid() == 0 else {}


def workdir():
    """A folder that the unprivileged user owns; removed at exit of the process by the system's own cleaning of /tmp is not relied on."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="pennypost-scenario-"))
    if os.getuid() == 0:
        os.chown(path, NOBODY, NOBODY)
    path.chmod(0o755)
    if not os.environ.get("PENNYPOST_KEEP"):
        atexit.register(shutil.rmtree, path, True)
    return path


def reachable_program(folder):
    target = folder / "pennypost"
    shutil.copy(PROGRAM, target)
    target.chmod(0o755)
    return str(target)


def fresh_schema():
    """The address of an empty schema in the tests' database."""
    name = "s_" + uuid.uuid4().hex[:16]
    subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", DATABASE, "-c", f"CREATE SCHEMA {name}"], check=True)
    return f"{DATABASE}{'&' if '?' in DATABASE else '?'}options=-csearch_path%3D{name}"


def needs_cage():
    """Skips a test that prints HTML where user namespaces are forbidden; where Chromium is missing for another reason it goes on, and fails."""
    said = subprocess.run([PROGRAM, "doctor"], capture_output=True, text=True, cwd="/tmp", timeout=60).stdout
    if "its cage cannot be built" in said:
        print("skipped: user namespaces are forbidden here, so no HTML is printed")
        sys.exit(77)


HAS_FAILPOINTS = b"PENNYPOST_CLOCK_MS" in pathlib.Path(PROGRAM).read_bytes()


class House:
    """One data folder and, while it is started, one server on it."""

    def __init__(self, env=None, settings=None):
        self.dir = workdir()
        self.data = self.dir / "data"
        self.program = reachable_program(self.dir)
        share = self.dir / "share"
        shutil.copytree(ROOT / "share" / "demo", share)
        self.share = str(share)
        self.settings = settings or {}
        self.db = fresh_schema() if DATABASE else None
        self.env = {**os.environ, "HOME": str(self.dir), **(env or {})}
        self.server = None
        self.document = None
        self.port = 0
        self.key = None

    def flags(self):
        out = ["--data", str(self.data), "--listen", "127.0.0.1:0"]
        if self.db:
            out += ["--db", self.db]
        for name, value in self.settings.items():
            out += ["--set", f"{name}={value}"]
        return out

    def start(self, env=None, wait_s=60):
        wants = [name for name in (env or {}) if name in ("PENNYPOST_CLOCK_MS", "PENNYPOST_FAILPOINT")]
        if wants and not HAS_FAILPOINTS:
            sys.exit(f"FAILED {wants[0]} means nothing to {PROGRAM}: this scenario needs a program that was built with failpoints (meson setup -Dfailpoints=true).")
        self.log = open(self.dir / "server.log", "a")
        self.server = subprocess.Popen([self.program, "serve", *self.flags()], stdout=subprocess.PIPE, stderr=self.log, text=True,
                                       env={**self.env, **(env or {})}, cwd=self.dir, **as_user())
        atexit.register(self.server.kill)  # also where the script ends by an exception
        line = self.server.stdout.readline()
        if not line.startswith("listening on"):
            self.server.wait()
            return False
        self.port = int(line.rsplit(":", 1)[1])
        return True

    def stop(self):
        if self.server and self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            try:
                return self.server.wait(60)
            except subprocess.TimeoutExpired:
                self.kill()
        return self.server.returncode if self.server else None

    def kill(self):
        if self.server and self.server.poll() is None:
            self.server.kill()
        if self.server:
            self.server.wait()

    def has_died(self, within_s=5):
        """Whether the server is gone. Its connections break a moment before the process has ended, longer on a busy machine."""
        try:
            self.server.wait(within_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def cli(self, *words, stdin=None, timeout=240):
        return subprocess.run([self.program, *words, *self.flags()], input=stdin, capture_output=True, text=True, env=self.env, cwd=self.dir,
                              timeout=timeout, **as_user())

    def ask(self, method, path, body=None, key=None, headers=None, raw=False, timeout=60):
        """(status, JSON or bytes)"""
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        head = dict(headers or {})
        who = self.key if key is None else key
        if who:
            head["Authorization"] = "Basic " + base64.b64encode((who + ":").encode()).decode()
        if body is not None and not isinstance(body, (bytes, str)):
            body = json.dumps(body)
            head.setdefault("Content-Type", "application/json")
        conn.request(method, path, body, head)
        answer = conn.getresponse()
        data = answer.read()
        conn.close()
        if raw:
            return answer.status, data
        try:
            got = json.loads(data)
        except ValueError:
            return answer.status, data
        self.judge(method, path, body, answer, got)
        return answer.status, got

    def judge(self, method, path, body, answer, got):
        """What came back is what /openapi.yaml says, and what was taken too; only differences are printed."""
        if self.document is None:
            conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
            conn.request("GET", "/openapi.yaml")
            self.document = openapi.Document(conn.getresponse().read())
            conn.close()
        try:
            is_file = path.split("?")[0] in ("/v1/usps/iv", "/v1/scans")  # kept, whatever it holds
            sent = json.loads(body) if isinstance(body, (str, bytes)) and body and not is_file else None
        except ValueError:
            sent = None
        for difference in self.document.judge(method, path, sent, answer.status, answer.getheader("Content-Type"), got):
            check(False, "openapi: " + difference)

    def make_account(self, name="scenario"):
        done = self.cli("account", "create", name, "--json")
        made = json.loads(done.stdout)
        self.key = made["api_key"]
        return made["account_id"]

    def make_card(self):
        """The number of a template of two pictures, which needs no Chromium."""
        for side in ("front", "back"):
            status, _ = self.ask("PUT", f"/v1/assets/{side}.png", (ROOT / f"share/demo/image-{side}.png").read_bytes(), headers={"Content-Type": "image/png"})
            check(status == 200, f"the {side} is taken")
        status, made = self.ask("POST", "/api/v1/templates", {"name": "pictures", "size": "2", "is_full_html": False, "is_proofed": True, "front": "asset:front.png", "back": "asset:back.png"})
        check(status == 200, f"template: {made}")
        while self.ask("GET", f"/api/v1/templates/{made['template_id']}")[1][0]["state"] == "publishing":
            time.sleep(0.1)
        return made["template_id"]

    def rows(self, sql):
        """What a question to the database beside the server gives: lists of numbers and texts."""
        if not self.db:
            db = sqlite3.connect(f"file:{self.data}/pennypost.db?mode=ro", uri=True)
            return [list(row) for row in db.execute(sql)]
        asked = subprocess.run(["psql", "-X", "--csv", "-t", "-v", "ON_ERROR_STOP=1", "-d", self.db, "-c", sql], capture_output=True, text=True, check=True)
        return [[int(v) if re.fullmatch(r"-?\d+", v) else v for v in row] for row in csv.reader(asked.stdout.splitlines())]

    def change(self, sql):
        """Past the program, while no server runs."""
        if self.db:
            subprocess.run(["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", self.db, "-c", sql], check=True)
            return
        db = sqlite3.connect(self.data / "pennypost.db")
        db.execute(sql)
        db.commit()
        db.close()

    def database_bytes(self):
        """All that is stored, as it lies there or as it is dumped."""
        if not self.db:
            return b"".join(path.read_bytes() for path in self.data.glob("pennypost.db*"))
        schema = self.db.rsplit("%3D", 1)[1]
        dump = subprocess.run(["pg_dump", "-n", schema, "-d", self.db], capture_output=True, check=True).stdout
        check(b"COPY" in dump, "the dump holds the rows")
        return dump

    def warnings(self):
        text = (self.dir / "server.log").read_text(errors="replace")
        return [l for l in text.splitlines() if re.search(r" (warning|error) ", l) or "Sanitizer" in l or "ASSERT" in l]


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, **more)


def pdf_text(pdf, page):
    return run("pdftotext", "-f", str(page), "-l", str(page), "-layout", str(pdf), "-").stdout


def pdf_pages(pdf):
    return int(re.search(r"^Pages:\s+(\d+)", run("pdfinfo", str(pdf)).stdout, re.M).group(1))


def manifest(package):
    with open(package / "manifest.csv", newline="") as f:
        return list(csv.DictReader(f))
