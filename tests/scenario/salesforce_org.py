"""salesforce_org.py: a Salesforce organisation for scenario tests: the scripted peer as a child process, and what tests ask about it."""
import urllib.request
from house import *

PEER = ROOT / "tests/scenario/peers/salesforce.py"


def wait(what, fact, seconds=90):
    until = time.time() + seconds
    while time.time() < until:
        if got := fact():
            return got
        time.sleep(0.2)
    check(False, what + " (waited in vain)")
    return None


class Peer:
    def __init__(self):
        self.process = subprocess.Popen([sys.executable, str(PEER), "--port", "0"], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)
        self.url = self.process.stdout.readline().split()[-1]

    def script(self, **body):
        with urllib.request.urlopen(urllib.request.Request(self.url + "/_script", json.dumps(body).encode(), method="POST"), timeout=20) as a:
            return json.load(a)

    def state(self):
        with urllib.request.urlopen(self.url + "/_state", timeout=20) as a:
            return json.load(a)

    def values(self, record, drop):
        return [h[3] for h in self.state()["history"] if h[1][:15] == record[:15] and h[2] == field(drop)]


def field(drop):
    return f"Postalytics_Mail_Drop_{drop}_Event_Status__c" if drop < 100000 else f"Postalytics_Drop_{drop}_Event_Status__c"


def private_key():
    return subprocess.run(["openssl", "genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048"], capture_output=True, text=True).stdout


def public_key(key):
    return subprocess.run(["openssl", "rsa", "-pubout"], input=key, capture_output=True, text=True).stdout
