"""The numbers of the product page, and what is near them."""

import pytest

from grants.people import identifiers as ids


@pytest.mark.parametrize("ice", ["001561191000066", "00 15 61 19 10 00 066", "002136093000040"])
def test_an_ice_with_the_usual_key(ice):
    assert ids.ice_problem(ice) is None
    assert ids.ice_warning(ice) is None


def test_an_ice_with_another_key_only_warns():
    assert ids.ice_problem("001561191000065") is None
    assert ids.ice_warning("001561191000065") is not None


@pytest.mark.parametrize("ice", ["", "12345", "00156119100006", "0015611910000666", "00156119100006X", "٠" * 15])
def test_what_is_no_ice(ice):
    assert ids.ice_problem(ice) is not None


def test_establishments_of_one_company():
    assert ids.same_company("001561191000066", "001561191000163")
    assert not ids.same_company("001561191000066", "002136093000040")


@pytest.mark.parametrize(("nif", "fine"), [("416001000000007", True), ("41201600000606600001", True), ("4160", False)])
def test_nif(nif, fine):
    assert (ids.nif_problem(nif) is None) == fine


@pytest.mark.parametrize(("ncc", "fine"), [("1234567A", True), ("1234567", False), ("12345678", False)])
def test_ncc(ncc, fine):
    assert (ids.ncc_problem(ncc) is None) == fine


@pytest.mark.parametrize("name", ["Atlas Santé S.A.R.L.", "ATLAS SANTE", "Sté Atlas-Santé SARL AU", "atlas  santé"])
def test_one_name_however_written(name):
    assert ids.matching_key(name) == "atlas sante"


def test_a_name_that_is_only_a_legal_form_stays():
    assert ids.matching_key("S.A.") == "sa"
