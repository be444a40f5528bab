"""A ledger to walk on: one fund, one call, one commission, and grants as needed."""

from dataclasses import dataclass, field
from uuid import UUID, uuid4

from config.settings import ROOT
from grants.core.db import transaction
from grants.core.types import Money
from grants.ledger.service import Kind, Line, Place, Posted, open_fund, post

CHAIN = [  # every step of a grant's money, and the operation that makes it
    (Kind.RESERVE, "commission", "reserved"),
    (Kind.COMMIT, "reserved", "committed"),
    (Kind.LIQUIDATE, "committed", "payable"),
    (Kind.ORDER, "payable", "ordered"),
    (Kind.REMIT, "ordered", "remitted"),
    (Kind.PAY, "remitted", "paid"),
]


@dataclass
class Ground:
    """One fund, one call, one commission; `grant()` is a new grant with one instalment."""

    currency: str = "MAD"
    fund: UUID = field(default_factory=uuid4)
    call: UUID = field(default_factory=uuid4)
    commission: UUID = field(default_factory=uuid4)

    @property
    def code(self) -> str:
        return f"F-{str(self.fund)[:8]}"

    def open(self) -> "Ground":
        open_fund(self.fund, self.code, self.currency, "Africa/Casablanca")
        return self

    def money(self, minor: int) -> Money:
        return Money(minor, self.currency)

    def place(self, stage: str, grant: UUID | None = None, tranche: UUID | None = None) -> Place:
        made = {
            "source": Place.source,
            "available": Place.available,
            "call": lambda: Place.call(self.call),
            "commission": lambda: Place.commission(self.call, self.commission),
            "lapsed": Place.lapsed,
            "reserved": lambda: Place.reserved(self.call, self.commission, grant),
            "committed": lambda: Place.committed(self.call, self.commission, grant),
        }
        if stage in made:
            return made[stage]()
        return getattr(Place, stage)(self.call, self.commission, grant, tranche)

    def move(self, kind: Kind, source: Place, target: Place, minor: int, **more) -> Posted:
        """Post one line and commit."""
        with transaction():
            more = {"actor": None, "key": uuid4()} | more
            return post(self.fund, kind, [Line(source, target, self.money(minor))], **more)

    def step(self, kind: Kind, source: str, target: str, minor: int, grant=None, tranche=None, **more) -> Posted:
        return self.move(kind, self.place(source, grant, tranche), self.place(target, grant, tranche), minor, **more)

    def endow(self, minor: int) -> None:
        """Bring this much as far as the commission."""
        self.step(Kind.ENDOW, "source", "available", minor)
        self.step(Kind.ALLOCATE_CALL, "available", "call", minor)
        self.step(Kind.ALLOCATE_COMMISSION, "call", "commission", minor)

    def bring(self, upto: str, minor: int, grant: UUID, tranche: UUID) -> None:
        """Walk a grant's money from the commission to this stage."""
        for kind, source, target in CHAIN:
            self.step(kind, source, target, minor, grant, tranche)
            if target == upto:
                return


def mutated(*edits: str) -> str:
    """The SQL that replaces led.post() by a copy in which each first text became the second."""
    script = (ROOT / "migrations" / "versions" / "0033_credit.sql").read_text()
    start = script.index("CREATE OR REPLACE FUNCTION led.post(")
    body = script[start : script.index("END $$;", start) + len("END $$;")]
    for old, new in zip(edits[::2], edits[1::2], strict=True):
        assert body.count(old) == 1, f"{old!r} stands {body.count(old)} times in post()"
        body = body.replace(old, new)
    return body
