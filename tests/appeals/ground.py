"""A refused file, its applicant, who refused it and who else might hear an appeal."""

from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import select

from grants.appeals import queries
from grants.appeals.models import Against, Appeal
from grants.applications.models import Application
from grants.applications.models import ApplicationState as State
from grants.applications.queries import file, own_application
from grants.applications.submitted import content_hash
from grants.awards.models import Decision, DecisionState, Outcome
from grants.awards.queries import decisions
from grants.core.audit import Event
from grants.core.clock import now
from grants.core.db import db
from grants.people.models import Person, Role
from tests.applications.ground import Ground, draft, ground
from tests.factories import DecisionFactory, submitted, with_role
from workflows import appeal as workflow
from workflows import application as screening

EVERY = sorted(Against)
REASON, GROUNDS = "La lettre de la banque manque.", "La lettre était jointe, page 3 du dossier."


class Refused(NamedTuple):
    """`judge` took no part in what `refuser` did."""

    on: Ground
    id: Any
    refuser: Person
    judge: Person
    against: Against

    @property
    def application(self) -> Application:
        """As the applicant's pages load it."""
        return own_application(self.on.lead, self.id)

    def filed(self, grounds: str = GROUNDS) -> Appeal:
        return workflow.file(self.application, grounds, actor=self.on.lead)

    def appeal(self) -> Appeal:
        """As the pages of those who hear it load it."""
        made = queries.of_application(self.application)
        assert made is not None
        return queries.followed(self.judge, made.id)


def refused(against: Against = Against.ADMISSIBILITY, *, proposal: Outcome = Outcome.FUNDED, **call: Any) -> Refused:
    """A file refused just now, the applicant told."""
    on = ground(**call)
    if against == Against.DECISION:
        return _not_selected(on, proposal)
    state = State.SUBMITTED if against == Against.ADMISSIBILITY else State.ADMISSIBLE
    made = draft(on, state=state, **submitted(1))
    made.content_hash = content_hash(file(on.officer, made.id))
    db.session.flush()
    judge = with_role(Role.OFFICER, cluster=on.call.fund.cluster)
    verb = screening.refuse_admission if against == Against.ADMISSIBILITY else screening.find_ineligible
    verb(file(on.officer, made.id), REASON, actor=on.officer)
    return Refused(on, made.id, on.officer, judge, against)


def _not_selected(on: Ground, proposal: Outcome) -> Refused:
    made = draft(on, state=State.DECIDED, **submitted(1))
    members = [with_role(Role.COMMITTEE, cluster=on.call.fund.cluster) for _ in range(2)]
    chair = with_role(Role.CHAIR, commission=on.commission)
    DecisionFactory(
        application=made,
        proposal=proposal,
        state=DecisionState.REJECTED,
        reason=REASON,
        decided_at=now(),
        decided_by_id=members[0].id,
        notified_at=now(),
        proposed_by_id=chair.id,
    )
    db.session.flush()
    return Refused(on, made.id, members[0], members[1], Against.DECISION)


def decision_of(found: Refused) -> Decision:
    """As the committee's pages load it."""
    (one,) = [one for one in decisions(found.judge, found.on.call.id) if one.application_id == found.id]
    return one


def names(id: UUID) -> list[str]:
    """What the journal says of a record, oldest first."""
    return list(db.session.scalars(select(Event.name).where(Event.subject_id == id).order_by(Event.at, Event.id)))
