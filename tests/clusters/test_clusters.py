"""Clusters and commissions: set up by administrators, in an order, seen by all."""

import pytest
from sqlalchemy import select

from grants.clusters import policy, queries, service
from grants.clusters.places import COUNTRIES, CURRENCIES, ZONES
from grants.clusters.service import ClusterDraft, CommissionDraft
from grants.core.audit import Event
from grants.core.db import db
from grants.core.errors import Forbidden, LostUpdate, Refused
from grants.core.i18n import Words
from grants.people.models import Role
from tests.factories import ClusterFactory, CommissionFactory, PersonFactory, with_role

DRAFT = ClusterDraft("mnc", "Maroc Numeric Cluster", "MA", "MAD", "Africa/Casablanca")


@pytest.fixture
def admin(app):
    return with_role(Role.ADMIN)


def order(cluster):
    return [one.code for one in queries.cluster(None, cluster.id).commissions]


def test_a_cluster_is_created_and_revised(admin):
    made = service.create_cluster(DRAFT, actor=admin)
    assert made.code == "MNC"
    service.revise_cluster(made, ClusterDraft("MNC", "Other", "DZ", "DZD", "Africa/Algiers"), actor=admin)
    assert (made.name, made.zone.key) == ("Other", "Africa/Algiers")
    with pytest.raises(LostUpdate):
        service.revise_cluster(made, DRAFT, actor=admin, version=made.version - 1)
    names = db.session.scalars(select(Event.name).where(Event.subject_id == made.id)).all()
    assert sorted(names) == ["cluster.create", "cluster.revise"]


def test_a_code_is_used_once(admin):
    service.create_cluster(DRAFT, actor=admin)
    with pytest.raises(Refused, match="already used"):
        service.create_cluster(DRAFT, actor=admin)


@pytest.mark.parametrize("wrong", [{"currency": "ABC"}, {"timezone": "Africa/Nowhere"}])
def test_currency_and_zone_exist(admin, wrong):
    with pytest.raises(Refused, match="There is no"):
        service.create_cluster(ClusterDraft(**vars(DRAFT) | wrong), actor=admin)


def test_commissions_keep_the_order_they_are_given(admin):
    cluster = ClusterFactory()
    for code in ("a", "b", "c"):
        service.create_commission(cluster, CommissionDraft(code, Words(fr=code)), actor=admin)
    assert order(cluster) == ["A", "B", "C"]
    last = queries.cluster(None, cluster.id).commissions[-1]
    service.move_commission(last, earlier=True, actor=admin)
    assert order(cluster) == ["A", "C", "B"]
    service.move_commission(queries.cluster(None, cluster.id).commissions[0], earlier=False, actor=admin)
    assert order(cluster) == ["C", "A", "B"]
    service.move_commission(queries.cluster(None, cluster.id).commissions[0], earlier=True, actor=admin)
    assert order(cluster) == ["C", "A", "B"]


def test_a_commission_has_its_name_in_three_languages(admin):
    made = CommissionFactory()
    service.revise_commission(
        made, CommissionDraft("K9", Words(fr="Santé", ar="الصحة", en="Health")), actor=admin, version=made.version
    )
    assert made.name.in_("ar") == "الصحة"


def test_only_administrators_configure(app):
    cluster = ClusterFactory()
    officer = with_role(Role.OFFICER, cluster=cluster)
    with pytest.raises(Forbidden):
        service.create_cluster(DRAFT, actor=officer)
    with pytest.raises(Forbidden):
        service.create_commission(cluster, CommissionDraft("X", Words(fr="x")), actor=officer)


def test_who_sees_which_policy_and_query_agree(app):
    clusters = [ClusterFactory(), ClusterFactory()]
    for user in (PersonFactory(), with_role(Role.AUDITOR, cluster=clusters[0]), None):
        listed = set(db.session.scalars(queries.visible_to(user)))
        assert listed == {one for one in clusters if policy.view.allows(user, one)}


@pytest.mark.parametrize("rows", [1, 12])
def test_the_list_costs_the_same_however_long(app, queries, rows):
    from grants.clusters.queries import clusters

    for _ in range(rows):
        CommissionFactory.create_batch(2, cluster=ClusterFactory())
    with queries() as seen:
        assert len(clusters(None)) == rows
    assert len(seen) == 2


def test_the_lists_hold_what_exists():
    from zoneinfo import ZoneInfo

    from babel import Locale

    for language in ("fr", "ar_MA", "en_GB"):
        locale = Locale.parse(language)
        assert set(COUNTRIES) <= set(locale.territories)
        assert set(CURRENCIES) <= set(locale.currencies)
    assert all(ZoneInfo(one).key == one for one in ZONES)
