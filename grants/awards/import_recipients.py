"""Who the recipients of a file are: matched by identifier, then by normalised name, never by hope.

Two registered numbers of one register are two organisations, whatever their names. A publisher's own identifier
(360G-…-ORG:…) proves nothing of the kind, so there the name decides.
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from babel import Locale

from grants.awards.import_checks import Grant
from grants.core.i18n import N_, Text
from grants.people.identifiers import compact, matching_key

_REGISTERED = re.compile(r"([A-Z]{2}-[A-Z]{2,8}|XI-[A-Z]+)-[A-Z0-9].*")
COUNTRIES = frozenset(code for code in Locale("en").territories if re.fullmatch("[A-Z]{2}", str(code)))


@dataclass(frozen=True)
class Known:
    """An organisation we have: its id, name and what identifies it (external identifier, ICE)."""

    id: UUID
    name: str
    identifiers: tuple[str, ...] = ()


@dataclass
class Party:
    """One recipient: an organisation we have (`id`), or one to be made. `names` and `identifiers` as the file says."""

    id: UUID | None
    name: str
    identifiers: list[str] = field(default_factory=list)
    names: Counter[str] = field(default_factory=Counter)
    city: str | None = None
    rows: list[int] = field(default_factory=list)

    @property
    def external_id(self) -> str | None:
        """The identifier to keep: that of a register before a publisher's own."""
        return next((one for one in self.identifiers if register(one)), next(iter(self.identifiers), None))

    @property
    def country(self) -> str | None:
        """What an identifier of a national register says of the country, as in GB-CHC-1089888."""
        codes = [one[:2] for one in self.identifiers if register(one) and one[:2] in COUNTRIES]
        return codes[0] if codes else None


@dataclass(frozen=True)
class Matched:
    """The recipients, which one each grant (by its row) goes to, and what deserves a look."""

    parties: list[Party]
    party_of: dict[int, Party]
    collisions: list[Text]

    @property
    def country(self) -> str | None:
        """That of most recipients whose country is known."""
        found = Counter(party.country for party in self.parties if party.country)
        return found.most_common(1)[0][0] if found else None


def register(identifier: str) -> str | None:
    """The national register an identifier belongs to, as org-id.guide lists them: GB-CHC; ICE for 15 digits."""
    bare = identifier.strip().upper()
    if re.fullmatch(r"\d{15}", compact(bare)):
        return "ICE"
    found = _REGISTERED.fullmatch(bare)
    return found[1] if found and ":" not in bare else None


def match(grants: Sequence[Grant], known: Iterable[Known] = ()) -> Matched:
    """Give each grant its recipient; the organisations in `known` come first."""
    return _Matching(known).run(grants)


class _Matching:
    def __init__(self, known: Iterable[Known]) -> None:
        self.parties: list[Party] = []
        self.by_identifier: dict[str, Party] = {}
        self.by_name: dict[str, list[Party]] = {}
        self.collisions: dict[str, Text] = {}
        for one in known:
            party = Party(one.id, one.name, list(one.identifiers))
            self.by_name.setdefault(matching_key(one.name), []).append(party)
            for identifier in one.identifiers:
                self.by_identifier[_key(identifier)] = party

    def run(self, grants: Sequence[Grant]) -> Matched:
        party_of = {grant.row: self.place(grant) for grant in grants}
        for party in self.parties:
            if party.id is None:
                party.name = party.names.most_common(1)[0][0]
        return Matched(self.parties, party_of, list(self.collisions.values()))

    def place(self, grant: Grant) -> Party:
        party = self.find(grant) or Party(None, grant.recipient)
        if not party.rows:
            self.parties.append(party)
        party.rows.append(grant.row)
        party.names[grant.recipient] += 1
        party.city = party.city or grant.city
        same_name = self.by_name.setdefault(matching_key(grant.recipient), [])
        if party not in same_name:
            same_name.append(party)
        if grant.recipient_id and _key(grant.recipient_id) not in self.by_identifier:
            self.by_identifier[_key(grant.recipient_id)] = party
            party.identifiers.append(grant.recipient_id)
        return party

    def find(self, grant: Grant) -> Party | None:
        if grant.recipient_id and (party := self.by_identifier.get(_key(grant.recipient_id))):
            if matching_key(grant.recipient) not in {matching_key(party.name), *map(matching_key, party.names)}:
                self.say(
                    N_(
                        "“%(one)s” and “%(other)s” have the same identifier, %(id)s: they are taken as one recipient.",
                        one=party.name,
                        other=grant.recipient,
                        id=grant.recipient_id,
                    )
                )
            return party
        same_name = self.by_name.get(matching_key(grant.recipient), [])
        agreeing = [party for party in same_name if not _contradicts(grant.recipient_id, party)]
        if same_name and not agreeing:
            self.say(
                N_(
                    "“%(name)s” stands under different numbers of the same register (%(id)s): they are taken as "
                    "different recipients.",
                    name=grant.recipient,
                    id=grant.recipient_id or "",
                )
            )
            return None
        if len(agreeing) > 1:
            self.say(
                N_(
                    "Several organisations are called “%(name)s”: the first of them was taken.", name=grant.recipient
                )
            )  # fmt: skip
        if agreeing and grant.recipient_id and agreeing[0].identifiers:
            self.say(
                N_(
                    "“%(name)s” has two identifiers, %(one)s and %(other)s: they are taken as one recipient.",
                    name=grant.recipient,
                    one=agreeing[0].identifiers[0],
                    other=grant.recipient_id,
                )
            )
        return agreeing[0] if agreeing else None

    def say(self, text: Text) -> None:
        self.collisions.setdefault(str(text), text)


def _key(identifier: str) -> str:
    return compact(identifier).replace("_", "")


def _contradicts(identifier: str | None, party: Party) -> bool:
    """Whether the party stands in the same register under another number."""
    mine = register(identifier or "")
    return mine is not None and any(register(one) == mine for one in party.identifiers)
