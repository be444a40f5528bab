"""What `make test` does: check, every test, one clear line at the end."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from xml.etree import ElementTree

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
RESULTS = Path("build/tests.xml")
ROOT = Path(__file__).resolve().parent.parent


def browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def install_browser() -> bool:
    """Chromium from the system's packages, when we may; otherwise say what to install."""
    if browser():
        return True
    become = _become_root()
    if shutil.which("apt-get") and become is not None:
        print("Installing Chromium, for the browser journeys ...", flush=True)
        env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for words in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", "chromium"]):
            subprocess.run([*become, "apt-get", *words], check=False, env=env, stdout=subprocess.DEVNULL)
    if browser():
        return True
    print("No Chromium: the browser journeys are skipped. Install it (Debian: apt install chromium) to run them.")
    return False


def _become_root() -> list[str] | None:
    if os.geteuid() == 0:
        return []
    if shutil.which("sudo") and not subprocess.run(["sudo", "-n", "true"], check=False, capture_output=True).returncode:
        return ["sudo", "-n"]
    return None


def count(results: Path) -> tuple[dict[str, int], bool]:
    """How many tests passed, failed and were skipped, and whether every browser journey ran."""
    totals = {"passed": 0, "failed": 0, "skipped": 0}
    journeys = {"passed": 0, "failed": 0, "skipped": 0}
    for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 - our own file
        outcome = "passed"
        if case.find("failure") is not None or case.find("error") is not None:
            outcome = "failed"
        elif case.find("skipped") is not None:
            outcome = "skipped"
        totals[outcome] += 1
        if case.get("classname", "").startswith("tests.journeys"):
            journeys[outcome] += 1
    return totals, journeys["skipped"] == 0 and journeys["passed"] + journeys["failed"] > 0


def main() -> int:
    os.chdir(ROOT)
    began = time.monotonic()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.unlink(missing_ok=True)
    install_browser()
    checked = subprocess.run(["make", "--no-print-directory", "check"], check=False).returncode == 0
    tested = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "2", f"--junit-xml={RESULTS}", *sys.argv[1:]], check=False
    ).returncode
    totals, journeys = count(RESULTS) if RESULTS.exists() else ({"passed": 0, "failed": 0, "skipped": 0}, False)
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    line = ", ".join(f"{number} {outcome}" for outcome, number in totals.items())
    said = "" if checked else "check failed, "
    print(f"make test: {said}{line}, journeys {'ran' if journeys else 'skipped'}, {minutes}m{seconds:02d}s")
    return 0 if checked and tested == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
