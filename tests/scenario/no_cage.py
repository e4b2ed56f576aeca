"""Where user namespaces are forbidden: HTML templates are refused with that reason, and the demo runs on pictures."""
from house import *

house = House()
shim = house.dir / "bin"
shim.mkdir()
(shim / "bwrap").write_text('#!/bin/sh\necho "bwrap: no user namespaces here" >&2\nexit 1\n')
(shim / "bwrap").chmod(0o755)
house.env["PATH"] = f"{shim}:{os.environ['PATH']}"
check(house.start(), "the server starts")
made = house.cli("demo", "--share", house.share)
check(made.returncode == 0 and (house.dir / made.stdout.strip().splitlines()[-1]).exists(), "the demo prints its pictures " + made.stderr[-200:])
check("user namespaces" in made.stderr and "press.sandbox=off" in made.stderr, "and says why HTML is refused and what can be done")
house.key = (house.data / "demo.key").read_text().strip()
status, templates = house.ask("GET", "/api/v1/templates")
refused = {t["template_id"] for t in templates if t["is_full_html"]}
status, answer = house.ask("POST", "/api/v1/campaigns", {"DirectMailName": "x", "TemplateFrontId": min(refused), "CreditTypeId": 22, "PostageType": 0, "SenderName": "S",
                           "SenderAddress1": "1 Penny Lane", "SenderCity": "Springfield", "SenderState": "IL", "SenderZip": "62701"})
check(status == 409 and "user namespaces" in answer["error"]["message"].lower(), f"a campaign on it gets 409 with the reason: {answer}")
house.stop()
done()
