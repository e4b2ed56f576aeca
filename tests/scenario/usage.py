"""What is wrong with a command line is said in a sentence, with exit code 2, before anything is made."""
from house import *

house = House()
CASES = [
    (["serve", "--listen", "foo"], '"foo" is no address to listen on; write it as 127.0.0.1:8080 or [::1]:8080'),
    (["serve", "--listen", "127.0.0.1:99999"], "is no address to listen on"),
    (["serve", "--set", "press.sandbox=off", "--listen", "0.0.0.0:1"], "only allowed on a loopback address"),
    (["serve", "here"], 'pennypost serve takes flags only: "here" means nothing here'),
    (["demo", "x"], '"x" means nothing here'),
    (["doctor", "x"], '"x" means nothing here'),
    (["migrate", "x"], '"x" means nothing here'),
    (["settings", "x"], 'There is no setting "x"; pennypost settings lists them all'),
    (["settings", "listen", "y"], '"y" is one too many'),
    (["limits", "x"], 'There is no limit "x"; pennypost limits lists them all'),
    (["tour"], "pennypost tour: --data means nothing here; it takes --share and --keep"),
    (["imb", "encode"], "pennypost imb: --data means nothing here; it takes no flag"),
    (["address"], "pennypost address: --data means nothing here; it takes no flag"),
    (["version"], "pennypost version: --data means nothing here; it takes no flag"),
    (["serve", "--json"], "--json means nothing here; it takes --data, --db, --listen, --config and --set"),
    (["settings", "--json"], "--json means nothing here"),
    (["demo", "--keep"], "--keep means nothing here; it takes --data, --db, --listen, --config, --set, --json and --share"),
    (["migrate", "--share", "x"], "--share means nothing here"),
    (["account", "list", "--account", "1"], "--account means nothing here"),
    (["printer", "list", "--account", "1"], "--account means nothing here"),
    (["contacts", "send", "x", "y.json", "--account", "1", "--key", "email"], "pennypost contacts send: --key means nothing here"),
    (["connection", "list", "--account", "1", "--untested"], "pennypost connection list: --untested means nothing here"),
    (["connection", "list", "--account", "1", "--keep"], "pennypost connection: --keep means nothing here"),
    (["account"], "pennypost account create NAME"),
    (["account", "make", "x"], 'there is no "make"'),
    (["account", "create"], "NAME is missing: pennypost account create NAME"),
    (["account", "key"], "ID is missing: pennypost account key ID"),
    (["account", "revoke", "1"], "HINT is missing: pennypost account revoke ID HINT"),
    (["account", "mailer-id", "1"], "MID is missing: pennypost account mailer-id ID MID"),
    (["account", "list", "x"], '"x" is too much: pennypost account list'),
    (["connection"], "pennypost connection add KIND"),
    (["connection"], "Secrets come from --secrets FILE"),
    (["connection", "make"], 'there is no "make"'),
    (["connection", "list"], "--account ID is missing: pennypost connection list --account ID"),
    (["connection", "add", "--account", "1"], "a word is missing: pennypost connection add KIND"),
    (["connection", "add", "crm", "pit-abc", "--account", "1"], '"pit-abc" is no NAME=VALUE'),
    (["connection", "add", "crm", "--secrets", "none.txt", "--account", "1"], "the file none.txt cannot be read"),
    (["connection", "show", "1", "2", "--account", "1"], '"2" is too much: pennypost connection show ID'),
    (["connection", "call", "1", "--account", "1"], "a word is missing: pennypost connection call ID OPERATION"),
    (["connection", "call", "1", "me", "a:={", "--account", "1"], "a: "),
    (["connection", "subscribe", "1", "delay=soon", "--account", "1"], "a delay is written 90s, 15m, 12h or 3d"),
    (["contacts"], "say what to do: pennypost contacts import LIST FILE.csv --account ID"),
    (["contacts", "export"], "the things to do are import and send"),
    (["contacts", "import"], "LIST and FILE.csv are missing"),
    (["contacts", "import", "people", "x.csv", "--account", "1"], "LIST is no number"),
    (["contacts", "import", "1", "--account", "1"], "FILE.csv is missing"),
    (["contacts", "import", "1", "x.csv"], "--account ID is missing"),
    (["contacts", "import", "1", "x.csv", "y.csv", "--account", "1"], "a word too many"),
]
for words, sentence in CASES:
    made = run(house.program, *words, "--data", str(house.data), env=house.env, cwd=house.dir, timeout=60, **as_user())
    check(made.returncode == 2 and sentence in made.stderr and not made.stdout, f"{' '.join(words)}: {made.returncode} {made.stdout[:80]}{made.stderr.strip()}")
    check(not house.data.exists(), f"{' '.join(words)}: and makes nothing")
