"""A question answered with a table: designed, filled in without script, refused cell by cell, read everywhere."""

import re

import pytest

from grants.applications import versions
from grants.calls import questionnaires
from grants.calls.models import CallState, Questionnaire
from grants.calls.questionnaire import Choice, Condition, Kind, Outline, Part, Question
from grants.calls.tables import MOST_COLUMNS, MOST_ROWS, Cell, Column, Grid
from grants.core.clock import now
from grants.core.db import db
from grants.core.i18n import Words
from tests.applications.ground import ground
from tests.web.drafts import asking, begun, version_in

GRID = Grid(
    (
        Column("what", Words(fr="Équipement", en="Equipment")),
        Column("n", Words(fr="Nombre", en="How many"), Cell.NUMBER),
        Column("price", Words(fr="Prix", en="Price"), Cell.MONEY, needed=False),
        Column("day", Words(fr="Livraison", en="Delivery"), Cell.DAY, needed=False),
    ),
    fewest=2,
    most=4,
)
OUTLINE = Outline(
    (
        Part(
            "kit",
            Words(fr="Matériel", en="Equipment"),
            questions=(
                Question("story", Kind.TEXT, Words(fr="Pourquoi ?", en="Why?"), required=False),
                Question(
                    "buys",
                    Kind.CHOICE,
                    Words(fr="Achetez-vous ?", en="Do you buy?"),
                    choices=(Choice("yes", Words(fr="Oui", en="Yes")), Choice("no", Words(fr="Non", en="No"))),
                ),
                Question(
                    "kit",
                    Kind.TABLE,
                    Words(fr="Lesquels ?", en="Which ones?"),
                    grid=GRID,
                    shown_if=Condition("buys", "yes"),
                ),
            ),
        ),
    )
)
TWO = {"kit-0-what": "Capteur", "kit-0-n": "4", "kit-1-what": "Banc d’essai", "kit-1-n": "1", "kit-1-price": "1 200,50"}


@pytest.fixture
def on(app):
    return asking(OUTLINE)


@pytest.fixture
def application(on, client):
    return begun(client, on)


@pytest.fixture
def page(application):
    return f"/applicant/applications/{application.id}/answers/kit"


def cells_in(page):
    return dict(re.findall(r'<input\s+class="[^"]*" id="[^"]*" name="(kit-\d+-\w+)" value="([^"]*)"', page.text))


def test_an_officer_asks_for_a_table(client):
    made = ground(state=CallState.DRAFT)
    url = f"/staff/calls/{made.call.id}/questionnaire"
    client.login(made.officer)
    sent = client.post(f"{url}/sections/new", data={"title-fr": "Matériel", "version": "0"})
    part = sent.location.rpartition("#part-")[2]
    asked = {"label-fr": "Lesquels ?", "kind": "table", "required": "y", "version": "1", "columns": "3"}
    refused = client.post(f"{url}/{part}/new", data=asked)
    assert refused.status_code == 200 and "Give at least one column." in refused.text
    columns = {"column-0-fr": "Équipement", "cell-0": "text", "needed-0": "y", "column-2-fr": "Prix", "cell-2": "money"}
    rows = {"fewest": "9", "most": "2"}
    assert "cannot be fewer" in client.post(f"{url}/{part}/new", data=asked | columns | rows).text
    sent = client.post(f"{url}/{part}/new", data=asked | columns | {"fewest": "2", "most": "4"})
    id = sent.location.rpartition("#question-")[2]
    grid = questionnaires.outline(made.call).part(part).question(id).grid
    assert [(one.cell, one.needed) for one in grid.columns] == [(Cell.TEXT, True), (Cell.MONEY, False)]
    assert (grid.fewest, grid.most) == (2, 4)

    assert 'value="Équipement"' in client.get(f"{url}/{part}/{id}").text
    changed = asked | {
        "column-0-fr": "Machine",
        "cell-0": "text",
        "column-1-fr": "Prix",
        "cell-1": "money",
        "most": "5",
    }
    client.post(f"{url}/{part}/{id}", data={**changed, "version": "2"})
    kept = questionnaires.outline(made.call).part(part).question(id).grid
    assert [one.id for one in kept.columns] == [one.id for one in grid.columns]
    assert (kept.columns[0].label["fr"], kept.fewest, kept.most) == ("Machine", 1, 5)
    preview = client.get(f"{url}/preview").text
    assert "Machine" in preview and f'name="{id}-0-{grid.columns[0].id}"' in preview


