"""press.sandbox=off: Chromium without its cage prints HTML, on a loopback address only, and the log says so."""
from house import *

off = House(settings={"press.sandbox": "off"})
(off.dir / "bin").mkdir()
(off.dir / "bin" / "bwrap").write_text("#!/bin/sh\necho 'bwrap: must not be needed' >&2\nexit 1\n")
(off.dir / "bin" / "bwrap").chmod(0o755)
off.env["PATH"] = f"{off.dir / 'bin'}:{os.environ['PATH']}"

tried = subprocess.run([off.program, "serve", "--data", str(off.dir / "open"), "--listen", "0.0.0.0:0", "--set", "press.sandbox=off"], capture_output=True, text=True,
                       env=off.env, cwd=off.dir, timeout=60, **as_user())
check(tried.returncode != 0 and "only allowed on a loopback address" in tried.stderr and "0.0.0.0:0" in tried.stderr, f"a server for others refuses to start: {tried.stderr[-200:]}")
check(off.start(), "on loopback it starts")
check(any("press.sandbox is off" in line for line in off.warnings()), "with a warning in the log")
off.make_account()
status, made = off.ask("POST", "/api/v1/templates", {"name": "plain", "size": 2, "is_full_html": True,
                       "html": "<body style='margin:0'><p style='break-after:page'>Hello {{first_name}}<p>back"})
check(status in (200, 201), f"an HTML template is made: {status} {made}")
for _ in range(240):
    status, found = off.ask("GET", f"/api/v1/templates/{made['template_id']}")
    if found[0]["state"] != "publishing":
        break
    time.sleep(0.5)
check(found[0]["state"] == "published" and found[0]["report"]["pages_each"] == 2, f"and laid out by a Chromium that has no cage: {found[0]['report']}")
check(any("without its cage" in line for line in off.warnings()), "each start of which is in the log")
check(b"press.sandbox=off" in off.ask("GET", "/", raw=True)[1], "and the status page says it")
(off.dir / "card.html").write_text("<body style='margin:0'><p style='break-after:page'>Hello {{first_name}}<p>back")
(off.dir / "people.csv").write_text("first_name,address_street,address_city,address_state,address_zip\nAnn,1 Main St,Chicago,IL,60601\n")
made = subprocess.run([off.program, "press", "--size", "6x9", "--html", "card.html", "--contacts", "people.csv", "--out", "card", "--set", "press.sandbox=off"], capture_output=True,
                      text=True, env=off.env, cwd=off.dir, timeout=240, **as_user())
check(made.returncode == 0 and "Hello Ann" in pdf_text(off.dir / "card" / "pieces.pdf", 1), f"the press command prints so as well: {made.stderr[-200:]}")
off.stop()
done()
