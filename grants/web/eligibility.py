"""The self-test and its answers, which a visitor's own browser keeps, signed, for a week: the server keeps nothing."""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any
from uuid import UUID

from flask import current_app, request
from flask_babel import lazy_gettext as _l
from itsdangerous import BadData, URLSafeTimedSerializer
from werkzeug.wrappers import Response
from wtforms import RadioField, SelectField
from wtforms.fields.choices import SelectChoice

from grants.calls.eligibility import FACT_LABELS, Answer, Facts, Finding
from grants.calls.models import Call
from grants.clusters.models import MembershipState
from grants.core.i18n import N_
from grants.core.shapes import from_json, to_json
from grants.core.types import Money
from grants.people.countries import COUNTRIES
from grants.people.facts import problems_with
from grants.people.models import ORGANISATION_LABELS, OrganisationKind
from grants.web.facts import FactsFields, day_limits
from grants.web.filters import Tag
from grants.web.forms import Form, MoneyField, Versioned

COOKIE = "eligibility"
A_WEEK = 7 * 24 * 3600
TOGETHER = {"turnover": ("turnover", "turnover_currency", "turnover_year")}
WARNED = Tag("warn", N_("Not met: a warning"), "triangle-alert")
LATER = Tag("none", N_("At submission"), "clock-3")
AID_HINT = N_(
    "By all companies of its group, from any public body, over the period of the rule; 0 if none. Grants "
    "recorded here are added by themselves."
)
LOOKS = {
    Answer.PASSES: Tag("ok", Answer.PASSES.label, "circle-check"),
    Answer.FAILS: Tag("bad", Answer.FAILS.label, "circle-x"),
    Answer.UNKNOWN: Tag("info", Answer.UNKNOWN.label, "circle-dashed"),
}


def look(finding: Finding) -> Tag:
    if finding.answer == Answer.UNKNOWN and not finding.rule.questions():
        return LATER
    return WARNED if finding.answer == Answer.FAILS and not finding.blocks else LOOKS[finding.answer]


class FactsForm(FactsFields, Form, Versioned):
    """Only the facts that `ask` names; what is left empty is not known."""

    kind = SelectField(
        _l("Kind of organisation"),
        choices=[
            SelectChoice("", _l("Choose")),
            *(SelectChoice(str(kind), label) for kind, label in ORGANISATION_LABELS.items()),
        ],
        filters=[lambda value: value or ""],
    )
    country = SelectField(
        _l("Country where it is registered"),
        choices=[SelectChoice("", _l("Choose")), *(SelectChoice(*one) for one in COUNTRIES.items())],
        filters=[lambda value: value or ""],
    )
    membership = RadioField(
        _l("Is it a member of the cluster?"),
        choices=[SelectChoice("yes", _l("Yes")), SelectChoice("no", _l("No"))],
        validate_choice=False,
    )
    aid_elsewhere = MoneyField(_l("Public aid received elsewhere"))

    ORDER = ("kind", "country", "founded_on", "staff", "turnover", "sector", "membership", "aid_elsewhere")

    def __init__(self, ask: Sequence[str], call: Call, known: Facts, **kwargs: Any) -> None:
        values = {"turnover_currency": call.currency} | {k: v for k, v in _values(known).items() if v is not None}
        super().__init__(data=values, currency=call.currency, **kwargs)
        shown = [name for one in self.ORDER if one in ask for name in TOGETHER.get(one, (one,))]
        for field in list(self.visible()):
            if field.name not in shown:
                del self[field.name]
            else:
                field.flags.required = True  # not "optional": without it the rule cannot be judged
        self.asked = shown
        if "membership" in self:
            self.membership.label.text = N_("Is it a member of %(cluster)s?", cluster=call.fund.cluster.name)
        if "aid_elsewhere" in self:
            self.aid_elsewhere.minimum = Money(0, call.currency)
            self.aid_elsewhere.description = AID_HINT
        day_limits(self)

    def in_order(self) -> list[Any]:
        """The fields as they are asked."""
        return [self[name] for name in self.asked]

    def answers(self) -> Facts:
        typed: dict[str, Any] = self.data
        about, member = self.facts(), typed.get("membership")
        return Facts(
            kind=OrganisationKind(typed["kind"]) if typed.get("kind") else None,
            country=typed.get("country") or None,
            founded_on=about.founded_on,
            staff=about.staff,
            turnover=about.turnover,
            turnover_year=about.turnover_year,
            sector=about.sector,
            membership={"yes": MembershipState.DECLARED, "no": MembershipState.ABSENT}.get(member or ""),
            aid_elsewhere=typed.get("aid_elsewhere"),
        )

    def validate(self, extra_validators: Any = None) -> bool:
        if not super().validate(extra_validators):
            return False
        wrong = {name: one for name, one in problems_with(self.facts()).items() if name in self}
        for name, problem in wrong.items():
            self[name].errors = [problem]
        return not wrong


