"""The arithmetic of account numbers: the examples of the product's page, and what each key promises to catch."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grants.profiles import bank

EXAMPLES = [
    ("MA", "001810007800020110620318"),
    ("DZ", "00400174401001050486"),
    ("DZ", "02100001113000000570"),
    ("CI", "CI0080111301134291200589"),
]
digits = st.integers(0, 9).map(str)


def wrong(number: str, country: str) -> bool:
    return bank.check(number, country).wrong is not None


@pytest.mark.parametrize(("country", "rib"), EXAMPLES)
def test_the_examples_pass_however_they_are_spaced(country, rib):
    assert bank.check(rib, country) == bank.Checked(rib)
    spaced = " ".join(rib[at : at + 4] for at in range(0, len(rib), 4)).lower()
    assert bank.check(f" {spaced}\u00a0", country) == bank.Checked(rib)


@pytest.mark.parametrize(("country", "rib"), EXAMPLES)
def test_every_single_wrong_digit_is_caught(country, rib):
    for at in range(3 if country == "DZ" else 0, len(rib)):  # Algeria: the key does not cover the bank
        for other in "0123456789" if rib[at].isdigit() else "":
            if other != rib[at]:
                assert wrong(rib[:at] + other + rib[at + 1 :], country), (at, other)


@pytest.mark.parametrize(("country", "rib"), EXAMPLES)
def test_neighbours_swapped_are_caught(country, rib):
    for at in range(3 if country == "DZ" else 5, len(rib) - 1):
        if rib[at] != rib[at + 1]:
            assert wrong(rib[:at] + rib[at + 1] + rib[at] + rib[at + 2 :], country), at


def moroccan(front: str) -> str:
    return front + f"{97 - int(front) * 100 % 97:02}"


def algerian(front: str) -> str:
    return front + f"{97 - int(front[3:]) * 100 % 97:02}"


def west_african(country: str, front: str) -> str:
    value = int("".join(bank.LETTERS.get(one, one) for one in country + front))
    return country + front + f"{97 - value * 100 % 97:02}"


@given(st.text("0123456789", min_size=22, max_size=22), st.integers(0, 23), st.integers(1, 9))
def test_morocco_catches_a_wrong_digit_anywhere(front, at, by):
    rib = moroccan(front)
    assert not wrong(rib, "MA")
    assert wrong(rib[:at] + str((int(rib[at]) + by) % 10) + rib[at + 1 :], "MA")


@given(st.text("0123456789", min_size=18, max_size=18), st.integers(0, 19), st.integers(1, 9))
def test_algeria_catches_a_wrong_digit_but_in_the_bank(front, at, by):
    rib = algerian(front)
    assert not wrong(rib, "DZ")
    assert wrong(rib[:at] + str((int(rib[at]) + by) % 10) + rib[at + 1 :], "DZ") == (at >= 3)


@given(
    st.sampled_from(sorted(bank.UEMOA)),
    st.tuples(st.text("0123456789", min_size=3, max_size=3), st.text("0123456789AKZ", min_size=17, max_size=17)),
    st.integers(2, 23),
    st.integers(1, 9),
)
def test_west_africa_catches_a_wrong_digit(country, front, at, by):
    rib = west_african(country, "".join(front))
    assert not wrong(rib, country)
    if rib[at].isdigit():
        assert wrong(rib[:at] + str((int(rib[at]) + by) % 10) + rib[at + 1 :], country)


def iban(country: str, rib: str) -> str:
    value = int("".join(str(int(one, 36)) for one in rib + country + "00"))
    return f"{country}{98 - value % 97:02}{rib}"


@pytest.mark.parametrize(("country", "rib"), [one for one in EXAMPLES if one[0] != "DZ"])
def test_an_iban_is_kept_as_the_rib_inside_it(country, rib):
    assert bank.check(iban(country, rib), country) == bank.Checked(rib)
    assert wrong(f"{country}00{rib}", country), "its own key counts too"


@pytest.mark.parametrize(
    ("country", "number", "fine"),
    [
        ("FR", "FR76 3000 6000 0112 3456 7890 189", True),
        ("FR", "FR7630006000011234567890188", False),
        ("TN", "TN5910006035183598478831", True),
        ("TN", "FR7630006000011234567890189", False),
        ("GB", "GB82WEST12345698765432", True),
        ("FR", "30006000011234567890189", False),
    ],
)
def test_elsewhere_it_is_an_iban(country, number, fine):
    assert wrong(number, country) != fine


@pytest.mark.parametrize(
    "number", ["", "1" * 23, "1" * 25, "é" * 24, "٠" * 24, "0" * 23 + "X", "<script>", "\x00" * 24]
)
@pytest.mark.parametrize("country", ["MA", "DZ", "CI", "SN", "FR"])
def test_what_is_no_account(country, number):
    assert wrong(number, country)


@given(st.text(max_size=40), st.sampled_from(["MA", "DZ", "CI", "FR", "TN"]))
def test_whatever_is_typed_gets_an_answer(typed, country):
    bank.check(typed, country)
