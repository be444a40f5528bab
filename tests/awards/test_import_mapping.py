"""Files nobody has seen before: the columns are found by their words and by what stands in them."""

import csv
import io
import random
from datetime import date, datetime
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from grants.awards.import_checks import Checked, check
from grants.awards.imports import Field, Mapping, UnknownColumn, likeness, propose
from grants.core.sheets.reading import Row, Table, read_table

REAL = Path(__file__).with_name("past-grants.xlsx")
TODAY = date(2026, 11, 22)
NAMES = {
    "Identifier": Field.IDENTIFIER,
    "Title": Field.TITLE,
    "Description": Field.DESCRIPTION,
    "Currency": Field.CURRENCY,
    "Amount Applied For": Field.REQUESTED,
    "Amount Awarded": Field.AMOUNT,
    "Award Date": Field.AWARDED_ON,
    "Planned Dates:Duration (months)": Field.DURATION,
    "Recipient Org:Identifier": Field.RECIPIENT_ID,
    "Recipient Org:Name": Field.RECIPIENT,
    "Recipient Org:City": Field.CITY,
    "Grant Programme: Title": Field.PROGRAMME,
}
LANGUAGES: dict[str, dict[Field, str]] = {
    "French": {
        Field.IDENTIFIER: "Référence du dossier",
        Field.TITLE: "Intitulé du projet",
        Field.DESCRIPTION: "Résumé",
        Field.CURRENCY: "Devise",
        Field.REQUESTED: "Montant demandé",
        Field.AMOUNT: "Montant accordé",
        Field.AWARDED_ON: "Date de décision",
        Field.DURATION: "Durée (mois)",
        Field.RECIPIENT_ID: "Identifiant du bénéficiaire",
        Field.RECIPIENT: "Bénéficiaire",
        Field.CITY: "Ville",
        Field.PROGRAMME: "Dispositif",
    },
    "plain English": {
        Field.IDENTIFIER: "GRANT REF.",
        Field.TITLE: "Project title",
        Field.DESCRIPTION: "Purpose",
        Field.CURRENCY: "Currency code",
        Field.REQUESTED: "Requested (£)",
        Field.AMOUNT: "Amount (£)",
        Field.AWARDED_ON: "Approved",
        Field.DURATION: "Term\n(months)",
        Field.RECIPIENT_ID: "Charity number",
        Field.RECIPIENT: "Grantee",
        Field.CITY: "Town",
        Field.PROGRAMME: "Scheme",
    },
    "Arabic": {
        Field.IDENTIFIER: "رقم الملف",
        Field.TITLE: "عنوان المشروع",
        Field.DESCRIPTION: "الوصف",
        Field.CURRENCY: "العملة",
        Field.REQUESTED: "المبلغ المطلوب",
        Field.AMOUNT: "المبلغ الممنوح",
        Field.AWARDED_ON: "تاريخ القرار",
        Field.DURATION: "المدة بالأشهر",
        Field.RECIPIENT_ID: "رقم المستفيد",
        Field.RECIPIENT: "المستفيد",
        Field.CITY: "المدينة",
        Field.PROGRAMME: "البرنامج",
    },
    "360Giving as JSON paths": {
        Field.IDENTIFIER: "id",
        Field.TITLE: "title",
        Field.DESCRIPTION: "description",
        Field.CURRENCY: "currency",
        Field.REQUESTED: "amountAppliedFor",
        Field.AMOUNT: "amountAwarded",
        Field.AWARDED_ON: "awardDate",
        Field.DURATION: "plannedDates/0/duration",
        Field.RECIPIENT_ID: "recipientOrganization/0/id",
        Field.RECIPIENT: "recipientOrganization/0/name",
        Field.CITY: "recipientOrganization/0/addressLocality",
        Field.PROGRAMME: "grantProgramme/0/title",
    },
}


@pytest.fixture(scope="module")
def real() -> Table:
    return read_table(REAL, likeness=likeness)


def proposed(table: Table) -> Mapping:
    return propose(table.headings, [row.cells for row in table.rows])


def imported(table: Table, currency: str = "GBP", day_first: bool | None = None) -> Checked:
    mapping = proposed(table)
    assert not mapping.missing
    return check(table, mapping.changed(mapping.columns, day_first), currency, TODAY)


def rearranged(table: Table, order: list[int], headings: dict[int, str] | None = None) -> Table:
    names = headings or {}
    return Table(
        table.sheet,
        table.heading_row,
        tuple(names.get(at, table.headings[at]) for at in order),
        tuple(Row(row.number, tuple(row.cells[at] for at in order)) for row in table.rows),
    )


def says_everything(checked: Checked, requested: bool = True) -> bool:
    return (
        not checked.refusals
        and len(checked.grants) == checked.rows == 475
        and str(checked.awarded.major) == "21757793.27"
        and (not requested or str(checked.requested.major) == "27143231.27")
        and len({one.identifier for one in checked.grants}) == 475
        and checked.recipients == 287
    )


