"""A new draft that begins as an earlier call was: its rules, its questions, its documents, what it asks of a budget."""

from grants.calls import questionnaires
from grants.calls.models import Call
from grants.calls.questionnaire import Outline
from grants.calls.required import asked_like
from grants.calls.rule_verbs import begin_with
from grants.core.errors import Refused
from grants.core.i18n import N_


def begin_like(call: Call, source: Call) -> Outline:
    """In a running transaction that makes the draft: give it all of it; answers with the questions, for its first
    version. Raises Refused for a call in another currency, whose amounts would say something else here.

    The source's rules and documents must be loaded.
    """
    if source.currency != call.currency:
        raise Refused(N_("That call counts in another currency: its amounts cannot be copied."))
    begin_with(call, [(one.rule, one.blocks) for one in source.rules])
    call.required = asked_like(source)
    call.budget, call.follow_up = dict(source.budget), dict(source.follow_up)
    return questionnaires.read_by_applicants(source)  # not a correction that nobody has published yet
