"""What is kept of a proposal, read for its chair: pairs page by page, loads, and what has moved since."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from grants.applications.models import Application
from grants.calls.models import Call
from grants.core.db import db
from grants.core.i18n import N_, Text
from grants.funds.models import Fund
from grants.people.models import Person
from grants.reviews.assignment.facts import OPEN_TO_REVIEW, Facts, Posed, pose
from grants.reviews.assignment.fair import Cause, Solved, causes, propose
from grants.reviews.assignment_models import AssignmentPlan, PlannedReview, PlanState
from grants.reviews.queries import Chaired, chaired

PER_PAGE = 50
Names = Mapping[UUID, str]  # of a person its name, of a file its reference
CAUSES = {
    Cause.FEW: N_("Too few reviewers of the commission are available and not asked yet."),
    Cause.CONFLICTS: N_("Conflicts of interest leave too few reviewers."),
    Cause.INSTITUTIONS: N_("Those who are left come from too few institutions: one reviewer of each at most."),
    Cause.NO_EXPERT: N_("Nobody without a conflict has declared this subject, and one expert is wanted."),
    Cause.FULL: N_("Those who could already have all the reviews they may be asked for."),
    Cause.EMPTIED: N_("A seat was emptied by hand."),
}


def whole(id: UUID) -> AssignmentPlan | None:
    """One plan with its call and commission, read anew."""
    wanted = (
        select(AssignmentPlan)
        .where(AssignmentPlan.id == id)
        .options(
            joinedload(AssignmentPlan.call).joinedload(Call.fund).joinedload(Fund.cluster),
            joinedload(AssignmentPlan.commission),
            joinedload(AssignmentPlan.chair),
        )
    )
    return db.session.scalars(wanted, execution_options={"populate_existing": True}).one_or_none()


def standing(board: Chaired) -> AssignmentPlan | None:
    """The proposal that stands in this commission and call, else the last one confirmed."""
    wanted = (
        select(AssignmentPlan)
        .where(
            AssignmentPlan.call_id == board.call.id,
            AssignmentPlan.commission_id == board.commission.id,
            AssignmentPlan.state != PlanState.DISCARDED,
        )
        .order_by(AssignmentPlan.state == PlanState.CONFIRMED, AssignmentPlan.created_at.desc())
        .options(joinedload(AssignmentPlan.chair))
    )
    return db.session.scalars(wanted.limit(1)).first()


def planned(user: Person, id: UUID) -> tuple[Chaired, AssignmentPlan]:
    """A plan and the place it is for; raises NoResultFound for a commission not theirs."""
    wanted = select(AssignmentPlan).where(AssignmentPlan.id == id)
    parts = joinedload(AssignmentPlan.chair), joinedload(AssignmentPlan.call), joinedload(AssignmentPlan.commission)
    plan = db.session.scalars(wanted.options(*parts)).one()
    return chaired(user, plan.call_id, plan.commission_id), plan


def planned_file(user: Person, id: UUID, application_id: UUID) -> tuple[Chaired, AssignmentPlan, Application]:
    """The same with one of its files, or one that waits for reviewers; raises NoResultFound."""
    board, plan = planned(user, id)
    wanted = select(Application).where(
        Application.id == application_id,
        Application.call_id == plan.call_id,
        Application.commission_id == plan.commission_id,
        or_(Application.state.in_(OPEN_TO_REVIEW), Application.id.in_(files_of(plan))),
    )
    return board, plan, db.session.scalars(wanted.options(joinedload(Application.organisation))).one()


@dataclass(frozen=True)
class Computed:
    """A proposal not kept yet: (file, reviewer, what speaks for them), why seats are empty, what each step reached."""

    pairs: Sequence[tuple[UUID, UUID, dict[str, object]]]
    short: Mapping[str, str]
    figures: Mapping[str, dict[str, float]]


def compute(facts: Facts, experts: bool) -> Computed:
    """Solve it."""
    posed = pose(facts, experts)
    found = propose(posed.instance)
    return Computed(_pairs(facts, posed, found), _short(posed, found), _figures(posed, found))


def _pairs(facts: Facts, posed: Posed, found: Solved) -> list[tuple[UUID, UUID, dict[str, object]]]:
    made = []
    for row, at in zip(*found.chosen.nonzero(), strict=True):
        file, affinity = posed.files[row].id, round(float(posed.instance.affinity[row, at]), 4)
        made.append((file, facts.people[at].person.id, facts.reasons(file, int(at), affinity).as_json()))
    return made


def _short(posed: Posed, found: Solved) -> dict[str, str]:
    why = causes(posed.instance, found.chosen, posed.conflicts)
    return {str(posed.files[row].id): cause.value for row, cause in why.items()}


def _figures(posed: Posed, found: Solved) -> dict[str, dict[str, float]]:
    wanted = {"seats": float(posed.instance.demand.sum()), "files": float(len(posed.files))}
    steps = {name: asdict(getattr(found, name)) for name in ("pure", "ruled", "balanced", "fair")}
    return {**steps, "wanted": wanted}


@dataclass(frozen=True)
class PlanLine:
    """One application of a plan and whom it would be given to; `cause` says why a seat is empty."""

    application: Application
    reviews: Sequence[PlannedReview]
    cause: Text | None


@dataclass(frozen=True)
class PlanPage:
    lines: Sequence[PlanLine]
    page: int
    total: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1


def files_of(plan: AssignmentPlan) -> set[UUID]:
    """Every file the plan speaks of, those without any reviewer too."""
    with_some = select(PlannedReview.application_id).where(PlannedReview.plan_id == plan.id).distinct()
    return {*db.session.scalars(with_some), *(UUID(one) for one in plan.short)}


def page_of(plan: AssignmentPlan, page: int) -> PlanPage:
    """Files with an empty seat first, then by reference; three queries."""
    within = files_of(plan)
    page = min(max(1, page), max(1, -(-len(within) // PER_PAGE)))
    wanted = (
        select(Application)
        .where(Application.id.in_(within))
        .order_by(Application.id.not_in([UUID(one) for one in plan.short]), Application.reference)
        .offset((page - 1) * PER_PAGE)
        .limit(PER_PAGE)
        .options(joinedload(Application.organisation))
    )
    shown = db.session.scalars(wanted).all()
    reviews = defaultdict(list)
    rows = select(PlannedReview).where(
        PlannedReview.plan_id == plan.id, PlannedReview.application_id.in_([one.id for one in shown])
    )
    for one in db.session.scalars(rows.options(joinedload(PlannedReview.reviewer))):
        reviews[one.application_id].append(one)
    lines = [
        PlanLine(one, sorted(reviews[one.id], key=lambda held: held.reviewer.sort_key), why(plan, one.id))
        for one in shown
    ]
    return PlanPage(lines, page, len(within))


def why(plan: AssignmentPlan, file: UUID) -> Text | None:
    cause = plan.short.get(str(file))
    return CAUSES[Cause(cause)] if cause else None


def pairs_of(plan: AssignmentPlan) -> dict[UUID, list[UUID]]:
    """{file: reviewers} of the plan, in a steady order; one query."""
    rows = select(PlannedReview.application_id, PlannedReview.reviewer_id).where(PlannedReview.plan_id == plan.id)
    found: dict[UUID, list[UUID]] = defaultdict(list)
    for file, reviewer in db.session.execute(rows.order_by(PlannedReview.application_id, PlannedReview.reviewer_id)):
        found[file].append(reviewer)
    return dict(found)


@dataclass(frozen=True)
class Load:
    """How many reviews somebody has in the call, how many the plan adds, and the most they take."""

    name: str
    carried: int
    added: int
    cap: int


def loads(plan: AssignmentPlan, people: Iterable[tuple[UUID, str, int, int]]) -> list[Load]:
    """Of these (id, name, carried, cap), the most loaded first; one query."""
    counts: Counter[UUID] = Counter()
    rows = select(PlannedReview.reviewer_id, func.count()).where(PlannedReview.plan_id == plan.id)
    for id, count in db.session.execute(rows.group_by(PlannedReview.reviewer_id)):
        counts[id] = count
    found = [Load(name, carried, counts[id], cap) for id, name, carried, cap in people]
    return sorted(found, key=lambda one: (-one.carried - one.added, one.name))


def problems(plan: AssignmentPlan, facts: Facts, pairs: Mapping[UUID, Sequence[UUID]], names: Names) -> list[Text]:
    """What keeps the plan from being confirmed: what has moved, and files that want more than they did."""
    more = [
        N_("%(reference)s wants more reviewers than the proposal gives it.", reference=names.get(file, "—"))
        for file, some in pairs.items()
        if len(some) < facts.missing(file) and str(file) not in plan.short
    ]
    return [*moved(facts, pairs, names), *more]


def moved(facts: Facts, pairs: Mapping[UUID, Sequence[UUID]], names: Names) -> list[Text]:
    """What keeps these pairs from being asked: a file gone, a conflict, somebody who no longer sits, is full …"""
    return _once([*_of_pairs(facts, pairs, names), *_overloads(facts, pairs).values()])


def fresh(
    facts: Facts, before: Mapping[UUID, Sequence[UUID]], after: Mapping[UUID, Sequence[UUID]], names: Names
) -> list[Text]:
    """What is wrong with `after` and was not with `before`. A load too high that falls is no new trouble; a pair with
    a file or a person that is gone is, whoever else has one."""
    known = {repr(one) for one in _of_pairs(facts, before, names)}
    added, had = _added(after), _added(before)
    waiting, sitting = {one.id for one in facts.files}, {one.person.id for one in facts.people}
    new = [(file, one) for file, some in after.items() for one in some if one not in before.get(file, ())]
    return _once(
        [
            *(one for one in _of_pairs(facts, after, names) if repr(one) not in known),
            *(_gone(names, file) for file, _ in new if file not in waiting),
            *(_left(names, one) for _, one in new if one not in sitting),
            *(said for id, said in _overloads(facts, after).items() if added[id] > had[id]),
        ]
    )


def _of_pairs(facts: Facts, pairs: Mapping[UUID, Sequence[UUID]], names: Names) -> list[Text]:
    files = {one.id: one for one in facts.files}
    sitting = {one.person.id for one in facts.people}
    found: list[Text] = []
    for file, some in pairs.items():
        if file not in files:
            found += [_gone(names, file)] if some else []
            continue
        reference = files[file].reference
        for one in some:
            said = {"name": names.get(one, "—"), "reference": reference}
            if (file, one) in facts.conflicts:
                found.append(N_("%(name)s now has a conflict of interest with %(reference)s.", **said))
            elif one not in sitting:
                found.append(_left(names, one))
            elif (file, one) in facts.asked:
                found.append(N_("%(name)s has been asked about %(reference)s in the meantime.", **said))
        if len(some) > facts.missing(file) > 0 or (some and not facts.missing(file)):
            found.append(N_("%(reference)s has been given reviewers in the meantime.", reference=reference))
        found += _together(facts, file, some, reference)
    return found


def _gone(names: Names, file: UUID) -> Text:
    return N_("%(reference)s no longer waits for reviewers.", reference=names.get(file, "—"))


def _left(names: Names, person: UUID) -> Text:
    return N_("%(name)s no longer sits in this call.", name=names.get(person, "—"))


def _added(pairs: Mapping[UUID, Sequence[UUID]]) -> Counter[UUID]:
    return Counter(one for some in pairs.values() for one in some)


def _overloads(facts: Facts, pairs: Mapping[UUID, Sequence[UUID]]) -> dict[UUID, Text]:
    """Who would have more than they take, by name."""
    added = _added(pairs)
    return {
        one.person.id: N_(
            "%(name)s would have %(n)s reviews in this call and takes %(most)s at most.",
            name=one.person.name,
            n=one.load + added[one.person.id],
            most=one.cap,
        )
        for one in facts.people
        if added[one.person.id] and one.load + added[one.person.id] > one.cap
    }


def _together(facts: Facts, file: UUID, some: Sequence[UUID], reference: str) -> list[Text]:
    """Two reviewers of one institution on one file, whether planned or asked already."""
    theirs = [facts.institutions[one] for one in some if one in facts.institutions]
    asked = {facts.institutions[one] for one in facts.counted.get(file, ()) if one in facts.institutions}
    if len(theirs) == len(set(theirs)) and not asked & set(theirs):
        return []
    return [N_("%(reference)s would have two reviewers of one institution.", reference=reference)]


def _once(said: Sequence[Text]) -> list[Text]:
    return list({repr(one): one for one in said}.values())
