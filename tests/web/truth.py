"""A commission with conflicts of interest, and what each person may reach of it: the ground of the truth tables.

It has three files of one commission (A0 A1 A2) and one of another (B0). With A0, `declared` declared a conflict,
`detected` has the name of a director of the applicant (known after the review was sent) and `torn`, a chair, an address
at the applicant's domain.
"""

from dataclasses import dataclass, field
from typing import Any

from grants.applications.models import Application, ApplicationState, Document
from grants.calls.models import Call
from grants.clusters.models import Commission
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from grants.people.models import Organisation, Person, Role
from grants.profiles.models import Stakeholder
from grants.reviews.assignment.facts import Reasons
from grants.reviews.assignment_models import AssignmentPlan, PlannedReview, PlanState
from grants.reviews.models import Review, ReviewState, Score
from grants.reviews.panel_models import Absence, PanelSeat, SeatState, Topic
from grants.sessions import content
from grants.sessions import figures as session_figures
from grants.sessions import queries as sessions
from grants.sessions.models import Attendance, Item, ItemState, Minutes, Session, SessionRules, SessionState
from tests.factories import (
    ApplicationFactory,
    CommissionFactory,
    EnvelopeFactory,
    MembershipFactory,
    PersonFactory,
    ReviewFactory,
    submitted,
    with_role,
)
from tests.story import set_stage

R = ReviewState
FILES = ("A0", "A1", "A2", "B0")
GIVEN = {  # each review: its state, and its mark in hundredths of a point
    "A0:before": (R.ACCEPTED, None),
    "A0:after": (R.SUBMITTED, 9_345),
    "A0:declared": (R.CONFLICT_DECLARED, None),
    "A0:detected": (R.SUBMITTED, 9_123),
    "A1:before": (R.ACCEPTED, None),
    "A1:after": (R.SUBMITTED, 5_000),
    "A1:declared": (R.SUBMITTED, 4_000),
    "A1:detected": (R.ACCEPTED, None),
    "A2:after": (R.SUBMITTED, 8_000),
    "B0:elsewhere": (R.SUBMITTED, 7_000),
}
EVERYBODY = (
    "before after declared detected free torn elsewhere officer committee applicant stranger".split()  # noqa: SIM905
)
CONFLICTED = ("declared", "detected", "torn")
ENVELOPE = 123_456_700


@dataclass
class Ground:
    call: Call
    commission: Commission
    people: dict[str, Person] = field(default_factory=dict)
    files: dict[str, Application] = field(default_factory=dict)
    reviews: dict[str, Review] = field(default_factory=dict)
    seat: dict[str, PanelSeat] = field(default_factory=dict)  # that `after` has accepted, S, and days away, D
    absence: dict[str, Absence] = field(default_factory=dict)
    topic: dict[str, Topic] = field(default_factory=dict)
    plan: dict[str, AssignmentPlan] = field(default_factory=dict)  # P would give A0 to `before`
    session: dict[str, Session] = field(default_factory=dict)  # N, sitting on A1, with a version of its minutes
    items: dict[str, Item] = field(default_factory=dict)  # of its agenda, by file

    def called(self, ids: Any) -> set[str]:
        names = {one.id: name for name, one in (self.files | self.reviews).items()}
        names |= {one.id: name for name, one in self.items.items()}
        return {names[id] for id in ids}


def laid() -> Ground:
    """Everybody and every file, inside the application's context."""
    stage = set_stage(applications=0, envelope=ENVELOPE)
    made = Ground(stage.call, stage.commission)
    other = CommissionFactory(cluster=stage.fund.cluster)
    EnvelopeFactory(call=stage.call, commission=other)
    sits: dict[str, Any] = dict.fromkeys(("before", "after", "declared", "detected"), Role.REVIEWER)
    for name, role in (sits | {"free": Role.CHAIR, "torn": Role.CHAIR}).items():
        made.people[name] = with_role(role, commission=stage.commission)
    made.people |= {
        "elsewhere": with_role(Role.REVIEWER, commission=other),
        "officer": stage.officer,
        "committee": stage.committee,
        "stranger": PersonFactory(),
    }
    for n, name in enumerate(FILES):
        made.files[name] = ApplicationFactory(
            call=stage.call,
            commission=other if name == "B0" else stage.commission,
            state=ApplicationState.IN_REVIEW,
            title=f"Title-{name}-z",
            description=f"Description-{name}-z",
            **submitted(n + 1),
        )
    made.people["applicant"] = db.session.get_one(Person, made.files["A1"].lead_id)
    for name, (state, total) in GIVEN.items():
        file, reviewer = name.split(":")
        sent = {"submitted_at": now(), "total": total, "confidence": 2} if total is not None else {}
        refusal = {"conflict_reason": "Reason-z"} if state == R.CONFLICT_DECLARED else {}
        given = {"application": made.files[file], "reviewer": made.people[reviewer], "comment": f"Comment-{name}-z"}
        review = made.reviews[name] = ReviewFactory(state=state, **given, **sent, **refusal)
        if sent:
            db.session.add_all(Score(review_id=review.id, criterion_id=one.id, halves=8) for one in stage.criteria)
    hidden = db.session.get_one(Organisation, made.files["A0"].organisation_id)
    hidden.name = "Organisation-A0-z"
    made.people["torn"].email = "torn@atlas-secret.ma"
    MembershipFactory(organisation=hidden, person=PersonFactory(email="founder@atlas-secret.ma"))
    made.people["detected"].name = "Zineb El Amrani"
    db.session.add(
        Stakeholder(organisation_id=hidden.id, position=1, name="El-Amrani Zineb", role="Directrice", share=None)
    )
    for name in FILES:
        db.session.add(
            Document(
                application_id=made.files[name].id,
                filename=f"file-{name}.pdf",
                media_type="application/pdf",
                size=10,
                sha256="0" * 64,
                uploaded_by_id=made.files[name].lead_id,
            )
        )
    _with_panel(made)
    _with_session(made)
    db.session.flush()
    db.session.expire_all()
    return made


