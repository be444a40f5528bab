"""Redis, as a doorbell: it tells workers to look at the database, and may lose everything it knows."""

import logging
import time
from collections.abc import Iterable
from uuid import UUID

from flask import current_app
from redis import Redis
from redis.backoff import ExponentialBackoff, NoBackoff
from redis.exceptions import ConnectionError, RedisError
from redis.retry import Retry
from rq import Queue as Line
from rq.serializers import JSONSerializer

from config.settings import Settings
from grants.messages.models import Queue

log = logging.getLogger(__name__)

RUN = "workflows.outbox.run"  # the one function RQ calls
BATCH = {Queue.MAIL: 25, Queue.WORK: 1}  # promises per bell: mails are short, work is long
REST = 5.0  # seconds without a bell after Redis did not answer, so that not every page waits for it
FORGOTTEN_AFTER = 600  # seconds that Redis keeps a bell nobody heard, or one that broke


def connect(settings: Settings, *, patient: bool) -> Redis:
    """Redis for a worker (patient: tries again for some seconds) or for a page, which never waits for it."""
    again = (ConnectionError,)  # a Redis that does not answer is not asked twice
    retry = Retry(ExponentialBackoff(cap=1, base=0.05), 6) if patient else Retry(NoBackoff(), 1, again)
    waits = {} if patient else {"socket_timeout": 1, "socket_connect_timeout": 0.5}
    return Redis.from_url(settings.redis_url, retry=retry, health_check_interval=15, **waits)


def line(queue: Queue) -> Line:
    """The RQ queue of this name, on this application's connection."""
    return Line(queue.value, connection=current_app.extensions["bell"], serializer=JSONSerializer)


def is_worked(queue: Queue) -> bool:
    """Without a mail server, mails wait where they are."""
    return queue != Queue.MAIL or bool(current_app.extensions["settings"].smtp_url)


def is_silent(queue: Queue) -> bool:
    """No bell waits to be heard, so that everything due deserves one. A Redis that does not answer is not silent."""
    try:
        return bool(line(queue).count == 0)
    except RedisError as error:
        log.warning("Redis does not answer: %s", error)
        return False


def ring(queue: Queue, promises: Iterable[tuple[UUID, int]]) -> int:
    """Best effort: tell the workers of a queue to look at these (id, seconds it may take). Answers for how many.

    Whatever is lost here or later, the sweep finds again in the database.
    """
    known = current_app.extensions
    if not is_worked(queue) or time.monotonic() < known.get("bell_rests_until", 0.0):
        return 0
    waiting = list(promises)
    rung, size = 0, BATCH[queue]
    try:
        while batch := waiting[rung : rung + size]:
            line(queue).enqueue(
                RUN,
                args=[str(id) for id, _ in batch],
                job_timeout=sum(seconds + 1 for _, seconds in batch) + 10,
                ttl=FORGOTTEN_AFTER,
                result_ttl=0,
                failure_ttl=FORGOTTEN_AFTER,
                description=RUN,
            )
            rung += len(batch)
    except RedisError as error:
        known["bell_rests_until"] = time.monotonic() + REST
        log.warning("Redis does not answer: %s", error)
    return rung
