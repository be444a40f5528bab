"""A process that forks workers and kills them, for test_batch_kill: it has no thread that a fork would lose.

Each line on its input is a pickled (settings, promise id, seconds until SIGKILL or None); it answers with one line when
that worker is gone.
"""

import base64
import os
import pickle
import signal
import sys
import time
from uuid import UUID

from flask import Flask

from grants.app import create_app
from workflows import outbox


def work(app: Flask, promise_id: UUID) -> None:
    with app.app_context():
        outbox.attempt(promise_id)


def main() -> None:
    apps: dict[str, Flask] = {}
    for line in sys.stdin:
        settings, promise_id, after = pickle.loads(base64.b64decode(line))  # noqa: S301 - our own test's words
        app = apps.get(settings.database_url) or apps.setdefault(settings.database_url, create_app(settings))
        child = os.fork()
        if child == 0:
            try:
                work(app, promise_id)
            finally:
                os._exit(0)
        if after is not None:
            time.sleep(after)
            os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        print("gone", flush=True)


if __name__ == "__main__":
    main()
