"""What a help page of a role is made of."""

from collections.abc import Sequence
from dataclasses import dataclass

from grants.core.i18n import Text


@dataclass(frozen=True)
class Guide:
    """One role's page: `steps` in order (what to do, how), `checks` the program makes for or against you.

    `asked`: what people ask who do this for the first time, and the answers.
    """

    topic: str
    title: Text
    icon: str
    lead: Text
    steps: Sequence[tuple[Text, Text]]
    checks: Sequence[Text]
    asked: Sequence[tuple[Text, Text]] = ()