def test_a_column_that_holds_something_else_is_another_column(client, on, application, page):
    typed = {**TWO, "buys": "yes", "story": "Parce que.", "version": version_in(client.get(page))}
    client.post(page, data=typed)
    client.login(on.officer)
    url = f"/staff/calls/{on.call.id}/questionnaire"
    kit = {"label-fr": "Lesquels ?", "kind": "table", "shown_if": "buys:yes", "version": "0", "columns": "2"}
    columns = {"column-0-fr": "Livré le", "cell-0": "day", "column-1-fr": "Combien", "cell-1": "number"}
    assert client.post(f"{url}/kit/kit", data=kit | columns | {"most": "4"}).status_code == 303
    story = {"label-fr": "Depuis quand ?", "kind": "day", "version": "1"}
    assert client.post(f"{url}/kit/story", data=story).status_code == 303
    now_asked = questionnaires.outline(on.call).part("kit").questions
    assert now_asked[0].id != "story" and [one.id for one in now_asked[1:]] == ["buys", "kit"]
    first, second, *_ = now_asked[2].grid.columns
    assert first.id != "what" and second.id == "n"
    client.post(f"{url}/correct", data={"change-fr": "Des dates"})
    client.login(on.lead)
    kept = set(cells_in(client.get(page)).values())
    assert {"4", "1"} <= kept and "Capteur" not in kept
    assert client.get(f"/applicant/applications/{application.id}/check").status_code == 200


def test_rows_are_filled_in_added_and_removed_without_script(client, application, page):
    shown = client.get(page)
    assert len(cells_in(shown)) == 3 * len(GRID.columns)
    typed = {**TWO, "buys": "yes", "story": "Parce que.", "version": version_in(shown), "go": "rows-kit"}
    more = client.post(page, data=typed)
    assert more.status_code == 303 and more.location.endswith("?more=kit#kit-2-what")
    db.session.refresh(application)
    assert application.answers["kit"] == [
        {"what": "Capteur", "n": 4},
        {"what": "Banc d’essai", "n": 1, "price": 120_050},
    ]
    again = client.get(more.location)
    assert len(cells_in(again)) == 3 * len(GRID.columns) and "Banc d’essai" in cells_in(again).values()
    cut = client.post(page, data={**typed, "version": version_in(again), "go": "cut-kit-0"})
    assert cut.status_code == 303 and cut.location.endswith("#kit")
    db.session.refresh(application)
    assert [one["what"] for one in application.answers["kit"]] == ["Banc d’essai"]
    kept = client.get(page)
    assert [one for one in cells_in(kept).values() if one][:2] == ["Banc d’essai", "1"]


def test_a_wrong_cell_is_named_and_what_was_typed_stays(client, application, page):
    typed = {**TWO, "kit-0-n": "beaucoup", "kit-1-day": "31/02/2027", "buys": "yes", "story": "Parce que."}
    refused = client.post(page, data={**typed, "version": version_in(client.get(page))})
    assert refused.status_code == 200
    assert cells_in(refused)["kit-0-n"] == "beaucoup" and cells_in(refused)["kit-1-day"] == "31/02/2027"
    said = " ".join(re.sub("<[^>]+>", " ", refused.text).split())
    assert "There are 2 problems" in said and "Row 1, How many:" in said and "Row 2, Delivery:" in said
    assert 'href="#kit-0-n"' in refused.text and 'id="kit-0-n-error"' in refused.text and "Parce que." in refused.text
    more = client.post(page, data={**typed, "version": version_in(refused), "go": "rows-kit"})
    assert more.status_code == 200 and len(cells_in(more)) == 3 * len(GRID.columns)
    db.session.refresh(application)
    assert application.answers == {}


