"""An RQ worker for one queue, kept from what was measured to go wrong with RQ 3.0."""

import logging
import os
import signal
import time
from contextlib import suppress
from types import FrameType

from flask import Flask
from redis.exceptions import RedisError
from rq import Worker
from rq.exceptions import StopRequested
from rq.job import Job
from rq.queue import Queue as Line
from rq.serializers import JSONSerializer

from grants.core.db import db
from grants.messages.models import Queue
from grants.operate.processes import with_parent
from workflows.bell import connect
from workflows.outbox import stopping

log = logging.getLogger(__name__)


class OneQueueWorker(Worker):
    """Serves one queue: with two, RQ pops without leaving a trace, and a death in between loses the job for ever.

    The application is loaded before the fork. The horse dies with its worker, so that no retry ever runs beside it.
    """

    max_connection_wait_time = 2.0  # Redis comes back in seconds, not minutes

    def __init__(self, app: Flask, queues: list[str]) -> None:
        if len(queues) != 1:
            raise ValueError(f"one queue for each worker, not {len(queues)}")
        super().__init__(
            [Queue(queues[0]).value],
            connection=connect(app.extensions["settings"], patient=True),
            serializer=JSONSerializer,
            worker_ttl=30,
            maintenance_interval=15,
            job_monitoring_interval=5,
            log_job_description=False,
        )
        self.app = app
        self.asked_to_end = False

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.asked_to_end = True  # RQ writes it down in Redis, and only when a job is in hand
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]

    def subscribe(self) -> None:
        """Takes no commands through Redis, and so forks without a second thread."""

    def main_work_horse(self, job: Job, queue: Line) -> None:
        with_parent(self.pid or os.getppid(), signal.SIGKILL)()
        with self.app.app_context():
            db.engine.dispose(close=False)  # the worker's connections stay the worker's
            super().main_work_horse(job, queue)

    def handle_warm_shutdown_request(self) -> None:
        """The horse finishes the promise in hand and leaves the others of its batch to the next worker."""
        if self.horse_pid:
            with suppress(ProcessLookupError):
                os.kill(self.horse_pid, signal.SIGUSR1)


def work(app: Flask, queue: str, *, burst: bool = False) -> None:
    """Work until SIGTERM or SIGINT (`burst`: until the queue is empty), however often Redis goes away."""
    signal.signal(signal.SIGUSR1, _stop_after_this)  # the horse inherits it
    with suppress(StopRequested, KeyboardInterrupt):
        while True:
            try:
                worker = OneQueueWorker(app, [queue])
                worker.work(burst=burst, logging_level="WARNING")
                if burst or worker.asked_to_end:
                    return
            except RedisError as error:
                log.warning("Redis does not answer: %s", error)
            time.sleep(1)


def _stop_after_this(number: int, frame: FrameType | None) -> None:
    stopping.set()
