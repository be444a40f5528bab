"""Any sequence of operations, sensible or not, against a dictionary that knows the rules by heart."""

from uuid import UUID, uuid4

from hypothesis import HealthCheck, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from grants.core.db import db, transaction
from grants.core.errors import NotEnough, Refused, WrongState
from grants.ledger import queries
from grants.ledger.service import Kind, Line, Place, post, reversed_lines, verify
from tests.ledger.ground import Ground

STEPS = """
endow source available · allocate_call available call · deallocate call available
allocate_commission call commission · deallocate commission call
reserve commission reserved · release reserved commission · commit reserved committed · commit commission committed
decommit committed commission · decommit committed lapsed · liquidate committed payable · unliquidate payable committed
order payable ordered · reject_order ordered payable · remit ordered remitted · reject_remittance remitted ordered
pay remitted paid · return_payment paid ordered · schedule_repayment paid to_repay · repay to_repay repaid
claim paid to_recover · claim to_repay to_recover · waive to_recover paid · recover to_recover recovered
recycle recovered available · recycle repaid available · recycle lapsed available
lapse available lapsed · lapse call lapsed · lapse commission lapsed
"""
RULES = [tuple(step.split()) for line in STEPS.strip().splitlines() for step in line.split(" · ")]
STAGES = sorted({stage for _, *stages in RULES for stage in stages})
GRANTS = [UUID(int=1), UUID(int=2)]
TRANCHES = [UUID(int=11), UUID(int=12)]

dimensions = st.tuples(st.sampled_from(GRANTS), st.sampled_from(TRANCHES))
amounts = st.integers(min_value=1, max_value=60)
documents = st.none() | st.sampled_from(["A", "B", "C"])


