"""One version of the minutes in one language: values for the page and for templates/documents/minutes.typ."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from grants.core import i18n
from grants.core.i18n import N_, Reader, Text, Words
from grants.core.types import Money
from grants.sessions.models import TIE_LABELS, Minutes, TieRule
from grants.sessions.words import OUTCOMES, sentence

DASH = "—"
ISOLATE, END = "\u2068", "\u2069"  # what stands between takes the direction of its own first letter


def apart(text: str) -> str:
    """What somebody typed, or a code: it does not turn round what stands beside it in the other direction."""
    return f"{ISOLATE}{text}{END}" if text else text


def _all_apart(value: Any) -> Any:
    """Every text of a line of the log, before it stands in a sentence."""
    match value:
        case str():
            return apart(value)
        case list():
            return [_all_apart(one) for one in value]
        case dict():
            return {key: _all_apart(one) for key, one in value.items()}
    return value


def document(minutes: Minutes, reader: Reader) -> dict[str, Any]:
    """Every word is in the reader's language; what people typed stays as they typed it."""
    return _Written(minutes, reader).values()


class _Written:
    def __init__(self, minutes: Minutes, reader: Reader) -> None:
        zone = minutes.session.call.fund.cluster.timezone
        self.minutes, self.reader = minutes, Reader(reader.language, reader.country, zone)
        self.content: dict[str, Any] = minutes.content

    def say(self, value: Any) -> str:
        return i18n.plain(value, self.reader)

    def when(self, iso: str | None, style: str = "long") -> str:
        return i18n.moment(datetime.fromisoformat(iso), self.reader, style) if iso else DASH

    def hour(self, iso: str | None) -> str:
        return i18n.clock_time(datetime.fromisoformat(iso), self.reader) if iso else DASH

    def money(self, minor: int | None) -> str:
        return DASH if minor is None else self.say(Money(minor, self.content["currency"]))

    def points(self, hundredths: int | None) -> str:
        return DASH if hundredths is None else i18n.number(Decimal(hundredths) / 100, self.reader, 2)

    def values(self) -> dict[str, Any]:
        said, minutes, say = self.content, self.minutes, self.say
        commission = say(Words(said["commission"]))
        return {
            "language": self.reader.language,
            "direction": self.reader.direction,
            "date": list(minutes.created_at.timetuple()[:6]),
            "site": say(N_("Tamwil")),
            "fund": said["fund"],
            "title": say(N_("Minutes of the session")),
            "lead": commission,
            "version": say(N_("Version %(n)s", n=str(minutes.number))),
            "facts": self._facts(),
            "corrections-title": say(N_("Corrections")),
            "corrections": [
                [
                    say(
                        N_(
                            "Version %(n)s, %(when)s, %(who)s",
                            n=str(one["number"]),
                            when=self.when(one["at"]),
                            who=apart(one["by"]),
                        )
                    ),
                    apart(one["changes"]),
                ]
                for one in said["corrections"]
            ],
            "attendance-title": say(N_("Attendance")),
            "attendance-head": [say(one) for one in (N_("Member"), N_("Entered"), N_("Left"))],
            "attendance": [
                [one["name"], self.hour(one["entered"]), self.hour(one["left"])] for one in said["attendance"]
            ],
            "absent": self._absent(),
            "ranking-title": say(N_("Ranking and proposals")),
            "ranking-head": [
                say(one)
                for one in (
                    N_("Rank"),
                    N_("Line"),
                    N_("Project"),
                    N_("Mean of 100"),
                    N_("Consensus mark"),
                    N_("Amount proposed"),
                    N_("Proposal"),
                )
            ],
            "ranking": [self._line(one) for one in said["ranking"]],
            "cut": self._cut(),
            "lots-title": say(N_("Lots drawn")),
            "lots": [self._lot(one) for one in said["lots"]],
            "log-title": say(N_("What happened, from the session’s log")),
            "log": [[str(one["number"]), self.hour(one["at"]), say(self._sentence(one))] for one in said["log"]],
            "signatures-title": say(N_("Signatures")),
            "signatures": [
                [
                    one.name,
                    say(N_("Led the session") if one.led else N_("Member")),
                    i18n.moment(one.created_at, self.reader),
                ]
                for one in minutes.signatures
            ],
            "unsigned": say(N_("Nobody has signed this version yet.")),
            "hash-title": say(N_("Fingerprint of the text (SHA-256)")),
            "hash-rows": [minutes.sha256[:32], minutes.sha256[32:]],
            "hash-note": say(
                N_(
                    "It covers everything above the signatures, in every language, and is kept in the chain of events:"
                    " with one letter changed it is another. Every signature names this fingerprint."
                )
            ),
            "footer": say(N_("%(commission)s, version %(n)s", commission=commission, n=str(minutes.number))),
        }

    def _sentence(self, line: dict[str, Any]) -> Text:
        """What people typed, names and references apart; what the sentence is chosen by, as it is."""
        kept = {name: line["details"][name] for name in ("rule", "choice", "starts_at") if name in line["details"]}
        typed = {name: _all_apart(line[name]) for name in ("actor", "person", "item")}
        details = _all_apart(line["details"]) | kept
        return sentence({**line, **typed, "details": details}, self.content["currency"])

    def _facts(self) -> list[list[Any]]:
        said, say, rules = self.content, self.say, self.content["rules"]
        ties: list[Text] = [TIE_LABELS[TieRule(one)] for one in [*rules["ties"], "lot"]]
        comma = "، " if self.reader.language == "ar" else ", "
        pairs: list[tuple[Text, str]] = [
            (N_("Call"), f"{say(Words(said['call']['title']))} ({apart(said['call']['code'])})"),
            (N_("Session opened"), self.when(said["opened_at"])),
            (N_("Session closed"), self.when(said["closed_at"])),
            (N_("Place"), said["place"]),
            (N_("Envelope"), self.money(said["envelope"])),
            (
                N_("Quorum"),
                say(
                    N_(
                        "%(n)s of the voting members who do not step aside",
                        n=i18n.percent(rules["quorum"], self.reader),
                    )
                ),
            ),
            (N_("Equal marks"), comma.join(say(one) for one in ties)),
        ]
        if rules["threshold"] is not None:
            pairs.append((N_("Lowest mark that may be proposed"), self.points(rules["threshold"])))
        return [[say(label), value] for label, value in pairs]

    def _absent(self) -> str:
        came = {one["name"] for one in self.content["attendance"]}
        away = [one for one in self.content["members"] if one not in came]
        comma = "، " if self.reader.language == "ar" else ", "
        return self.say(N_("Absent: %(names)s.", names=comma.join(map(apart, away)))) if away else ""

    def _line(self, one: dict[str, Any]) -> dict[str, Any]:
        say = self.say
        notes = []
        if one["rule"]:
            notes.append(say(N_("Equal marks: ordered by %(rule)s.", rule=TIE_LABELS[TieRule(one["rule"])])))
        if one["reason"]:
            notes.append(say(N_("Why this mark: %(reason)s", reason=apart(one["reason"]))))
        if one["dissent"]:
            notes.append(say(N_("Dissent: %(dissent)s", dissent=apart(one["dissent"]))))
        if one["aside"]:
            comma = "، " if self.reader.language == "ar" else ", "
            notes.append(say(N_("Stepped aside: %(names)s.", names=comma.join(map(apart, one["aside"])))))
        return {
            "rank": str(one["rank"]),
            "line": str(one["line"] or DASH),
            "title": one["title"],
            "reference": one["reference"],
            "organisation": one["organisation"],
            "raw": self.points(one["raw"]),
            "consensus": self.points(one["consensus"]),
            "amount": self.money(one["amount"]) if one["outcome"] != "rejected" else DASH,
            "requested": say(N_("requested: %(amount)s", amount=self.money(one["requested"]))),
            "outcome": say(OUTCOMES[one["outcome"]]),
            "kind": one["outcome"],
            "notes": notes,
        }

    def _cut(self) -> str:
        spent = max((one["spent"] or 0 for one in self.content["ranking"]), default=0)
        return self.say(
            N_(
                "Line of the envelope: %(spent)s proposed of %(envelope)s, %(left)s left.",
                spent=self.money(spent),
                envelope=self.money(self.content["envelope"]),
                left=self.money(self.content["envelope"] - spent),
            )
        )

    def _lot(self, one: dict[str, Any]) -> list[str]:
        return [
            self.say(N_("Lot no. %(n)s", n=str(one["number"]))),
            " → ".join(one["order"]),
            one["seed"],
            one["seed_hash"],
        ]