def _values(known: Facts) -> dict[str, Any]:
    """Facts as the fields of a form hold them."""
    values = {one.name: getattr(known, one.name) for one in fields(known)}
    if known.membership is not None:
        values["membership"] = "no" if known.membership == MembershipState.ABSENT else "yes"
    values["turnover_currency"] = known.turnover.currency if known.turnover is not None else None
    return values


# --- what the browser keeps -----------------------------------------------------------------------------------


@dataclass(frozen=True)
class Answers:
    """The facts typed in self-tests, and the call and cluster of the last one."""

    call_id: UUID
    cluster_id: UUID
    facts: Facts

    def for_call(self, call: Call) -> Facts:
        """Membership is that of one cluster, aid elsewhere that of one call's period: they go no further."""
        facts = self.facts if self.cluster_id == call.fund.cluster_id else replace(self.facts, membership=None)
        return facts if self.call_id == call.id else replace(facts, aid_elsewhere=None)

    def for_organisation(self) -> dict[str, Any]:
        """As the form of an organisation holds them."""
        values = {name: value for name, value in _values(self.facts).items() if value is not None}
        if self.facts.membership == MembershipState.DECLARED:
            values["members"] = [str(self.cluster_id)]
        return values


def answers() -> Answers | None:
    """None without a cookie, with one that is too old, and with one that is not ours."""
    try:
        kept = _signer().loads(request.cookies.get(COOKIE, ""), max_age=A_WEEK)
        return Answers(UUID(kept["call"]), UUID(kept["cluster"]), from_json(Facts, kept["facts"]))
    except (BadData, ValueError, KeyError, TypeError):
        return None


def remember(response: Response, call: Call, facts: Facts, asked: Sequence[str]) -> Response:
    """These answers to what was asked; what other calls asked before stays."""
    before = answers()
    whole = before.for_call(call) if before else Facts()
    named = {one.name for one in fields(Facts)}
    whole = replace(whole, **{name: getattr(facts, name) for name in asked if name in named})
    kept = {"call": str(call.id), "cluster": str(call.fund.cluster_id), "facts": to_json(whole)}
    response.set_cookie(
        COOKIE, str(_signer().dumps(kept)), max_age=A_WEEK, httponly=True, samesite="Lax", secure=request.is_secure
    )
    return response


def forget(response: Response) -> Response:
    response.delete_cookie(COOKIE, httponly=True, samesite="Lax", secure=request.is_secure)
    return response


def _signer() -> URLSafeTimedSerializer:
    return URLSafeTimedSerializer(str(current_app.secret_key), salt="eligibility answers")


def changed(saved: Facts, typed: Facts, asked: Sequence[str]) -> list[tuple[Any, Facts, Facts]]:
    """Where a self-test said something else than what is saved: label, saved fact, fact typed."""
    named = [name for name in asked if name in FACT_LABELS and name != "turnover_year"]
    return [
        (FACT_LABELS[name], saved.only([name]), typed.only([name]))
        for name in named
        if None not in (getattr(saved, name), getattr(typed, name))
        and _values(saved.only([name])) != _values(typed.only([name]))
    ]


def filled(saved: Facts, typed: Facts) -> Facts:
    """What is saved, and where nothing is, what was typed."""
    empty = [one.name for one in fields(Facts) if getattr(saved, one.name) is None]
    if saved.turnover is not None:
        empty = [name for name in empty if name != "turnover_year"]
    return replace(saved, **{name: getattr(typed, name) for name in empty})
