"""The nouns can be made, and the factories make them."""

from tests.factories import ApplicationFactory, ClaimFactory, ReviewFactory


def test_factories_make_whole_stories(app):
    assert ClaimFactory().instalment.agreement.award.application.call.fund.cluster.currency == "MAD"
    assert ReviewFactory().application.requested.currency == "MAD"
    assert ApplicationFactory().version == 1
