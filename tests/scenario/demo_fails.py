"""A demo whose batch cannot be printed ends soon, with the batch's own sentence and exit code 3, not after minutes of "0 of 25"."""
from house import *

house = House()
check(house.start(), "the server starts")
(house.data / "batches" / "1").write_text("where the demo account's packages would lie")
began = time.monotonic()
made = house.cli("demo", "--share", house.share)
took = time.monotonic() - began
check(made.returncode == 3, f"the demo ends with exit code 3, not {made.returncode}")
check("batch 1 cannot be printed: " in made.stderr and "batches/1" in made.stderr, f"and says why: {made.stderr[-300:]}")
check(took < 90, f"at once ({took:.0f} s)")
(house.data / "batches" / "1").unlink()
again = house.cli("demo", "--share", house.share)
for _ in range(100):
    if again.returncode == 0:
        break
    time.sleep(1)
    again = house.cli("demo", "--share", house.share)
check(again.returncode == 0, "and the demo finds it: " + again.stderr[-200:])
house.stop()
done()