def test_what_is_missing_is_said_beside_its_cell_once_it_is_checked(client, application, page):
    typed = {"kit-0-what": "Capteur", "buys": "yes", "version": version_in(client.get(page))}
    assert client.post(page, data=typed).location.endswith("/budget")
    check = re.sub("<[^>]+>", "", client.get(f"/applicant/applications/{application.id}/check").text)
    assert "Fill in at least 2 rows" in check and "Row 1, How many: fill in this cell" in check
    asked = client.get(f"{page}?check=1").text
    assert 'id="kit-0-n-error"' in asked
    client.post(page, data={"kit-0-what": "Capteur", "buys": "no", "version": version_in(client.get(page))})
    assert "Fill in at least" not in client.get(f"/applicant/applications/{application.id}/check").text


def test_rows_too_many_are_said_and_kept_but_foreign_columns_are_not(client, application, page):
    many = {f"kit-{n}-what": f"Machine {n}" for n in range(9)} | {
        "kit-0-owner": "x",
        "kit-0000-what": "x",
        "kit-x-n": "1",
    }
    sent = client.post(page, data={**many, "buys": "yes", "version": version_in(client.get(page))})
    db.session.refresh(application)
    assert application.answers["kit"] == [{"what": f"Machine {n}"} for n in range(9)]
    again = client.get(sent.location)
    assert "Keep at most 4 rows." in again.text and "Machine 8" in again.text
    paste = {**many, "kit-paste": "x\t1", "go": "paste-kit", "buys": "yes", "version": version_in(again)}
    assert "Machine 8" in client.post(page, data=paste).text
    beyond = {f"kit-{n}-what": "x" for n in range(MOST_ROWS + 9)} | {"buys": "yes", "version": version_in(again)}
    client.post(page, data=beyond)
    db.session.refresh(application)
    assert len(application.answers["kit"]) == MOST_ROWS


def test_a_pasted_table(client, application, page):
    version = version_in(client.get(page))
    copied = "Prix\tÉquipement\tNombre\r\n100\tCapteur\t4\r\n200\tÉcran\t2\r\n"
    sent = client.post(page, data={"kit-paste": copied, "go": "paste-kit", "buys": "yes", "version": version})
    assert sent.status_code == 303
    db.session.refresh(application)
    assert application.answers["kit"][1] == {"what": "Écran", "n": 2, "price": 20_000}
    version = version_in(client.get(page))
    for text, said in (("", "Copy rows"), ("a\t1\n" * 9, "more than"), ("a\t1\t2\t3\t4\t5", "This row has 6 cells")):
        refused = client.post(page, data={**TWO, "kit-paste": text, "go": "paste-kit", "version": version})
        assert refused.status_code == 200 and said in refused.text and "Banc d’essai" in refused.text


def test_autosave_keeps_the_saved_table_while_a_cell_cannot_be_read(client, application, page):
    client.post(page, data={**TWO, "buys": "yes", "version": version_in(client.get(page))})
    typed = {
        **TWO,
        "kit-0-n": "beaucoup",
        "buys": "yes",
        "story": "Parce que.",
        "version": version_in(client.get(page)),
    }
    assert client.post(f"{page}/autosave", data=typed).status_code == 200
    db.session.refresh(application)
    assert application.answers["kit"][0] == {"what": "Capteur", "n": 4}
    assert application.answers["story"] == "Parce que."


