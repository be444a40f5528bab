"""How every program that reads a hostile file begins. Run by `running` as a program of its own, never imported.

    python -I -B child.py PROGRAM FD LIMITS-AS-JSON

It gives up memory, processor time and open files, makes sure to die with its parent, and only then loads PROGRAM and
calls its `main(file, limits)`, whose answer is the exit code. Nothing of the environment was lent to it, and it knows
nothing of the rest of the product.
"""

import ctypes
import json
import os
import resource
import runpy
import signal
import sys

TOO_HEAVY = 3  # exit code for want of memory


def confine(limits: dict[str, int]) -> None:
    """Before the first byte is read."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # 1 is PR_SET_PDEATHSIG
    if os.getppid() != limits["parent"]:
        sys.exit(1)
    for kind, most in (
        (resource.RLIMIT_AS, limits["memory"]),
        (resource.RLIMIT_CPU, limits["seconds"]),
        (resource.RLIMIT_NOFILE, 64),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(kind, (most, most))
    os.nice(5)


if __name__ == "__main__":
    program, number, told = sys.argv[1:]
    limits = json.loads(told)
    confine(limits)
    code = 0
    try:
        with os.fdopen(int(number), "rb") as file:
            runpy.run_path(program)["main"](file, limits)
    except (MemoryError, RecursionError):
        code = TOO_HEAVY
    sys.stdout.flush()
    os._exit(code)