class Machine(RuleBasedStateMachine):
    """The oracle: balances by place, and what has been used up."""

    def __init__(self) -> None:
        super().__init__()
        self.ground = Ground().open()
        self.balances: dict[Place, int] = {}
        self.done: list[tuple[UUID, Kind, list[Line], str | None, int | None]] = []
        self.documents: set[tuple[Kind, str]] = set()

    @property
    def reversed(self) -> set[int]:
        return {one[4] for one in self.done if one[4]}

    def judge(self, kind: Kind, lines: list[Line], document: str | None, reverses: int | None) -> type | None:
        """The refusal it deserves, or None; the first reason in the order in which post() looks."""
        if document and (kind, document) in self.documents:
            return WrongState
        if reverses:
            if reverses in self.reversed:
                return WrongState
            if self.done[reverses - 1][1] is Kind.REVERSE:
                return Refused
        after = dict(self.balances)
        for line in lines:
            one, other = line.source, line.target
            crossing = any(a != b for a, b in zip(one.dimensions, other.dimensions, strict=True) if a and b)
            if crossing or (not reverses and (kind.value, one.stage.value, other.stage.value) not in RULES):
                return Refused
            if one.stage.value != "source" and after.get(one, 0) < line.amount.minor:
                return NotEnough
            after[one] = after.get(one, 0) - line.amount.minor
            after[other] = after.get(other, 0) + line.amount.minor
        return None

    def attempt(
        self,
        kind: Kind,
        lines: list[Line],
        document: str | None = None,
        reverses: int | None = None,
    ) -> None:
        expected = self.judge(kind, lines, document, reverses)
        key = uuid4()
        try:
            with transaction():
                posted = post(self.ground.fund, kind, lines, actor=None, key=key, document=document, reverses=reverses)
        except (NotEnough, Refused, WrongState) as refusal:
            if type(refusal) is not expected:
                raise AssertionError(f"{kind} {lines}: expected {expected}") from refusal
            return
        assert expected is None, f"{kind} {lines} went through; expected {expected}"
        assert (posted.no, posted.replayed) == (len(self.done) + 1, False)
        for line in lines:
            self.balances[line.source] = self.balances.get(line.source, 0) - line.amount.minor
            self.balances[line.target] = self.balances.get(line.target, 0) + line.amount.minor
        self.done.append((key, kind, lines, document, reverses))
        if document:
            self.documents.add((kind, document))

    @rule(minor=st.integers(50, 500))
    def feed(self, minor: int) -> None:
        """Money as far as the commission, so that there is something to move."""
        for kind, *stages in [
            (Kind.ENDOW, "source", "available"),
            (Kind.ALLOCATE_CALL, "available", "call"),
            (Kind.ALLOCATE_COMMISSION, "call", "commission"),
        ]:
            one, other = (self.ground.place(stage) for stage in stages)
            self.attempt(kind, [Line(one, other, self.ground.money(minor))])

    @rule(step=st.sampled_from(RULES), at=dimensions, minor=amounts, document=documents)
    def sensible(self, step: tuple[str, str, str], at: tuple[UUID, UUID], minor: int, document: str | None) -> None:
        kind, source, target = step
        line = Line(self.ground.place(source, *at), self.ground.place(target, *at), self.ground.money(minor))
        self.attempt(Kind(kind), [line], document)

    @precondition(lambda self: any(self.balances.values()))
    @rule(choice=st.data(), minor=amounts)
    def onward(self, choice: st.DataObject, minor: int) -> None:
        """From somewhere that holds money, along a rule: this is what gets deep into the chain."""
        full = sorted((p for p, n in self.balances.items() if n > 0), key=lambda p: p.address)
        assume(full)
        place = choice.draw(st.sampled_from(full))
        kind, _, target = choice.draw(
            st.sampled_from([step for step in RULES if step[1] == place.stage.value] or RULES)
        )
        grant, tranche = place.grant_id or GRANTS[0], place.tranche_id or choice.draw(st.sampled_from(TRANCHES))
        line = Line(place, self.ground.place(target, grant, tranche), self.ground.money(minor))
        assume(line.source != line.target)
        self.attempt(Kind(kind), [line])

    @rule(
        kind=st.sampled_from([kind for kind in Kind if kind is not Kind.REVERSE]),
        ends=st.tuples(st.sampled_from(STAGES), st.sampled_from(STAGES)),
        one=dimensions,
        other=dimensions,
        minor=amounts,
    )
    def wild(self, kind: Kind, ends: tuple[str, str], one: tuple, other: tuple, minor: int) -> None:
        line = Line(self.ground.place(ends[0], *one), self.ground.place(ends[1], *other), self.ground.money(minor))
        assume(line.source != line.target)
        self.attempt(kind, [line])

    @rule(minors=st.lists(amounts, min_size=2, max_size=4))
    def several_lines(self, minors: list[int]) -> None:
        """All or nothing."""
        ends = [(self.ground.place("commission"), self.ground.place("reserved", grant)) for grant in GRANTS]
        lines = [Line(*ends[n % 2], self.ground.money(minor)) for n, minor in enumerate(minors)]
        self.attempt(Kind.RESERVE, lines)

    @precondition(lambda self: self.done)
    @rule(choice=st.data())
    def reverse(self, choice: st.DataObject) -> None:
        no = choice.draw(st.integers(1, len(self.done)))
        self.attempt(Kind.REVERSE, reversed_lines(self.done[no - 1][2]), reverses=no)

    @precondition(lambda self: self.done)
    @rule(choice=st.data(), other=st.booleans())
    def again(self, choice: st.DataObject, other: bool) -> None:
        """The same key: the same request answers with the first result, another one is refused."""
        no = choice.draw(st.integers(1, len(self.done)))
        key, kind, lines, document, reverses = self.done[no - 1]
        if other:
            lines = [Line(lines[0].source, lines[0].target, self.ground.money(lines[0].amount.minor + 1)), *lines[1:]]
        try:
            with transaction():
                posted = post(self.ground.fund, kind, lines, actor=None, key=key, document=document, reverses=reverses)
        except WrongState:
            assert other
        else:
            assert not other
            assert (posted.no, posted.replayed) == (no, True)

    @invariant()
    def balances_agree(self) -> None:
        shown = queries.balances([self.ground.fund])[self.ground.fund]
        by_stage: dict[str, int] = {}
        for place, minor in self.balances.items():
            by_stage[place.stage] = by_stage.get(place.stage, 0) + minor
        assert {stage: minor for stage, minor in shown.minor.items() if minor} == {
            stage: minor for stage, minor in by_stage.items() if minor
        }
        assert sum(shown.minor.values()) == 0

    def teardown(self) -> None:
        proof = verify([self.ground.fund])
        assert (proof.operations, proof.broken) == (len(self.done), None)
        for grant in GRANTS:
            for tranche, standing in queries.by_instalment(grant).items():
                assert tranche in TRANCHES and all(minor >= 0 for minor in standing.minor.values())
        db.session.rollback()


def test_the_ledger_agrees_with_a_dictionary(committing) -> None:
    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=15,
            stateful_step_count=40,
            deadline=None,
            database=None,
            print_blob=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
