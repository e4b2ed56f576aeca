"""peer.py: starts a scripted peer of this folder for a scenario, and drives it."""
import atexit, json, pathlib, subprocess, sys, urllib.request

FOLDER = pathlib.Path(__file__).resolve().parent


class Peer:
    def __init__(self, name):
        self.process = subprocess.Popen([sys.executable, str(FOLDER / f"{name}.py"), "--port", "0"], stdout=subprocess.PIPE, text=True)
        atexit.register(self.process.kill)  # one that is left behind holds the output that the runner waits for
        self.url = self.process.stdout.readline().split()[-1]

    def ask(self, path, body=None):
        with urllib.request.urlopen(urllib.request.Request(self.url + path, None if body is None else json.dumps(body).encode()), timeout=30) as answer:
            return json.load(answer)

    def state(self):
        return self.ask("/_state")

    def script(self, **more):
        return self.ask("/_script", more)

    def stop(self):
        self.process.kill()
        self.process.wait()
