"""Sentences, amounts and dates in three languages and several countries. No database."""

import copy
import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from zoneinfo import ZoneInfo

import pytest

from grants.core import i18n
from grants.core.i18n import N_, NBSP, N_n, Reader, Text, Words, render
from grants.core.types import Money

FR, EN = Reader("fr"), Reader("en")
MA, DZ = Reader("ar", "MA", "Africa/Casablanca"), Reader("ar", "DZ", "Africa/Algiers")
CLOSE = datetime(2026, 12, 6, 22, 59, tzinfo=UTC)


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    """Two small catalogues; the Arabic one has six plural forms."""
    header = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=utf-8\\n"\n'
    arabic = (
        '"Plural-Forms: nplurals=6; plural=(n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : '
        'n%100>=11 && n%100<=99 ? 4 : 5);\\n"\n'
    )
    files = ["لا ملف", "ملف", "ملفان", "%(n)s ملفات", "%(n)s ملفا", "%(n)s ملف"]
    forms = "".join(f'msgstr[{i}] "{one}"\n' for i, one in enumerate(files))
    catalogues = {
        "fr": header
        + '"Plural-Forms: nplurals=2; plural=(n > 1);\\n"\n\nmsgid "“%(call)s” closed on %(when)s."\n'
        + 'msgstr "« %(call)s » a fermé le %(when)s."\n\nmsgid "Slip %(x)s"\nmsgstr "Faux %(y)s"\n'
        + '#, fuzzy\nmsgid "Guess"\nmsgstr "Deviné"\n\nmsgid "Reviewer"\nmsgstr "Expert"\n',
        "ar": header + arabic + '\nmsgid "%(n)s file"\nmsgid_plural "%(n)s files"\n' + forms,
    }
    for language, text in catalogues.items():
        folder = tmp_path / language / "LC_MESSAGES"
        folder.mkdir(parents=True)
        (folder / "messages.po").write_text(text, encoding="utf-8")
    monkeypatch.setattr(i18n, "CATALOGUES", tmp_path)
    i18n.catalogue.cache_clear()
    yield
    i18n.catalogue.cache_clear()


def test_a_sentence_speaks_its_readers_language(catalogues):
    text = N_("“%(call)s” closed on %(when)s.", call=Words(fr="Santé", ar="الصحة"), when=CLOSE)
    assert str(text) == "“Santé” closed on 6 December 2026, 23:59 (Casablanca time)."
    assert render(text, FR) == "« Santé » a fermé le 6 décembre 2026, 23:59 (heure de Casablanca)."
    assert "الصحة" in render(text, MA) and "توقيت الدار البيضاء" in render(text, MA)


@pytest.mark.parametrize(
    ("n", "expected"), [(0, "لا ملف"), (1, "ملف"), (2, "ملفان"), (3, "3 ملفات"), (11, "11 ملفا"), (100, "100 ملف")]
)
def test_arabic_has_six_plurals(catalogues, n, expected):
    assert render(N_n("%(n)s file", "%(n)s files", n), MA) == expected


def test_a_translators_slip_falls_back_and_fuzzy_is_left_out(catalogues):
    assert render(N_("Slip %(x)s", x=1), FR) == "Slip 1"
    assert render(N_("Guess"), FR) == "Guess"


def test_labels_of_enums_and_texts_inside_texts(catalogues):
    class Role(StrEnum):
        REVIEWER = "reviewer"

        @property
        def label(self) -> Text:
            return N_("Reviewer")

    assert render(N_("As %(role)s", role=Role.REVIEWER), FR) == "As Expert"
    assert render(N_("As %(role)s", role=N_("Reviewer")), FR) == "As Expert"


def test_no_text_is_no_sentence():
    assert not N_("") and render(N_(""), FR) == ""
    assert render(N_("100 % sure"), FR) == "100 % sure"


def test_numbers_group_with_nbsp_in_every_language():
    assert {i18n.number(12_500_000, reader) for reader in (FR, EN, MA, DZ)} == {f"12{NBSP}500{NBSP}000"}
    assert i18n.number(Decimal("-1234.50"), FR) == f"\u22121{NBSP}234,5"
    assert i18n.number(0.125, EN, 2) == "0.13"
    assert i18n.number(Decimal("1E+3"), FR) == f"1{NBSP}000"


