"""A batch's job killed by SIGKILL at fifty random points: each payment once, and a list that equals the ledger."""

import base64
import pickle
import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from uuid import UUID

import pytest
from flask import current_app
from sqlalchemy import func, select, update

from config.settings import ROOT
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

ORDERS, KILLS, BATCHES = 6, 5, 10  # fifty kills in all


@pytest.fixture(scope="module")
def workers() -> Iterator[subprocess.Popen[str]]:
    """The process that forks the workers and kills them."""
    command = [sys.executable, "-m", "tests.faults.batch_worker"]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as made:
        yield made
        assert made.stdin is not None
        made.stdin.close()


def time_passes(promise_id: UUID) -> None:
    """The lease of whoever was killed runs out; the attempts it used up are forgotten."""
    past = now() - timedelta(minutes=1)
    gone = update(Promise).where(Promise.id == promise_id, Promise.status != Status.DONE)
    freed = {"status": Status.WAITING, "lease_token": None, "lease_until": None}
    db.session.execute(gone.values(next_attempt_at=past, attempts=0, **freed))
    db.session.commit()


def worked(workers: subprocess.Popen[str], promise_id: UUID, after: float | None) -> None:
    """A worker does the promise; killed `after` so many seconds (None: it ends by itself)."""
    said = (current_app.extensions["settings"], promise_id, after)
    assert workers.stdin is not None and workers.stdout is not None
    workers.stdin.write(base64.b64encode(pickle.dumps(said)).decode() + "\n")
    workers.stdin.flush()
    assert workers.stdout.readline() == "gone\n"


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
def test_killed_at_any_point_each_payment_is_made_once(own_app, workers, seed: int) -> None:
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
        worked(workers, promise_id, chance.uniform(0, 0.35))
        count, total = remitted(ground)
        assert (count, total) in {(0, 0), (ORDERS, ORDERS * AMOUNT)}, "all of the batch or nothing of it"
        time_passes(promise_id)
    worked(workers, promise_id, None)
    worked(workers, promise_id, None)  # rung again: nothing is left to do

    written = ground.batch(batch_id)
    assert written.state == BatchState.WRITTEN
    assert remitted(ground) == (ORDERS, ORDERS * AMOUNT)
    assert (written.lines, written.total_minor, written.ledger_minor) == (ORDERS, ORDERS * AMOUNT, ORDERS * AMOUNT)
    states = db.session.scalars(select(Claim.state).where(Claim.id.in_(ground.claim_ids))).all()
    assert states == [ClaimState.REMITTED] * ORDERS
    content = b"".join(storage(current_app.extensions["settings"]).read(written.csv_sha256 or ""))
    assert len(content.decode("utf-8-sig").splitlines()) == ORDERS + 1
    assert verify([ground.fund_id]).broken is None