def _with_panel(made: Ground) -> None:
    """The parts of a panel that no file is behind; and a topic that every file of the commission is about."""
    day, holder = now().date(), made.people["after"]
    given = {"invited_by_id": made.people["free"].id, "invited_at": now(), "answer_by": now(), "answered_at": now()}
    made.seat["S"] = PanelSeat(
        call_id=made.call.id,
        commission_id=made.commission.id,
        person_id=holder.id,
        state=SeatState.ACCEPTED,
        **given,
    )
    made.absence["D"] = Absence(person_id=holder.id, starts_on=day, ends_on=day)
    made.topic["T"] = Topic(commission_id=made.commission.id, position=1, name=Words(en="Topic"), words=["title"])
    place = {"call_id": made.call.id, "commission_id": made.commission.id}
    made.plan["P"] = AssignmentPlan(**place, chair_id=made.people["free"].id, state=PlanState.PROPOSED)
    db.session.add_all([made.seat["S"], made.absence["D"], made.topic["T"], made.plan["P"]])
    db.session.flush()
    planned = {"application_id": made.files["A0"].id, "reviewer_id": made.people["before"].id}
    db.session.add(PlannedReview(plan_id=made.plan["P"].id, reasons=Reasons("", (), ()).as_json(), **planned))


def _with_session(made: Ground) -> None:
    leader, at = made.people["free"].id, now()
    sits = made.session["N"] = Session(
        call_id=made.call.id,
        commission_id=made.commission.id,
        state=SessionState.OPEN,
        starts_at=at,
        place="Room",
        planned_by_id=leader,
        opened_at=at,
        quorate=True,
    )
    db.session.add(sits)
    db.session.flush()
    for n, name in enumerate(("A0", "A1", "A2"), 1):
        state = ItemState.OPEN if name == "A1" else ItemState.WAITING
        made.items[name] = Item(
            session_id=sits.id, application_id=made.files[name].id, position=n, state=state, currency="MAD"
        )
    db.session.add_all([*made.items.values(), Attendance(session_id=sits.id, person_id=leader, entered_at=at)])
    db.session.flush()
    db.session.expire_all()
    whole, rules = sessions.session_whole(sits.id), SessionRules.usual(made.call.id)
    said = content.written(whole, session_figures.ranking(whole, rules), rules)
    kept = {"content": said, "sha256": content.fingerprint(said), "made_by_id": leader}
    db.session.add(Minutes(session_id=sits.id, number=1, **kept))


# --- who reaches what ----------------------------------------------------------------------------------------

OWN = {
    "before": "A0:before A1:before",
    "after": "A0:after A1:after A2:after",
    "declared": "A0:declared A1:declared",
    "detected": "A0:detected A1:detected",
    "elsewhere": "B0:elsewhere",
}
SEEN = {  # the reviews each person sees; with A0, who is conflicted keeps the row of what was asked, and no more
    "before": OWN["before"],
    "after": f"{OWN['after']} A0:detected A1:declared",
    "declared": f"{OWN['declared']} A1:after",
    "detected": OWN["detected"],
    "free": " ".join(one for one in GIVEN if not one.startswith("B")),
    "torn": "A1:before A1:after A1:declared A1:detected A2:after",
    "elsewhere": OWN["elsewhere"],
}
IN_HAND = {"before": OWN["before"], "detected": "A1:detected"}
LED = {"free": "A0 A1 A2", "torn": "A1 A2"}
OPEN_TO = {  # the files with which each of the commission has no conflict
    "before": "A0 A1 A2",
    "after": "A0 A1 A2",
    "declared": "A1 A2",
    "detected": "A1 A2",
    "free": "A0 A1 A2",
    "torn": "A1 A2",
    "elsewhere": "B0",
}
DECLARABLE = OPEN_TO | {"declared": "A0 A1 A2"}  # what they declared already answers as the first time
BIDS = {"before": "A2", "declared": "A2", "detected": "A2"}  # what is open to them and was not asked of them
HOLDS = {"after": "S"}
UNTOUCHED = dict.fromkeys(("before", "after", "free"), "N")  # of the commission, with no conflict at all
MEMBERS = "before after declared detected free torn".split()  # noqa: SIM905
AGENDA = {name: OPEN_TO[name] for name in MEMBERS}
CHAIRS = {"free": "K", "torn": "K"}
SITS = dict.fromkeys(("before", "after", "declared", "detected"), "K")
