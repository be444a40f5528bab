"""How a call's applicants are told: the wording of each letter in three languages, and what a real one will read."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.validators import ValidationError

from grants.awards import letters as wording
from grants.awards import policy, queries
from grants.awards.models import Decision, Occasion
from grants.awards.picture import Picture, picture
from grants.calls.models import Call
from grants.core.i18n import LANGUAGES, NATIVE_NAMES, Reader, Words, render
from grants.people.models import Person
from grants.web.access import access
from grants.web.board import portal
from grants.web.board.picture import speak
from grants.web.forms import Form, WordsField
from workflows.decision import decision_letter
from workflows.letters import preview


class WordingForm(Form):
    """One letter, in as many languages as one likes: a language left empty is written in our words."""

    body = WordsField(_l("Wording"), multiline=True, required=False, longest=wording.LONGEST)

    def validate_body(self, field: Any) -> None:
        if (why_not := wording.unknown_place(field.data)) is not None:
            raise ValidationError(why_not)


@dataclass(frozen=True)
class Sample:
    """One letter as its reader would receive it."""

    language: str
    name: str
    direction: str
    subject: str
    text: str


@portal.get("/calls/<uuid:id>/letters")
@access(policy.steer, queries.decided_call)
def letters(user: Person, call: Call) -> Any:
    """The letter of one occasion, and its preview for one applicant in each language."""
    occasion = _occasion(request.args.get("occasion"))
    return _page(user, call, occasion, WordingForm(data={"body": wording.wordings(call.id).get(occasion)}))


@portal.post("/calls/<uuid:id>/letters")
@access(policy.steer, queries.decided_call)
def word_letter(user: Person, call: Call) -> Any:
    """Keep the wording; whatever was sent before stays as it was."""
    occasion = _occasion(request.args.get("occasion"))
    form = WordingForm(data={"body": wording.wordings(call.id).get(occasion)})
    if not form.validate_on_submit():
        return _page(user, call, occasion, form)
    wording.word(call, occasion, Words(form.body.data or {}), actor=user)
    flash(_("Kept. Letters sent from now on use it."), "ok")
    return redirect(url_for(".letters", id=call.id, occasion=occasion.value, project=request.args.get("project")), 303)


def _occasion(asked: str | None) -> Occasion:
    return Occasion(asked) if asked in set(Occasion) else Occasion.FUNDED


def _page(user: Person, call: Call, occasion: Occasion, form: WordingForm) -> Any:
    speak(call)
    found = picture(user, call)
    chosen = _chosen(user, found, occasion)
    body = Words(form.body.data or {})
    sound = wording.unknown_place(body) is None
    return render_template(
        "board/letters.html",
        call=call,
        form=form,
        occasion=occasion,
        occasions=list(Occasion),
        places=wording.PLACES,
        ours=[(one, NATIVE_NAMES[one], [render(line, one) for line in wording.OURS[occasion]]) for one in LANGUAGES],
        projects=[row for theme in found.themes for row in theme.rows],
        chosen=chosen,
        samples=_samples(chosen, occasion, body) if chosen is not None and sound else [],
    )


def _chosen(user: Person, found: Picture, occasion: Occasion) -> Decision | None:
    """The applicant asked for, else the first whom such a letter would concern."""
    rows = [row for theme in found.themes for row in theme.rows]
    if not rows:
        return None
    asked = request.args.get("project")
    fitting = [row for row in rows if occasion.value in {row.state.value, row.proposal.value}]
    first = next((row for row in rows if str(row.id) == asked), (fitting or rows)[0])
    return queries.decision(user, first.id)


def _samples(decision: Decision, occasion: Occasion, body: Words) -> list[Sample]:
    cluster = decision.call.fund.cluster
    made = []
    for language in LANGUAGES:
        reader = Reader(language, cluster.country, cluster.timezone)
        subject, text = preview(decision_letter(decision, occasion, decision.application.lead, body, reader), reader)
        made.append(Sample(language, NATIVE_NAMES[language], reader.direction, subject, text))
    return made
