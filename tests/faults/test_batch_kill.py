"""A batch's job killed by SIGKILL at fifty random points: each payment once, and a list that equals the ledger."""

import os
import random
import signal
import time
from datetime import timedelta
from uuid import UUID

import pytest
from flask import current_app
from sqlalchemy import func, select, update

from grants.awards.models import Claim, ClaimState
from grants.core.clock import now
from grants.core.db import db
from grants.core.storage import storage
from grants.ledger.service import verify
from grants.ledger.tables import op, transfer
from grants.messages.models import Promise, Status
from grants.payments.models import BatchState
from tests.payments.ground import AMOUNT, Ground, lay
from workflows import batch as batches
from workflows import outbox

ORDERS, KILLS, BATCHES = 6, 5, 10  # fifty kills in all


def working(promise_id: UUID) -> int:
    """A worker of its own, by its process id: it does the promise as a worker would, then leaves."""
    child = os.fork()
    if child == 0:
        try:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)
            outbox.attempt(promise_id)
        finally:
            os._exit(0)
    return child


def time_passes(promise_id: UUID) -> None:
    """The lease of whoever was killed runs out; the attempts it used up are forgotten."""
    past = now() - timedelta(minutes=1)
    gone = update(Promise).where(Promise.id == promise_id, Promise.status != Status.DONE)
    freed = {"status": Status.WAITING, "lease_token": None, "lease_until": None}
    db.session.execute(gone.values(next_attempt_at=past, attempts=0, **freed))
    db.session.commit()


def forked(promise_id: UUID, after: float | None) -> None:
    """Run the job in another process and kill it `after` so many seconds (None: let it end)."""
    db.session.remove()
    db.engine.dispose()  # no connection is shared with the child
    child = working(promise_id)
    if after is not None:
        time.sleep(after)
        os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def remitted(ground: Ground) -> tuple[int, int]:
    """How many remittances the ledger has, and their sum."""
    found = (
        select(func.count(), func.coalesce(func.sum(transfer.c.amount), 0))
        .select_from(op)
        .join(transfer, (transfer.c.fund_id == op.c.fund_id) & (transfer.c.op_no == op.c.no))
        .where(op.c.fund_id == ground.fund_id, op.c.kind == "remit")
    )
    count, total = db.session.execute(found).one()
    return count, int(total)


@pytest.mark.parametrize("seed", range(BATCHES))
def test_killed_at_any_point_each_payment_is_made_once(own_app, seed: int) -> None:
    chance = random.Random(seed)
    ground = lay(ORDERS)
    ground.ordered()
    batch = ground.gathered()
    batches.remit(batch, actor=ground.who("accountant"))
    promise_id = ground.batch(batch.id).promise_id
    assert promise_id is not None
    batch_id = batch.id
    db.session.commit()
    for _ in range(KILLS):
        forked(promise_id, chance.uniform(0, 0.35))
        count, total = remitted(ground)
        assert (count, total) in {(0, 0), (ORDERS, ORDERS * AMOUNT)}, "all of the batch or nothing of it"
        time_passes(promise_id)
    forked(promise_id, None)
    forked(promise_id, None)  # rung again: nothing is left to do

    written = ground.batch(batch_id)
    assert written.state == BatchState.WRITTEN
    assert remitted(ground) == (ORDERS, ORDERS * AMOUNT)
    assert (written.lines, written.total_minor, written.ledger_minor) == (ORDERS, ORDERS * AMOUNT, ORDERS * AMOUNT)
    states = db.session.scalars(select(Claim.state).where(Claim.id.in_(ground.claim_ids))).all()
    assert states == [ClaimState.REMITTED] * ORDERS
    content = b"".join(storage(current_app.extensions["settings"]).read(written.csv_sha256 or ""))
    assert len(content.decode("utf-8-sig").splitlines()) == ORDERS + 1
    assert verify([ground.fund_id]).broken is None
