"""Fields and forms: what is read, what is refused, what is shown again."""

from datetime import date
from decimal import Decimal
from io import BytesIO
from zoneinfo import ZoneInfo

import pytest
from flask import Flask, render_template_string
from werkzeug.datastructures import FileStorage, MultiDict
from wtforms import PasswordField, SelectField, StringField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import InputRequired

from grants.core.i18n import Words
from grants.core.types import Money
from grants.web.conflict import conflict
from grants.web.forms import (
    DayField,
    Form,
    LocalDateTimeField,
    MoneyField,
    NumberField,
    PercentField,
    ScoreField,
    UploadField,
    WordsField,
    form_errors,
)


class Asked(Form):
    amount = MoneyField("Amount")
    rate = PercentField("Rate")
    months = NumberField("Months", maximum=36)
    at = LocalDateTimeField("At")
    day = DayField("Day")
    name = WordsField("Name", required=False)
    plan = UploadField("Plan")
    mark = ScoreField("Mark")
    title = StringField("Title")
    secret = PasswordField("Secret")


@pytest.fixture
def asked(pages: Flask):
    pages.config["WTF_CSRF_ENABLED"] = False

    def ask(form=Asked, currency="MAD", zone="Africa/Casablanca", **typed):
        return form(MultiDict(typed), currency=currency, zone=zone)

    with pages.test_request_context(headers={"Accept-Language": "en"}):
        yield ask


def refusals(form, field):
    form.validate()
    return [str(one) for one in form[field].errors]


def test_money_reads_and_shows_again_what_was_typed(asked):
    form = asked(amount="1 500,50")
    assert form.amount.data == Money(150_050, "MAD") and form.amount._value() == "1 500,50"
    wrong = asked(amount="1.500")
    assert "“1.500”" in refusals(wrong, "amount")[0]
    assert wrong.amount._value() == "1.500" and wrong.amount.data is None


def test_money_stays_within_its_bounds(asked):
    form = asked(amount="20 000 000")
    form.amount.maximum = Money(1_500_000_000, "MAD")
    assert refusals(form, "amount") == ["It must be at most 15\u00a0000\u00a0000\u00a0MAD."]


def test_money_takes_the_currency_it_was_given(pages):
    with pages.test_request_context():
        assert Asked(None, data={"amount": Money(5, "XOF")}).amount.currency == "XOF"
        assert Asked(MultiDict({"amount": "5"}), currency="DZD").amount.data == Money(500, "DZD")
        with pytest.raises(TypeError):
            Asked(MultiDict({"amount": "5"}))


@pytest.mark.parametrize(("typed", "hundredths"), [("50", 5000), ("12,5 %", 1250), ("33.33", 3333), ("100", 10_000)])
def test_percentages_are_hundredths(asked, typed, hundredths):
    assert asked(rate=typed).rate.data == hundredths


def test_percentages_over_a_hundred_are_refused(asked):
    assert refusals(asked(rate="101"), "rate") == ["It must be at most 100%."]
    assert asked(rate="").rate.data is None


def test_whole_numbers(asked):
    assert asked(months="1 000").months.data == 1000
    assert refusals(asked(months="37"), "months") and refusals(asked(months="1,5"), "months")


@pytest.mark.parametrize(
    ("zone", "typed", "offset"),
    [
        ("Africa/Casablanca", "2026-12-06T23:59", 1),
        ("Africa/Casablanca", "2027-02-20T12:00", 0),
        ("Africa/Algiers", "06/12/2026 23:59", 1),
        ("Africa/Abidjan", "2026-12-06 23:59", 0),
        ("Europe/London", "2026-07-01T09:00", 1),
    ],
)
def test_wall_times_belong_to_a_zone(asked, zone, typed, offset):
    found = asked(zone=zone, at=typed).at.data
    assert found.tzinfo == ZoneInfo(zone) and found.utcoffset().total_seconds() == offset * 3600


@pytest.mark.parametrize(
    ("zone", "typed", "words"),
    [
        ("Africa/Casablanca", "2027-03-14T02:30", "does not exist"),
        ("Africa/Casablanca", "2027-02-07T02:30", "happens twice"),
        ("Europe/London", "2026-03-29T01:30", "does not exist"),
        ("Europe/London", "2026-10-25T01:30", "happens twice"),
    ],
)
def test_times_that_clocks_skip_or_repeat_are_refused(asked, zone, typed, words):
    form = asked(zone=zone, at=typed)
    assert words in refusals(form, "at")[0] and form.at.data is None and form.at._value() == typed


def test_days(asked):
    assert asked(day="2027-02-28").day.data == asked(day="28/02/2027").day.data == date(2027, 2, 28)
    form = asked(day="31/02/2027")
    assert "exists" in refusals(form, "day")[0] and form.day._value() == "31/02/2027"