def test_the_real_file_is_understood_entirely_and_exactly(real: Table) -> None:
    mapping = proposed(real)
    assert {real.headings[at]: one for one, at in mapping.columns.items()} == NAMES
    assert all(share >= 0.7 for share in mapping.confidence.values())
    checked = imported(real)
    assert says_everything(checked)
    above = [one for one in checked.warnings if one.column == "F"]
    assert len(above) == len(checked.warnings) == 63 and above[0].row == 14
    assert sum(one.months is None for one in checked.grants) == 7


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.randoms(use_true_random=False))
def test_any_order_of_columns_and_rows(real: Table, chance: random.Random) -> None:
    order = chance.sample(range(24), 24)
    table = rearranged(real, order)
    mapping = proposed(table)
    assert {table.headings[at]: one for one, at in mapping.columns.items()} == NAMES
    assert says_everything(check(table, mapping, "GBP", TODAY))


STYLES = {"as it is": str, "capitals": str.upper, "small": str.lower, "starred": lambda text: f"  {text} *:"}
SPELLINGS = [  # in JSON paths, capitals are what separates the words
    (language, style)
    for language in LANGUAGES
    for style in STYLES
    if not (language == "360Giving as JSON paths" and style in ("capitals", "small"))
]


@pytest.mark.parametrize(("language", "spelling"), SPELLINGS)
def test_other_languages_and_spellings(real: Table, language: str, spelling: str) -> None:
    wanted, style = LANGUAGES[language], STYLES[spelling]
    names = {real.headings.index(theirs): style(wanted[one]) for theirs, one in NAMES.items()}
    order = [*names, *(at for at in range(24) if at not in names and at >= 20)]
    random.Random(7).shuffle(order)
    table = rearranged(real, order, names)
    found = {table.headings[at]: one for one, at in proposed(table).columns.items()}
    assert found.items() >= {style(heading): one for one, heading in wanted.items() if one != Field.CITY}.items()
    assert says_everything(imported(table))


@pytest.mark.parametrize(
    "absent",
    [
        "Amount Applied For",
        "Planned Dates:Duration (months)",
        "Currency",
        "Title",
        "Description",
        "Recipient Org:Identifier",
    ],
)
def test_missing_columns_are_done_without(real: Table, absent: str) -> None:
    table = rearranged(real, [at for at, heading in enumerate(real.headings) if heading != absent])
    found = {table.headings[at]: one for one, at in proposed(table).columns.items()}
    assert (
        found.items()
        >= {name: one for name, one in NAMES.items() if name not in {absent, "Recipient Org:Charity Number"}}.items()
    )
    checked = imported(table)
    assert says_everything(checked, requested=absent != "Amount Applied For")
    assert all(one.title for one in checked.grants)


def test_without_identifiers_each_award_gets_one_of_its_content(real: Table) -> None:
    order = [at for at, heading in enumerate(real.headings) if heading != "Identifier"]
    one, other = imported(rearranged(real, order)), imported(rearranged(real, order[::-1]))
    assert [grant.identifier for grant in one.grants] == [grant.identifier for grant in other.grants]
    assert len({grant.identifier for grant in one.grants}) == 475 and all(grant.derived for grant in one.grants)
    assert any("no column of identifiers" in str(note) for note in one.notes)
    shuffled = list(rearranged(real, order).rows)
    random.Random(1).shuffle(shuffled)
    table = rearranged(real, order)
    moved = imported(Table(table.sheet, 1, table.headings, tuple(shuffled)))
    assert {grant.identifier for grant in moved.grants} == {grant.identifier for grant in one.grants}


@pytest.mark.parametrize(("mark", "encoding"), [(",", "utf-8-sig"), (";", "cp1252"), ("\t", "utf-16")])
def test_the_same_as_csv(real: Table, mark: str, encoding: str, tmp_path: Path) -> None:
    text = io.StringIO()
    lines = csv.writer(text, delimiter=mark)
    lines.writerow(real.headings)
    for row in real.rows:
        lines.writerow([cell.date().isoformat() if isinstance(cell, datetime) else cell for cell in row.cells])
    path = tmp_path / "awards.csv"
    path.write_bytes(text.getvalue().encode(encoding, errors="replace"))
    table = read_table(path, likeness=likeness)
    checked = check(table, proposed(table), "GBP", TODAY)
    assert says_everything(checked)


def test_headings_below_a_banner_on_a_second_sheet(real: Table) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Read me", "Our grants since 2011, published under a licence"])
    sheet = book.create_sheet("Data")
    sheet.append(["Published grants"])
    sheet.append([])
    sheet.append(["Who", "What", "How much", None, None])
    sheet.append(list(real.headings))
    for row in real.rows:
        sheet.append(list(row.cells))
    sheet.append(["Total", None, None, None, 27143231.27, 21757793.27])
    target = io.BytesIO()
    book.save(target)
    table = read_table(target.getvalue(), likeness=likeness)
    assert (table.sheet, table.heading_row, table.headings) == ("Data", 4, real.headings)
    checked = imported(table)
    assert says_everything(checked)
    assert [str(one.text) for one in checked.warnings if one.row == 480] == [
        "This row looks like a total; it was left out."
    ]