def test_a_section_of_three_full_tables_is_saved(client, on, application):
    columns = tuple(Column(f"c{n}", Words(fr=f"Colonne {n}")) for n in range(MOST_COLUMNS))
    tables = (Question(f"t{n}", Kind.TABLE, Words(fr="T"), grid=Grid(columns, 0, MOST_ROWS)) for n in range(3))
    wide = Outline((Part("wide", Words(fr="Large"), questions=tuple(tables)),))
    asked = Questionnaire(call_id=on.call.id, number=2, definition=wide.json(), published_at=now())
    db.session.add(asked)
    db.session.flush()
    application.questionnaire_id = asked.id
    db.session.flush()
    cells = {f"t{t}-{n}-c{c}": "x" for t in range(3) for n in range(MOST_ROWS) for c in range(MOST_COLUMNS)}
    url = f"/applicant/applications/{application.id}/answers/wide"
    typed = cells | {"version": version_in(client.get(url))}
    assert client.post(f"{url}/autosave", data=typed, content_type="multipart/form-data").status_code == 200
    db.session.refresh(application)
    assert [len(application.answers[f"t{n}"]) for n in range(3)] == [MOST_ROWS] * 3


@pytest.mark.parametrize("go", ["rows-story", "rows-version", "paste-story", "cut-buys-0", "rows-", "cut-kit-x"])
def test_a_button_of_no_table_saves_as_any_other(client, application, page, go):
    typed = {**TWO, "buys": "yes", "go": go, "version": version_in(client.get(page))}
    assert client.post(page, data=typed).status_code == 303
    db.session.refresh(application)
    assert len(application.answers["kit"]) == 2


def test_two_people_in_one_table(client, application, page):
    version = version_in(client.get(page))
    client.post(page, data={**TWO, "buys": "yes", "version": version})
    late = client.post(page, data={**TWO, "kit-0-what": "Écran", "buys": "yes", "version": version})
    assert "200" not in "".join(re.findall("<mark>.*?</mark>", late.text))  # written otherwise is not different
    said = " ".join(re.sub("<[^>]+>", "", late.text).split())
    assert late.status_code == 409 and "Écran · 4" in said and "Capteur · 4" in said
    rest = re.findall(r'<input type="hidden" name="(kit-\d-\w+)" value="([^"]*)"', late.text.partition('id="mine"')[0])
    assert ("kit-0-what", "Écran") in rest
    client.post(page, data=dict(rest) | {"buys": "yes", "version": version_in(late)})
    db.session.refresh(application)
    assert application.answers["kit"][0] == {"what": "Écran", "n": 4}


def test_versions_tell_the_words_that_changed_and_bring_a_table_back(client, application, page):
    client.post(page, data={**TWO, "buys": "yes", "version": version_in(client.get(page))})
    first = versions.newest(application, "kit")
    first.begun_at = first.saved_at = first.saved_at.replace(year=first.saved_at.year - 1)
    db.session.flush()
    client.post(page, data={**TWO, "kit-1-what": "Banc neuf", "buys": "yes", "version": version_in(client.get(page))})
    last = versions.newest(application, "kit")
    assert last.id != first.id
    shown = client.get(f"/applicant/applications/{application.id}/history/{last.id}").text
    assert re.search(r"<del>[^<]*<bdi.*?d’essai.*?</del>", shown, re.S) and re.search(
        r"<ins>.*?neuf.*?</ins>", shown, re.S
    )
    old = f"/applicant/applications/{application.id}/history/{first.id}"
    seen = re.search(r'name="seen" value="(\d+)"', client.get(old).text).group(1)
    assert client.post(f"{old}/restore", data={"seen": seen}).status_code == 303
    db.session.refresh(application)
    assert application.answers["kit"][1]["what"] == "Banc d’essai"


def test_everybody_reads_it_as_a_table(client, application, page):
    client.post(page, data={**TWO, "buys": "yes", "version": version_in(client.get(page))})
    check = client.get(f"/applicant/applications/{application.id}/check").text
    assert re.search(r'<th scope="col"><bdi lang="en">Equipment', check) and "Banc d’essai" in check
    asked = client.get(f"/calls/{application.call_id}").text
    assert "Which ones?" in asked and "Equipment, How many, Price, Delivery" in asked