for words in (["account", "list"], ["why", "1", "--account", "1"], ["connection", "list", "--account", "1"]):
    made = run(house.program, *words, "--data", str(house.data), env=house.env, cwd=house.dir, timeout=60, **as_user())
    check(made.returncode == 3 and f"There is no house in {house.data}" in made.stderr, f"{' '.join(words)}, where there is no house: {made.returncode} {made.stderr.strip()}")
    check(not house.data.exists(), f"{' '.join(words)}: and none is made")
for words in (["settings", "listen"], ["limits", "job.lease"]):
    made = run(house.program, *words, env=house.env, cwd=house.dir, **as_user())
    check(made.returncode == 0 and len(made.stdout.splitlines()) == 1 and made.stdout.startswith(words[1]), f"{' '.join(words)}: {made.stdout.strip()}")
for flag in ("--db=sqlite:x", "--listen=127.0.0.1:0", "--set=log.level=debug", "--config=x"):
    made = run(house.program, "tour", flag, env=house.env, cwd=house.dir, timeout=60, **as_user())
    name = flag.split("=")[0]
    check(made.returncode == 2 and f"{name} means nothing here" in made.stderr and not made.stdout, f"tour {flag}: {made.returncode} {made.stderr.strip()}")
FORMS = [
    (["serve"], "pennypost serve [flags]"), (["press"], "pennypost press --size"), (["account"], "pennypost account create NAME"),
    (["account", "create"], "pennypost account create NAME"), (["connection"], "pennypost connection list --account ID"), (["connection", "add"], "lines NAME=VALUE"),
    (["contacts"], "pennypost contacts import LIST FILE.csv"), (["contacts", "send"], "pennypost contacts send ENDPOINT FILE.json"), (["scans"], "pennypost scans import FILE"),
    (["why"], "pennypost why PIECE"), (["printer"], "pennypost printer grant NAME ACCOUNT"), (["batch"], "pennypost batch release BATCH"),
    (["printed"], "pennypost printed import FILE.csv"), (["imb"], "pennypost imb encode | decode"), (["address"], "one JSON address a line"), (["demo"], "--share DIR"),
    (["tour"], "--keep"), (["doctor"], "--data DIR"), (["migrate"], "--db ADDRESS"), (["settings"], "pennypost settings [NAME]"), (["limits"], "pennypost limits [NAME]"),
    (["version"], "pennypost version"),
]
listed = set(re.findall(r"^  (\w+) ", run(house.program, "help").stdout, re.M))
check(listed == {words[0] for words, _ in FORMS}, f"every command's own help is asked for: {listed ^ {words[0] for words, _ in FORMS}}")
for words, sentence in FORMS:
    for flag in ("--help", "-h"):
        made = run(house.program, *words, flag, env=house.env, cwd=house.dir, timeout=60, **as_user())
        check(made.returncode == 0 and sentence in made.stdout and not made.stderr, f"{' '.join(words)} {flag}: {made.returncode} {made.stdout[:200]}{made.stderr.strip()}")
        check(not house.data.exists(), f"{' '.join(words)} {flag}: and makes nothing")
check(house.start(), "a server, for what it says of a printer's folder")
who = run("id", "-un", **as_user()).stdout.strip()
for words in (["printed", "import", "/tmp", "--account", "1"], ["scans", "import", "/tmp", "--account", "1"], ["contacts", "import", "1", "/tmp", "--account", "1"]):
    made = house.cli(*words, timeout=60)
    check(made.returncode == 3 and "/tmp is no file: say which file to send" in made.stderr, f"{' '.join(words)}: {made.returncode} {made.stderr.strip()}")
for path, sentence in (("/etc", f"the user {who}, as whom the server runs, cannot write to the folder /etc: "), (str(house.data / "batches"), "lies in the server's own data folder"), ("/no/such", f"there is no folder /no/such. Make it, and let the user {who} write there.")):
    made = house.cli("printer", "put", "shop", "folder", path)
    check(made.returncode == 3 and sentence in made.stderr, f"printer put shop folder {path}: {made.returncode} {made.stderr.strip()}")
check("shop" not in house.cli("printer", "list").stdout, "and no printer is made")
house.stop()
server = subprocess.Popen([house.program, "serve", "--data", str(house.data), "--listen", "[::1]:0"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
                          env=house.env, cwd=house.dir, **as_user())
line = server.stdout.readline().strip()
check(socket.has_ipv6 and re.fullmatch(r"listening on \[::1\]:[1-9][0-9]*", line), f"an IPv6 address is shown whole: {line}")
server.terminate()
check(server.wait(30) == 0, "and the server ends cleanly")
house = House(settings={"mail.indicia": "a|b|c|d|e|f|g"})
check(not house.start() and "there is room for 6" in (house.dir / "server.log").read_text(), "an indicia that has no room keeps the server from starting")
done()