def sheet(headings: list[str], *rows: list[Any]) -> Table:
    return Table("S", 1, tuple(headings), tuple(Row(n, tuple(row)) for n, row in enumerate(rows, 2)))


DAY = datetime.fromisoformat("2020-05-06")


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        (
            sheet(["Approved", "Date approved", "Organisation"], [1000, DAY, "Atlas"], [2000, DAY, "Rif"]),
            {Field.AMOUNT: 0, Field.AWARDED_ON: 1, Field.RECIPIENT: 2},
        ),
        (
            sheet(["Approved", "Grant", "Name"], [DAY, "£1,000", "Atlas"], [DAY, "£2,000", "Rif"]),
            {Field.AWARDED_ON: 0, Field.AMOUNT: 1, Field.RECIPIENT: 2},
        ),
        (
            sheet(["N°", "Ref", "Grantee", "Amount", "Date"], *([n, f"G{n}", "A", 5, DAY] for n in range(1, 9))),
            {Field.IDENTIFIER: 1, Field.RECIPIENT: 2, Field.AMOUNT: 3, Field.AWARDED_ON: 4},
        ),
        (
            sheet(["Reference", "Ref no", "Grantee", "Amount", "Date"], *(["x", f"G{n}", "A", 5, DAY] for n in "123")),
            {Field.IDENTIFIER: 1, Field.RECIPIENT: 2, Field.AMOUNT: 3, Field.AWARDED_ON: 4},
        ),
        (
            sheet(["Saaja", "Summa", "Pvm"], ["Oy Abc", 1000, DAY], ["Oy Def", 2500, DAY]),
            {Field.RECIPIENT: 0, Field.AMOUNT: 1, Field.AWARDED_ON: 2},
        ),
        (
            sheet(
                [
                    *("nomAttribuant", "dateConvention", "referenceDecision", "nomBeneficiaire"),
                    *("idBeneficiaire", "objet", "montant"),
                ],
                ["Ville", "2020-01-01", "R1", "Fête", "123", "bal", "1 000,50"],
                ["Ville", "2020-01-02", "R2", "Danse", "124", "bal", "900"],
            ),
            {
                Field.AWARDED_ON: 1, Field.IDENTIFIER: 2, Field.RECIPIENT: 3, Field.RECIPIENT_ID: 4, Field.TITLE: 5,
                Field.AMOUNT: 6,
            },
        ),
    ],
)  # fmt: skip
def test_two_candidates_are_decided_by_what_they_hold(table: Table, expected: dict[Field, int]) -> None:
    assert proposed(table).columns == expected


def test_the_less_it_knows_the_less_sure_it_is() -> None:
    known = proposed(sheet(["Grantee", "Amount awarded", "Award date"], ["A", 1000, DAY], ["B", 2000, DAY]))
    unknown = proposed(sheet(["Saaja", "Summa", "Pvm"], ["A", 1000, DAY], ["B", 2000, DAY]))
    assert min(known.confidence.values()) > 0.9 and max(unknown.confidence.values()) < 0.45


def test_a_person_overrides_by_heading_letter_or_nothing(real: Table) -> None:
    mapping = proposed(real)
    changed = mapping.overridden({"amount": "amount  APPLIED for", "city": "", "title": "C"}, real.headings)
    assert changed.columns[Field.AMOUNT] == 4 and Field.REQUESTED not in changed.columns
    assert Field.CITY not in changed.columns and changed.columns[Field.TITLE] == 2
    assert Field.DESCRIPTION not in changed.columns and changed.confidence[Field.TITLE] == 1
    assert Mapping.from_json(changed.as_json()) == changed
    for wrong in ({"amount": "No such heading"}, {"colour": "Title"}):
        with pytest.raises(UnknownColumn):
            mapping.overridden(wrong, real.headings)


@settings(max_examples=60)
@given(
    st.lists(st.text(max_size=30), min_size=1, max_size=8),
    st.lists(
        st.lists(
            st.none() | st.text(max_size=20) | st.integers() | st.floats() | st.datetimes() | st.booleans(),
            min_size=8,
            max_size=8,
        ),
        max_size=6,
    ),
)
def test_anything_at_all_gives_a_mapping_and_a_verdict(headings: list[str], rows: list[list[Any]]) -> None:
    table = Table("S", 1, tuple(headings), tuple(Row(n, tuple(row[: len(headings)])) for n, row in enumerate(rows, 2)))
    mapping = proposed(table)
    assert len(set(mapping.columns.values())) == len(mapping.columns)
    checked = check(table, mapping, "MAD", TODAY)
    assert len(checked.grants) + checked.refused_rows <= len(rows) + 1
    assert likeness(headings) >= 0
