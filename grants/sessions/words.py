"""What a line of the log says, in whatever language: one sentence for the screen, the PDF and the workbook."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from grants.core.i18n import N_, Text
from grants.core.types import Money
from grants.sessions.models import CHOICE_LABELS, TIE_LABELS, Choice, Happening, TieRule

OUTCOMES = {"funded": N_("Proposed for funding"), "reserve": N_("Reserve list"), "rejected": N_("Not proposed")}
NOBODY = N_("nobody")


def points(hundredths: int | None) -> Decimal | str:
    """A mark of 100 for a sentence; a dash where there is none."""
    return "—" if hundredths is None else Decimal(hundredths) / 100


def sentence(line: dict[str, Any], currency: str) -> Text:
    """From a line as `content.written` writes it: kind, actor, person, item and details."""
    kind, said = Happening(line["kind"]), line["details"]
    who, whom = line["actor"], line["person"] or NOBODY
    file = line["item"]["reference"] if line["item"] else ""
    match kind:
        case Happening.PLANNED:
            at = datetime.fromisoformat(said["starts_at"])
            return N_("The session is planned for %(when)s, %(place)s.", when=at, place=said["place"])
        case Happening.OPENED:
            return N_("%(who)s opens the session.", who=who)
        case Happening.CLOSED:
            return N_("%(who)s closes the session. The ranking goes to the strategic committee.", who=who)
        case Happening.ENTERED:
            return N_("%(whom)s enters.", whom=whom)
        case Happening.LEFT:
            return N_("%(whom)s leaves.", whom=whom)
        case Happening.ACTING if line["person"] is None:
            return N_("The chair is no longer stood in for where they step aside.")
        case Happening.ADJOURNED:
            return N_("%(who)s adjourns the session: %(reason)s", who=who, reason=said["reason"])
        case Happening.ACTING:
            return N_("%(whom)s acts as chair where the chair steps aside.", whom=whom)
        case Happening.QUORUM_LOST | Happening.QUORUM_REGAINED:
            return _quorum(kind, said)
        case Happening.RECUSED:
            return N_("%(whom)s steps aside from %(file)s: %(reason)s", whom=whom, file=file, reason=said["reason"])
    return _of_item(kind, said, who, whom, file, currency)


def _quorum(kind: Happening, said: dict[str, Any]) -> Text:
    figures = {name: said[name] for name in ("present", "members", "needed")}
    if kind is Happening.QUORUM_LOST:
        return N_(
            "The quorum is lost: %(present)s of %(members)s voting members present, %(needed)s needed.", **figures
        )
    return N_("There is a quorum: %(present)s of %(members)s voting members present, %(needed)s needed.", **figures)


def _of_item(kind: Happening, said: dict[str, Any], who: str, whom: Any, file: str, currency: str) -> Text:
    match kind:
        case Happening.ITEM_ADDED:
            return N_("%(file)s is added to the agenda.", file=file)
        case Happening.ITEM_MOVED if said.get("put_back"):
            return N_("%(file)s is put back on the agenda.", file=file)
        case Happening.ITEM_MOVED:
            return N_("%(file)s is moved on the agenda.", file=file)
        case Happening.RAPPORTEUR:
            return N_("Rapporteur of %(file)s: %(whom)s.", file=file, whom=whom)
        case Happening.ITEM_OPENED:
            return N_("%(file)s comes up for discussion.", file=file)
        case Happening.CONSENSUS:
            return _consensus(said, file)
        case Happening.AMOUNT:
            return N_(
                "%(file)s: the amount proposed goes from %(before)s to %(after)s.",
                file=file,
                before=Money(said["before"], currency),
                after=Money(said["after"], currency),
            )
        case Happening.TIE_BROKEN:
            return N_(
                "%(file)s has rank %(rank)s: equal marks, ordered by %(rule)s.",
                file=file,
                rank=said["rank"],
                rule=TIE_LABELS[TieRule(said["rule"])],
            )
        case Happening.LOT_DRAWN:
            return N_(
                "Lot no. %(number)s is drawn: %(order)s. Seed: %(seed)s. SHA-256 published before: %(hash)s.",
                number=said["number"],
                order=", ".join(said["order"]),
                seed=said["seed"],
                hash=said["seed_hash"],
            )
        case Happening.ITEM_SETTLED:
            return _settled(said, file, currency)
    return _vote(kind, said, whom, file)


def _consensus(said: dict[str, Any], file: str) -> Text:
    figures = {"file": file, "before": points(said["before"]), "after": points(said["after"])}
    if said["dissent"]:
        return N_(
            "%(file)s: the commission agrees on %(after)s of 100 (before: %(before)s). Reason: %(reason)s Dissent:"
            " %(dissent)s",
            **figures,
            reason=said["reason"],
            dissent=said["dissent"],
        )
    return N_(
        "%(file)s: the commission agrees on %(after)s of 100 (before: %(before)s). Reason: %(reason)s",
        **figures,
        reason=said["reason"],
    )


def _settled(said: dict[str, Any], file: str, currency: str) -> Text:
    if said["rejected"]:
        return N_("%(file)s is settled: not proposed, by vote.", file=file)
    return N_(
        "%(file)s is settled at %(score)s of 100, for %(amount)s.",
        file=file,
        score=points(said["score"]),
        amount=Money(said["amount"], currency),
    )


def _vote(kind: Happening, said: dict[str, Any], whom: Any, file: str) -> Text:
    match kind:
        case Happening.VOTE_OPENED:
            if said["secret"]:
                return N_("%(file)s: a secret vote opens on proposing it for funding.", file=file)
            return N_("%(file)s: a vote opens on proposing it for funding.", file=file)
        case Happening.VOTE_CAST:
            if choice := said.get("choice"):
                return N_("%(whom)s votes: %(choice)s.", whom=whom, choice=CHOICE_LABELS[Choice(choice)])
            return N_("%(whom)s has voted.", whom=whom)
        case Happening.VOTE_CANCELLED:
            return N_("%(file)s: the vote is cancelled.", file=file)
    figures = {name: said[name] for name in ("in_favour", "against", "abstained")}
    if said["carried"]:
        return N_(
            "%(file)s: carried, %(in_favour)s for, %(against)s against, %(abstained)s abstained.", file=file, **figures
        )
    return N_(
        "%(file)s: not carried, %(in_favour)s for, %(against)s against, %(abstained)s abstained.", file=file, **figures
    )
