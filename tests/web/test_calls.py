"""Pages of calls and funds, public and private."""

import pytest

from grants.calls.models import CallState
from tests.factories import CallFactory, CommissionFactory, CriterionFactory, EnvelopeFactory


@pytest.fixture
def call(app):
    call = CallFactory()
    EnvelopeFactory(call=call, commission=CommissionFactory(cluster=call.fund.cluster))
    CriterionFactory(call=call, position=1, weight=100)
    return call


@pytest.mark.parametrize(
    "path", ["/", "/calls", "/help", "/help/applicant", "/help/vocabulary", "/help/access", "/accessibility"]
)
@pytest.mark.parametrize("language", ["fr", "ar", "en"])
def test_public_pages_answer_in_three_languages(client, call, path, language):
    page = client.get(path, headers={"Accept-Language": language})
    assert page.status_code == 200
    assert f'lang="{language}"' in page.text


def test_the_page_of_a_call_is_public_and_a_draft_is_not(client, call):
    assert client.get(f"/calls/{call.id}").status_code == 200
    draft = CallFactory(state=CallState.DRAFT)
    assert client.get(f"/calls/{draft.id}").status_code == 404