def test_words_are_read_by_language_and_french_is_the_one_required(asked):
    class Named(Form):
        name = WordsField("Name", longest=10)

    form = asked(Named, **{"name-fr": " Santé ", "name-ar": "الصحة", "name-en": ""})
    assert form.validate() and form.name.data == Words(fr="Santé", ar="الصحة")
    assert "French" in refusals(asked(Named, **{"name-ar": "الصحة"}), "name")[0]
    assert "at most 10" in refusals(asked(Named, **{"name-fr": "x" * 11}), "name")[0]
    kept = asked(Named, **{"name-fr": "", "name-ar": "الصحة"})
    assert [one["value"] for one in kept.name.inputs()] == ["", "الصحة", ""]


def upload(name, content):
    return FileStorage(BytesIO(content), filename=name)


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("a.exe", b"MZ", "kind"),
        ("a.pdf", b"", "empty"),
        ("a.pdf", b"PK\x03\x04", "not what its name says"),
        ("a.pdf", b"%PDF-" + b"0" * 1_000_001, "larger"),
    ],
)
def test_files_are_checked(asked, name, content, words):
    class Sent(Form):
        plan = UploadField("Plan", max_mb=1)

    assert words in refusals(asked(Sent, plan=upload(name, content)), "plan")[0]


def test_a_good_file_can_be_read_from_its_beginning(asked):
    form = asked(plan=upload("a.PDF", b"%PDF-1.7"))
    assert form.validate() and form.plan.size == 8 and form.plan.data.read() == b"%PDF-1.7"
    assert asked().plan.data is None


@pytest.mark.parametrize(
    ("typed", "mark"),
    [({"mark": "3"}, "3"), ({"mark": "3", "mark-half": "1"}, "3.5"), ({"mark": "0,5"}, "0.5"), ({"mark": "5"}, "5")],
)
def test_marks_by_halves(asked, typed, mark):
    assert asked(**typed).mark.data == Decimal(mark)


@pytest.mark.parametrize("typed", [{"mark": "5", "mark-half": "1"}, {"mark": "6"}, {"mark": "2.3"}, {"mark": "x"}])
def test_marks_that_are_none(asked, typed):
    assert refusals(asked(**typed), "mark")


def test_typed_text_is_tidied_but_passwords_are_not(asked):
    form = asked(title="  a\x00b\r\nc  ", secret="  x ")
    assert form.title.data == "ab\nc" and form.secret.data == "  x "


def test_wtforms_sentences_pass_through_our_catalogues(asked, monkeypatch):
    class Needed(Form):
        title = StringField("Title", [InputRequired()])

    monkeypatch.setattr("grants.web.forms.catalogue", lambda _: Upper())
    assert refusals(asked(Needed), "title") == ["THIS FIELD IS REQUIRED."]


class Upper:
    def ugettext(self, message):
        return message.upper()


def test_errors_lead_to_the_input(asked):
    class Chosen(Form):
        mark = ScoreField("Mark", [InputRequired()])
        kind = SelectField("Kind", [InputRequired()], choices={"a": "A"})

    form = asked(Chosen)
    form.validate()
    assert [error.focus for error in form_errors(form)] == ["mark-0", "kind"]


def test_a_conflict_names_only_what_differs(pages):
    class Kept:
        version, title, secret = 2, "saved", None
        amount, rate = Money(500, "MAD"), None

    class Particular(Asked):
        kind = SelectField("Kind", choices={"": "Choose", "a": "A"})

        def __init__(self, whose, *args, **kwargs):
            super().__init__(*args, **kwargs)

    with pages.test_request_context():
        form = Particular("mine", MultiDict({"title": "typed", "amount": "5"}), obj=Kept(), currency="MAD")
        [pair] = conflict(form).pairs
        assert (pair.label, [one.text for one in pair.mine], [one.text for one in pair.saved]) == (
            "Title",
            ["typed"],
            ["saved"],
        )


def test_the_macro_ties_label_hint_and_error_to_the_input(browser):
    page = browser.get("/form", headers={"Accept-Language": "en"}).text
    assert 'for="amount"' in page and 'aria-describedby="amount-hint amount-unit"' in page
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    page = browser.post("/form", data={"csrf_token": token, "amount": "1.500"}, headers={"Accept-Language": "en"}).text
    assert 'aria-describedby="amount-hint amount-error amount-unit" aria-invalid="true"' in page
    assert 'value="1.500"' in page and 'href="#amount"' in page and "data-focus" in page
    assert page.count('id="amount-error"') == 1


def test_no_id_is_used_twice(browser):
    import re

    for path in ("/", "/form", "/marks"):
        ids = re.findall(r'\sid="([^"]+)"', browser.get(path).text)
        assert len(ids) == len(set(ids)), sorted(one for one in set(ids) if ids.count(one) > 1)


def test_choices_and_hints_are_told_in_the_readers_language(pages):
    class Chosen(Form):
        kind = SelectField("Kind", choices=[SelectChoice("a", Words(fr="un", en="one"))])

    with pages.test_request_context(headers={"Accept-Language": "fr"}):
        page = render_template_string('{% from "_macros/forms.html" import field %}{{ field(f.kind) }}', f=Chosen())
    assert '<option value="a">un</option>' in page
