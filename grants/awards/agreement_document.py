"""An agreement in one language: values for its page and for templates/documents/agreement.typ."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import select

from grants.awards import agreement_text, signing
from grants.awards.models import CAPACITY_LABELS, INSTALMENT_LABELS, Agreement, Amendment, InstalmentKind
from grants.awards.terms import Terms, changes
from grants.calls.models import INSTRUMENT_LABELS, Instrument
from grants.core import i18n
from grants.core.db import db
from grants.core.i18n import N_, Reader, Words
from grants.core.types import Money
from grants.profiles.models import BankAccount


def document(agreement: Agreement, reader: Reader, *, whole_account: bool) -> dict[str, Any]:
    """Every word is in the reader's language; what people typed stays as they typed it.

    `whole_account`: the bank account's number is written out, for those who sign.
    """
    award, text = agreement.award, agreement_text.text_of(agreement)

    def say(value: Any) -> str:
        return i18n.plain(value, reader)

    def money(minor: int) -> str:
        return i18n.money(Money(minor, text["currency"]), reader, exact=True)

    def day(iso: str | None) -> str:
        return say(date.fromisoformat(iso)) if iso else "—"

    facts = [
        (N_("Agreement"), text["number"]),
        (N_("Project"), text["title"]),
        (N_("Lead beneficiary"), text["beneficiary"]),
        *([(N_("Partners"), " · ".join(text["partners"]))] if text["partners"] else []),
        (N_("Call"), f"{say(Words(text['call']['title']))} ({text['call']['code']})"),
        (N_("Instrument"), INSTRUMENT_LABELS[Instrument(text["instrument"])]),
        (N_("Amount awarded"), money(text["amount"])),
        (N_("Starts"), day(text["starts_on"])),
        (N_("Ends"), day(text["ends_on"])),
    ]
    digest = agreement.text_hash or agreement_text.hash_of(text)
    moment = max((one.signed_at for one in agreement.signatures), default=agreement.created_at)
    return {
        "language": reader.language,
        "direction": reader.direction,
        "date": list(moment.timetuple()[:6]),
        "site": say(N_("Tamwil")),
        "fund": text["fund"],
        "title": say(N_("Grant agreement")),
        "draft": "" if agreement.text_hash else say(N_("Draft, not sent for signature")),
        "facts": [[say(label), say(value)] for label, value in facts],
        "clauses": [
            [f"{n}. {say(Words(one['title']))}", one["body"].get(reader.language, [])]
            for n, one in enumerate(text["clauses"], 1)
        ],
        "annexes": [
            {
                "title": say(N_("Annex 1: budget of the project, without VAT")),
                "head": [say(N_("Category")), say(N_("Amount"))],
                "rows": [[say(Words(one["name"])), money(one["amount"])] for one in text["budget"]],
                "total": _total(say, [one["amount"] for one in text["budget"]], money),
                "none": say(N_("The call asks for no budget by category.")),
            },
            {
                "title": say(N_("Annex 2: schedule of payments")),
                "head": [say(N_("Instalment")), say(N_("Planned")), say(N_("Amount"))],
                "rows": [
                    [
                        f"{one['position']}. {say(INSTALMENT_LABELS[InstalmentKind(one['kind'])])}",
                        day(one["due_on"]),
                        money(one["amount"]),
                    ]
                    for one in text["instalments"]
                ],
                "total": _total(say, [one["amount"] for one in text["instalments"]], money, cells=3),
                "none": say(N_("The payments are not planned yet.")),
            },
            {
                "title": say(N_("Annex 3: bank account")),
                "head": [say(N_("Holder")), say(N_("Bank")), say(N_("Account number"))],
                "rows": _account(text["account"], whole_account),
                "total": [],
                "none": say(N_("No account has been verified yet: nothing is paid before.")),
            },
            *_follow_up(text, say, day),
        ],
        "signatures-title": say(N_("Signatures, in order")),
        "signatures-head": [say(one) for one in (N_("Party"), N_("Signed by"), N_("When"))],
        "signatures": [_place(one, award.fund.name, reader) for one in signing.signatories(agreement)],
        "hash-title": say(N_("Fingerprint of the text (SHA-256)")),
        "hash-rows": [digest[:32], digest[32:]],
        "hash-note": say(
            N_(
                "It covers the clauses in every language and the annexes; the account by its last four characters. With"
                " one letter changed it is another. Every signature names this fingerprint."
            )
        ),
        "footer": say(N_("Agreement %(number)s", number=text["number"])),
    }


def _follow_up(text: Mapping[str, Any], say: Any, day: Any) -> list[dict[str, Any]]:
    """The annexes that only some agreements have: milestones, support in kind."""
    asked = {"technical": N_("Technical report"), "financial": N_("Financial report")}
    found = []
    if text["milestones"]:
        found.append(
            {
                "title": say(N_("Annex 4: milestones")),
                "head": [say(N_("Milestone, and what it delivers")), say(N_("Due"))],
                "rows": [
                    [
                        ". ".join(
                            [
                                str(one["position"]),
                                *filter(None, [one["title"], one["deliverables"]]),
                                *(say(asked[key]) for key in asked if one[key]),
                            ]
                        ),
                        day(one["due_on"]),
                    ]
                    for one in text["milestones"]
                ],
                "total": [],
                "none": "",
            }
        )
    if text["supports"]:
        found.append(
            {
                "title": say(N_("Annex %(n)s: support in kind", n=str(4 + len(found)))),
                "head": [say(N_("Support")), say(N_("Unit")), say(N_("Planned"))],
                "rows": [[one["name"], one["unit"], say(one["planned"])] for one in text["supports"]],
                "total": [],
                "none": "",
            }
        )
    return found


def amendment_document(amendment: Amendment, reader: Reader) -> dict[str, Any]:
    """An amendment with what was and what will be, side by side, for templates/documents/amendment.typ."""

    def say(value: Any) -> str:
        return i18n.money(value, reader, exact=True) if isinstance(value, Money) else i18n.plain(value, reader)

    award = amendment.agreement.award
    rows = changes(Terms.of(amendment.before), Terms.of(amendment.after))
    digest = amendment.text_hash or ""
    return {
        "language": reader.language,
        "direction": reader.direction,
        "date": list((amendment.signed_at or amendment.created_at).timetuple()[:6]),
        "site": say(N_("Tamwil")),
        "fund": award.fund.name,
        "title": say(N_("Amendment %(n)s", n=str(amendment.number))),
        "lead": say(N_("Agreement %(number)s", number=award.number)),
        "project": award.title,
        "reason-title": say(N_("Why")),
        "reason": amendment.reason,
        "head": [say(one) for one in (N_("What"), N_("Before"), N_("After"))],
        "rows": [[say(one.label), say(one.before), say(one.after), not one.same] for one in rows],
        "hash-title": say(N_("Fingerprint of the text (SHA-256)")),
        "hash-rows": [digest[:32], digest[32:]] if digest else [],
        "footer": say(N_("Everything else in the agreement stays as it is.")),
    }


def account_number(text: Mapping[str, Any]) -> str | None:
    """The whole number of the account that the text names; for those who sign, and nobody else."""
    kept = text["account"]
    return kept and db.session.scalar(select(BankAccount.number).where(BankAccount.id == UUID(kept["id"])))


def _account(kept: Mapping[str, Any] | None, whole: bool) -> list[list[str]]:
    if kept is None:
        return []
    number = account_number({"account": kept}) if whole else None
    fours = "\u00a0".join(number[at : at + 4] for at in range(0, len(number), 4)) if number else ""
    return [[kept["holder"], kept["bank"], fours or f"•••• {kept['ending']}"]]


def _total(say: Any, minors: Sequence[int], money: Any, cells: int = 2) -> list[str]:
    return [say(N_("Total")), *[""] * (cells - 2), money(sum(minors))] if minors else []


def _place(one: signing.Signatory, fund: str, reader: Reader) -> list[str]:
    party = one.organisation.name if one.organisation else fund
    capacity = i18n.plain(CAPACITY_LABELS[one.capacity], reader)
    if one.signature is None or not one.done:
        return [party, capacity, "", "…"]
    given = one.signature
    return [party, capacity, given.signatory or given.person.name, i18n.moment(given.signed_at, reader)]
