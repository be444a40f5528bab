"""Receipts: what a submission was answered with, and whether one that somebody holds is ours.

The history keeps each of them for ever: the event `application.submit` holds reference, hash and time of arrival.
"""

import hmac
import re
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select

from grants.applications.models import Application
from grants.calls.models import Call
from grants.clusters.models import Cluster
from grants.core.audit import Event
from grants.core.db import db
from grants.core.i18n import Words
from grants.funds.models import Fund

SHORTEST = 16  # hexadecimal digits of a fingerprint that prove enough: one chance in 2⁶⁴
LONGEST = 64
NOBODY = UUID(int=0)
HYPHENS = re.compile("[\u2010-\u2015\u2212]")
UNSEEN = re.compile(
    "[\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff\\s]"
)  # what comes along when one copies from a page
HEXADECIMAL = re.compile("[0-9a-f]*")


class Receipt(NamedTuple):
    """What a submission was answered with."""

    reference: str
    at: datetime
    fingerprint: str

    @classmethod
    def of(cls, event: Event) -> Self:
        said = event.after
        return cls(said["reference"], datetime.fromisoformat(said["submitted_at"]), said["content_hash"])

    @property
    def code(self) -> str:
        """The first digits of the fingerprint, in fours: what one types to have the receipt checked."""
        return grouped(self.fingerprint[:SHORTEST])


@dataclass(frozen=True)
class Received:
    """All that a holder of a receipt is told: when it arrived, for which call of which cluster."""

    at: datetime
    call: Words
    country: str
    zone: str

    @property
    def exact(self) -> str:
        return exact(self.at)


def exact(there: datetime) -> str:
    """To the second, with the offset from UTC: 2026-12-08 23:58:41 (UTC+01:00)."""
    return f"{there:%Y-%m-%d %H:%M:%S} (UTC{there.isoformat()[-6:]})"


def grouped(digits: str) -> str:
    return " ".join(digits[n : n + 4] for n in range(0, len(digits), 4))


def received(reference: str, code: str) -> Received | None:
    """What we received under this reference with a content whose fingerprint is, or begins with, `code`; else None.

    Two queries and one comparison for each receipt of the reference, whatever is wrong. Spaces, hyphens, capitals and
    the marks that come along when one copies do not matter.
    """
    reference, code = tidy_reference(reference), tidy_code(code)
    given = (
        select(Application.id, Call.title, Cluster.country, Cluster.timezone)
        .join(Call, Call.id == Application.call_id)
        .join(Fund, Fund.id == Call.fund_id)
        .join(Cluster, Cluster.id == Fund.cluster_id)
        .where(Call.code == reference.rpartition("-")[0], Application.reference == reference)
    )
    found = {row.id: row for row in db.session.execute(given)}
    submitted = select(Event).where(Event.subject_id.in_(found.keys() or {NOBODY}), Event.name == "application.submit")
    answer = None
    for event in db.session.scalars(submitted.order_by(Event.at, Event.id)):
        receipt = Receipt.of(event)
        same = hmac.compare_digest(receipt.fingerprint[: len(code)].encode(), code.encode())
        if same and receipt.reference == reference and SHORTEST <= len(code) <= LONGEST:
            row = found[event.subject_id]
            answer = Received(receipt.at.astimezone(ZoneInfo(row.timezone)), row.title, row.country, row.timezone)
    return answer


def tidy_reference(typed: str) -> str:
    return HYPHENS.sub("-", UNSEEN.sub("", typed)).replace("\x00", "").upper()[:60]


def tidy_code(typed: str) -> str:
    """Hexadecimal digits in lower case; empty when something else was typed."""
    code = HYPHENS.sub("-", UNSEEN.sub("", typed)).replace("-", "").lower()
    return code if len(code) <= LONGEST and HEXADECIMAL.fullmatch(code) else ""
