"""The history of a draft's sections: what one version is, what a restore is, and that a part reads back as it was."""

import json
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

from grants.applications import service, steps, versions
from grants.applications.content import Answered, Budget, Project, Section
from grants.applications.models import Application, ApplicationState, Revision
from grants.applications.queries import own_application
from grants.applications.submitted import content_of
from grants.calls.models import Call
from grants.calls.questionnaire import Kind, Part, Question
from grants.core.clock import now
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.i18n import Words
from grants.core.types import Money, new_id
from grants.people.models import Right
from tests.applications.ground import colleague, draft, ground
from tests.factories import submitted


@pytest.fixture
def on(app):
    return ground()


@pytest.fixture
def application(on):
    return own_application(on.lead, draft(on).id)


def project(application, **values):
    said = Project.of(application)
    return Project(**{**{name: getattr(said, name) for name in said.__dataclass_fields__}, **values})


def revisions(application):
    kept = select(Revision).where(Revision.application_id == application.id)
    return db.session.scalars(kept.order_by(Revision.saved_at, Revision.id)).all()


def later(monkeypatch, **by):
    moment = now() + timedelta(**by)
    monkeypatch.setattr(versions, "now", lambda: moment)


def test_saves_of_one_person_within_minutes_are_one_version(on, application, monkeypatch):
    for n in range(5):
        service.revise(application, project(application, title=f"Title {n}"), seen=None, actor=on.lead)
    before, mine = revisions(application)
    assert (before.person_id, before.content["title"]) == (None, "Télésurveillance cardiaque")
    assert (mine.person_id, mine.content["title"]) == (on.lead.id, "Title 4")
    assert before.saved_at < mine.begun_at <= mine.saved_at
    later(monkeypatch, minutes=11)
    service.revise(application, project(application, title="After a pause"), seen=None, actor=on.lead)
    assert [one.content["title"] for one in revisions(application)][1:] == ["Title 4", "After a pause"]


def test_a_version_does_not_last_for_ever(on, application, monkeypatch):
    for n in range(15):
        later(monkeypatch, minutes=9 * n)
        service.revise(application, project(application, title=f"Title {n}"), seen=None, actor=on.lead)
    assert len(revisions(application)) == 1 + 3  # what was there, then versions of an hour


