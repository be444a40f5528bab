"""What `make test` does: check, every test, one clear line at the end."""

import os
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
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


def outcomes(results: Path) -> Iterator[tuple[str, str]]:
    """The class and the outcome of every test; nothing when there is no file."""
    if not results.exists():
        return
    for case in ElementTree.parse(results).iter("testcase"):  # noqa: S314 - our own file
        outcome = "passed"
        if case.find("failure") is not None or case.find("error") is not None:
            outcome = "failed"
        elif case.find("skipped") is not None:
            outcome = "skipped"
        yield case.get("classname", ""), outcome


def count(results: Path) -> Counter[str]:
    return Counter(outcome for _, outcome in outcomes(results))


def journeys_ran(results: Path) -> bool:
    """Whether there were browser journeys and none was skipped."""
    journeys = [outcome for name, outcome in outcomes(results) if name.startswith("tests.journeys")]
    return bool(journeys) and "skipped" not in journeys


def words(totals: Counter[str]) -> str:
    return ", ".join(f"{totals[outcome]} {outcome}" for outcome in ("passed", "failed", "skipped"))


def everything(options: list[str]) -> int:
    began = time.monotonic()
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.unlink(missing_ok=True)
    install_browser()
    checked = subprocess.run(["make", "--no-print-directory", "check"], check=False).returncode == 0
    command = [sys.executable, "-m", "pytest", "-n", "2", "--dist", "worksteal", f"--junit-xml={RESULTS}", *options]
    tested = subprocess.run(command, check=False).returncode == 0
    totals = count(RESULTS)
    journeys = "ran" if journeys_ran(RESULTS) else "skipped"
    minutes, seconds = divmod(round(time.monotonic() - began), 60)
    said = "" if checked else "check failed, "
    print(f"make test: {said}{words(totals)}, journeys {journeys}, {minutes}m{seconds:02d}s")
    return 0 if checked and tested else 1


def main() -> int:
    os.chdir(ROOT)
    match sys.argv[1:]:
        case ["--journeys-ran", results]:
            return 0 if journeys_ran(Path(results)) else 1
        case ["--count", *results]:
            totals = sum((count(Path(one)) for one in results), Counter())
            print(words(totals))
            return 1 if totals["failed"] or not totals["passed"] else 0
        case options:
            return everything(options)


if __name__ == "__main__":
    sys.exit(main())