def test_money_is_written_with_its_currency():
    assert i18n.money(Money(1_400_000_000, "MAD"), FR) == f"14{NBSP}000{NBSP}000{NBSP}MAD"
    assert i18n.money(Money(150_050, "MAD"), FR) == f"1{NBSP}500,50{NBSP}MAD"
    assert i18n.money(Money(150_050, "MAD"), EN) == f"1{NBSP}500.50{NBSP}MAD"
    assert i18n.money(Money(150_000, "DZD"), DZ, exact=True) == f"1{NBSP}500,00{NBSP}دج"
    assert i18n.money(Money(1500, "XOF"), FR, exact=True) == f"1{NBSP}500{NBSP}XOF"


def test_percentages_and_sizes():
    assert i18n.percent(69, FR) == f"69{NBSP}%" and i18n.percent(12.5, EN) == "12.5%"
    assert i18n.filesize(2_800_000, FR) == f"2,8{NBSP}Mo" and i18n.filesize(999, EN) == f"999{NBSP}B"


def test_months_follow_the_country():
    august = date(2026, 8, 6)
    assert i18n.day(august, MA) == "6 غشت 2026" and i18n.day(august, DZ) == "6 أوت 2026"
    assert i18n.day(august, FR) == "6 août 2026" and i18n.day(august, EN) == "6 August 2026"
    assert i18n.day(date(2026, 8, 1), FR) == "1er août 2026"
    assert i18n.day(august, FR, "full") == "jeudi 6 août 2026" and i18n.day(august, FR, "mon") == "août"


@pytest.mark.parametrize(
    ("zone", "french", "english", "arabic"),
    [
        ("Africa/Casablanca", "heure de Casablanca", "Casablanca time", "توقيت الدار البيضاء"),
        ("Africa/Algiers", "heure d’Alger", "Algiers time", "توقيت الجزائر"),
        ("Africa/Abidjan", "heure d’Abidjan", "Abidjan time", "توقيت أبيدجان"),
        ("Europe/London", "heure de Londres", "London time", "توقيت لندن"),
        ("UTC", "UTC", "UTC", "UTC"),
    ],
)
def test_zones_are_named(zone, french, english, arabic):
    assert [i18n.zone_name(zone, reader) for reader in (FR, EN, MA)] == [french, english, arabic]


def test_a_moment_is_shown_in_its_own_zone_else_in_the_readers():
    assert "23:59" in i18n.moment(CLOSE, FR)  # Casablanca is an hour ahead of UTC in December
    assert "22:59 (heure d’Abidjan)" in i18n.moment(CLOSE, Reader(zone="Africa/Abidjan"))
    assert "22:59 (heure de Londres)" in i18n.moment(CLOSE.astimezone(ZoneInfo("Europe/London")), FR)
    assert i18n.moment(datetime(2027, 2, 20, 9, 5, tzinfo=UTC), FR).startswith("20 février 2027, 09:05")  # Ramadan
    with pytest.raises(ValueError):
        i18n.moment(datetime(2026, 1, 1), FR)  # noqa: DTZ001


def test_words_fall_back_to_french_then_english_then_arabic():
    assert Words(ar="ا", en="e").in_("fr") == "e" and Words(ar="ا").in_("en") == "ا" and Words().in_("fr") == ""
    words = Words({"fr": "f", "ar": "", "en": "e"})
    assert dict(words) == {"fr": "f", "en": "e"} and words.in_("ar") == "f" and words.language_for("ar") == "f" + "r"
    assert not Words() and Words(fr="x")
    assert Words(fr="x") == Words({"fr": "x", "en": ""}) and len({Words(fr="x"), Words(fr="x")}) == 1
    assert copy.deepcopy(words) == pickle.loads(pickle.dumps(words)) == words  # noqa: S301
    with pytest.raises(ValueError):
        Words(de="x")
    with pytest.raises(AttributeError):
        words.fr = "y"  # type: ignore[attr-defined]


def test_readers_from_what_browsers_say():
    assert Reader.of("ar-DZ") == Reader("ar", "DZ") and Reader.of("de") == Reader("fr")
    assert Reader("ar").direction == "rtl" and Reader("fr").direction == "ltr"