LONG = "Une phrase qui compte vraiment. " * 40


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (LONG, ""),
        (LONG, "Une autre, plus courte."),
        (LONG, LONG[:300] + LONG[520:]),
        (LONG, LONG.upper()),
        ("Trois oasis du sud, deux saisons.", "Trois"),
    ],
)
def test_what_is_deleted_by_mistake_can_be_restored(on, application, before, after):
    """Written for a while, deleted at once, saved a second later: the history holds what was there."""
    for text in (before[: len(before) // 2], before, after):
        service.revise(application, project(application, summary=text), seen=None, actor=on.lead)
    mine = [one for one in revisions(application) if one.person_id]
    assert [one.content.get("summary", "") for one in mine][-2:] == [before, after]


def test_words_changed_on_the_way_are_no_new_version(on, application):
    longer = LONG + "Une de plus."
    texts = (LONG, longer, longer.replace("vraiment", "beaucoup", 1))
    for text in texts:
        service.revise(application, project(application, summary=text), seen=None, actor=on.lead)
    for text in ("Télésurveillance", "Bref", "Oui", ""):
        service.revise(application, project(application, title=text), seen=None, actor=on.lead)
    mine = [one for one in revisions(application) if one.person_id]
    assert len(mine) == 1


def test_a_table_emptied_by_mistake_can_be_restored():
    rows = [{"who": f"Membre {n}", "role": "Ingénieure"} for n in range(9)]
    assert steps.takes_away(steps.back(1, {"team": rows}, {"team": rows[:2]}))
    assert steps.takes_away(steps.back(1, {"team": rows}, {}))
    assert not steps.takes_away(steps.back(1, {"team": rows}, {"team": [*rows, {"who": "Encore"}]}))
    assert not steps.takes_away(steps.back(1, {"agreed": True, "n": 12}, {}))


def test_another_person_another_section_another_version(on, application):
    other = colleague(on, Right.EDITOR)
    db.session.expire(application.organisation)
    application = own_application(on.lead, application.id)
    for who in (on.lead, other, on.lead):
        service.revise(application, project(application, title=f"{who.name} {new_id()}"), seen=None, actor=who)
    money = Money.of(800_000, "MAD")
    service.revise(application, Budget(money, money, 12), seen=None, actor=on.lead)
    kept = [(one.section, one.person_id) for one in revisions(application) if one.person_id]
    assert kept[:3] == [("project", on.lead.id), ("project", other.id), ("project", on.lead.id)]
    assert kept[3] == ("budget", on.lead.id)


def test_saving_the_same_keeps_nothing(on, application):
    service.revise(application, project(application), seen=None, actor=on.lead)
    assert revisions(application) == []


def test_an_empty_draft_begins_without_a_version_of_nobody(on):
    bare = own_application(on.lead, draft(on, title="", summary="", description="", commission=None).id)
    service.revise(bare, project(bare, title="First words"), seen=None, actor=on.lead)
    assert [(one.person_id, one.content) for one in revisions(bare)] == [(on.lead.id, {"title": "First words"})]


def test_what_was_written_beside_the_forms_is_in_the_history(on, application):
    service.revise(application, project(application, title="One"), seen=None, actor=on.lead)
    application.title = "By an import"
    db.session.flush()
    service.revise(application, project(application, title="Two"), seen=None, actor=on.lead)
    assert [(one.person_id is None, one.content["title"]) for one in revisions(application)] == [
        (True, "Télésurveillance cardiaque"),
        (False, "One"),
        (True, "By an import"),
        (False, "Two"),
    ]


def test_a_restore_is_a_new_version_and_loses_nothing(on, application, monkeypatch):
    service.revise(application, project(application, title="One", summary="S"), seen=None, actor=on.lead)
    later(monkeypatch, hours=1)
    service.revise(application, project(application, title="Two"), seen=None, actor=on.lead)
    first = versions.version(on.lead, application.id, revisions(application)[1].id)
    seen = Project.of(application).version
    service.restore(first, seen=seen, actor=on.lead)
    assert (application.title, application.summary) == ("One", "S")
    assert [one.content["title"] for one in revisions(application)][1:] == ["One", "Two", "One"]
    assert revisions(application)[-1].restored_id == first.revision.id
    service.revise(application, project(application, title="Three"), seen=None, actor=on.lead)
    assert len(revisions(application)) == 5, "nothing folds into a restored version"
    with pytest.raises(LostUpdate):
        service.restore(first, seen=seen + 1, actor=on.lead)


def test_no_restore_once_it_is_with_the_fund_nor_by_a_reader(on, application):
    service.revise(application, project(application, title="One"), seen=None, actor=on.lead)
    reader = colleague(on, Right.READER)
    db.session.expire(application.organisation)
    version = versions.version(reader, application.id, revisions(application)[0].id)
    with pytest.raises(Forbidden, match="owner or editor"):
        service.restore(version, seen=None, actor=reader)
    for name, value in (submitted(1) | {"state": ApplicationState.SUBMITTED}).items():
        setattr(application, name, value)
    db.session.flush()
    with pytest.raises(Forbidden, match="with the fund"):
        service.restore(version, seen=None, actor=on.lead)


def test_a_restore_does_not_take_from_a_file_what_its_submission_gave_it(on, application, monkeypatch):
    """An incomplete file keeps its commission, without which nobody would examine it."""
    service.revise(application, project(application, title="One", commission_id=None), seen=None, actor=on.lead)
    first = revisions(application)[-1]
    later(monkeypatch, hours=1)
    service.revise(application, project(application, commission_id=on.commission.id), seen=None, actor=on.lead)
    asked = {"state": ApplicationState.INCOMPLETE, "completion_asked": "A page.", "completion_due_at": now()}
    for name, value in (submitted(1) | asked).items():
        setattr(application, name, value)
    application.completion_due_at += timedelta(days=3)
    db.session.flush()
    with pytest.raises(Refused, match="keeps a commission and an amount"):
        service.restore(versions.version(on.lead, application.id, first.id), seen=None, actor=on.lead)


def test_versions_are_no_part_of_what_is_submitted(on, application):
    before = content_of(application)
    title = application.title
    service.revise(application, project(application, title="Other"), seen=None, actor=on.lead)
    service.revise(application, project(application, title=title), seen=None, actor=on.lead)
    assert content_of(application) == before


def test_a_page_asks_the_same_however_many(on, application, monkeypatch, queries):
    def asked():
        found = own_application(on.lead, application.id)
        with queries() as sent:
            versions.page(found, 1)
        return len(sent)

    service.revise(application, project(application, title="One"), seen=None, actor=on.lead)
    db.session.flush()
    few = asked()
    for n in range(30):
        later(monkeypatch, hours=n + 1)
        service.revise(application, project(application, title=f"Title {n}"), seen=None, actor=on.lead)
    db.session.flush()
    assert asked() == few <= 3
    page = versions.page(application, 2)
    assert (page.page, page.pages, page.total, len(page.versions)) == (2, 4, 32, 10)
    assert page.versions[0].previous["title"] == page.versions[1].revision.content["title"]
    assert page.versions[0].changed == ["title"]
    assert versions.page(application, 99).versions[-1].previous is None


# --- the saves inside one version ------------------------------------------------------------------------------

short = st.text("ab عن", max_size=6)
rows = st.lists(short | st.dictionaries(st.sampled_from("pq"), short | st.integers(1, 3)), max_size=2)
contents = st.dictionaries(st.sampled_from("xyz"), short | st.integers(1, 3) | rows, max_size=3)


@given(st.lists(contents, min_size=2, max_size=6))
def test_every_save_of_a_version_is_found_again(saves):
    kept = [steps.back(n, old, new) for n, (old, new) in enumerate(pairwise(saves))]
    for n, said in enumerate(saves[:-1]):
        assert steps.found(saves[-1], kept, n) == said
    assert steps.found(saves[-1], kept, 99) is None


def test_one_cell_of_a_large_table_is_a_small_step():
    table = [{"label": f"Line {n}", "net": 1000 * n, "category": "STAFF"} for n in range(200)]
    changed = [dict(one) for one in table]
    changed[120]["label"] = "Another label"
    step = steps.back(7, {"lines": table}, {"lines": changed})
    assert len(json.dumps(step)) < 100
    stored = json.loads(json.dumps({"lines": [dict(reversed(one.items())) for one in changed]}))  # keys in any order
    assert steps.found(stored, [step], 7) == {"lines": table}


def test_what_a_page_began_with_is_known_between_two_autosaves(on, application):
    numbers = []
    for title in ("Capteurs", "Capteurs d’eau", "Capteurs d’eau sobres"):
        numbers.append(service.revise(application, project(application, title=title), seen=None, actor=on.lead))
    said = [versions.at(application.id, "project", one) for one in numbers]
    assert [one["title"] for one in said] == ["Capteurs", "Capteurs d’eau", "Capteurs d’eau sobres"]
    assert versions.at(application.id, "project", 1) is None


# --- a part as plain JSON -------------------------------------------------------------------------------------

written_texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
amounts = st.none() | st.integers(1, 10**12).map(lambda minor: Money(minor, "MAD"))
projects = st.builds(Project, written_texts, st.none() | st.builds(new_id), written_texts, written_texts)
budgets = st.builds(Budget, amounts, amounts, st.none() | st.integers(1, 120))
SHEET = Part("team", Words(en="Team"), questions=(Question("a", Kind.LINE, Words(en="A")),))


@given(st.one_of(projects, budgets))
def test_a_part_reads_back_as_it_was(part):
    application = Application(currency="MAD", answers={}, call=Call(budget={}))
    section = versions.section_of(part)
    assert section in (Section.PROJECT, Section.BUDGET)
    assert versions.read(application, section, versions.written(part)) == part


def test_answers_read_back_as_they_were_and_a_lost_section_as_none(application):
    part = Answered(SHEET, {"a": "text"})
    assert versions.written(part) == {"a": "text"} and versions.section_of(part) == "team"
    assert versions.read(application, "team", {"a": "text"}) is None
