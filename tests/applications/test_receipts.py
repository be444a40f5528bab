"""The receipt as a PDF in its reader's language, and the public page that checks one."""

import re
import time
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pypdf
import pypdfium2
import pytest

from grants.applications import queries as applications
from grants.applications.receipts import Receipt, received, tidy_code, tidy_reference
from grants.core import pdf
from grants.core.clock import stopped
from grants.core.db import db
from grants.core.i18n import Words
from grants.web.signin import limiter
from tests.applications.ground import draft, ground
from tests.factories import PersonFactory
from workflows import application as workflow

AT = datetime(2027, 2, 20, 21, 58, 41, tzinfo=UTC)  # Ramadan: Casablanca is on UTC+00:00
SECRET = ("Télésurveillance cardiaque", "Laboratoire Ibn Rochd")


@pytest.fixture
def on(app):
    on = ground(
        code="2027-SANTE",
        title=Words(fr="Santé numérique", ar="الصحة الرقمية", en="Digital health"),
        opens_at=AT - timedelta(days=30),
        closes_at=AT + timedelta(days=1),
        reviews_due_at=AT + timedelta(days=40),
    )
    on.organisation.name = SECRET[1]
    return on


@pytest.fixture
def receipt(on):
    return submit(on)


def submit(on, application=None):
    with stopped(AT):
        application = application or draft(on)
        workflow.submit(applications.own_application(on.lead, application.id), actor=on.lead)
    found = applications.own_application(on.lead, application.id)
    return Receipt.of(applications.receipts(found)[0]), found


def fetch(client, on, application, language):
    on.lead.locale = language
    db.session.flush()
    answer = client.login(on.lead).get(f"/applicant/applications/{application.id}/receipt.pdf")
    assert answer.status_code == 200 and answer.mimetype == "application/pdf"
    return answer


def text_of(content: bytes) -> str:
    document = pypdfium2.PdfDocument(content)
    assert len(document) == 1
    read = document[0].get_textpage().get_text_range()
    return re.sub(r"\s+", " ", read.replace("\u00a0", " "))


def digits(text: str) -> str:
    return text.replace(" ", "").replace("\u200b", "")


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", ["20 février 2027, 21:58 (heure de Casablanca)", "Santé numérique", "600 000 MAD"]),
        ("en", ["20 February 2027, 21:58 (Casablanca time)", "Digital health", "600 000 MAD"]),
        ("ar", ["2027", "الصحة الرقمية", "600 000"]),
    ],
)
def test_the_pdf_says_all_of_it_in_the_reader_s_language(client, on, receipt, language, said):
    given, application = receipt
    answer = fetch(client, on, application, language)
    codes = text = text_of(answer.data)
    if language == "ar":  # PDFium turns Latin words round where it reads from the right, pypdf the Arabic ones
        codes = re.sub(
            r"\s+", " ", pypdf.PdfReader(BytesIO(answer.data)).pages[0].extract_text().replace("\u00a0", " ")
        )
    for part in said:
        assert part in text, (part, text)
    for part in [*SECRET, given.reference, "2027-SANTE", "2027-02-20 21:58:41 (UTC+00:00)", "/verify", given.code]:
        assert part in codes, (part, codes)
    assert given.fingerprint in digits(codes)
    assert f'filename="{given.reference}.pdf"' in answer.headers["Content-Disposition"]


def test_the_pdf_is_tagged_names_its_language_and_leads_to_the_page(client, on, receipt):
    given, application = receipt
    read = pypdf.PdfReader(BytesIO(fetch(client, on, application, "ar").data))
    catalogue = read.trailer["/Root"]
    assert catalogue["/Lang"].startswith("ar") and catalogue["/MarkInfo"]["/Marked"]
    links = [one.get_object()["/A"]["/URI"] for one in read.pages[0]["/Annots"]]
    assert links == [f"http://localhost:8000/verify?reference={given.reference}&code={given.fingerprint}"]
    path = links[0].removeprefix("http://localhost:8000")
    assert "Yes, we received it" in client.application.test_client().get(path).text


def test_the_same_receipt_is_the_same_file(client, on, receipt):
    _, application = receipt
    first = fetch(client, on, application, "fr").data
    assert fetch(client, on, application, "fr").data == first


def test_it_belongs_to_the_applicant_and_to_what_stands(client, on, receipt):
    _, application = receipt
    url = f"/applicant/applications/{application.id}/receipt.pdf"
    assert client.login(PersonFactory()).get(url).status_code == 404
    client.login(on.lead)
    assert url in client.get(url.removesuffix(".pdf")).text
    with stopped(AT + timedelta(minutes=5)):
        workflow.reopen(applications.own_application(on.lead, application.id), actor=on.lead)
    assert client.get(url).status_code == 404
    assert url not in client.get(url.removesuffix(".pdf")).text


@pytest.mark.parametrize(
    "title",
    [
        '#read("/etc/passwd") $x^2$ *gras* @cle <etiquette> \\ // /* */',
        "名前 · Имя · ⵜⴰⵎⴰⵣⵉⵖⵜ · 🚀 · Zażółć",
        "مشروع تجريبي 2026-3 (نسخة ثانية) \u202eevil",
        "x" * 120,
        "a\tb\u0007c\ufffe",
    ],
)
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_names_in_every_script_and_source_text_are_only_text(client, on, title, language):
    _, application = submit(on, draft(on, title=title))
    text = text_of(fetch(client, on, application, language).data)
    if title.startswith("#") and language == "fr":
        assert digits(title) in digits(text)
    assert "evil" in text or "evil" not in title


def test_the_memory_of_a_process_that_makes_many_stays_flat():
    import resource

    from tests.applications.values import VALUES

    for n in range(20):
        pdf.typeset("receipt", {**VALUES, "title": f"Reçu {n}"})
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for n in range(60):
        pdf.typeset("receipt", {**VALUES, "title": f"Un autre {n}"})
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 40_000  # kilobytes


# --- checking one ---------------------------------------------------------------------------------------------


def ask(client, reference, code):
    return client.get("/verify", query_string={"reference": reference, "code": code})


def test_a_true_receipt_is_confirmed_without_saying_whose(client, on, receipt):
    given, _ = receipt
    for code in (given.fingerprint, given.fingerprint[:16], given.code, given.fingerprint[:20].upper()):
        page = ask(client, given.reference.lower(), code)
        assert "Yes, we received it" in page.text and "Digital health" in page.text
        assert "2027-02-20 21:58:41 (UTC+00:00)" in page.text
        for secret in (*SECRET, on.lead.name):
            assert secret not in page.text


def test_whatever_is_wrong_the_answer_is_the_same(client, on, receipt):
    given, _ = receipt
    wrong = ("0" if given.fingerprint[5] != "0" else "1").join([given.fingerprint[:5], given.fingerprint[6:]])
    answers = []
    for reference, code in [
        (given.reference, wrong),
        (given.reference, wrong[:16]),
        (given.reference, given.fingerprint[:15]),
        (given.reference, given.fingerprint + "0"),
        (given.reference, "not hexadecimal!"),
        ("2027-SANTE-9999", given.fingerprint),
        ("2099-AUTRE-0001", given.fingerprint),
        ("x", "é" * 200),
        ("\x00", "\x00\x00"),
        ("' OR 1=1 --", "%" * 64),
    ]:
        page = ask(client, reference, code)
        assert page.status_code == 200 and "Yes, we received it" not in page.text
        answers.append(re.search(r'<div role="status">.*?</div></div>', page.text, re.S)[0])
    assert len(set(answers)) == 1


def test_the_work_is_the_same_whatever_is_wrong(client, receipt, queries):
    given, _ = receipt
    counts = []
    for reference, code in [(given.reference, given.code), (given.reference, "0" * 16), ("2099-X-1", given.code)]:
        with queries() as seen:
            received(reference, code)
        counts.append(len(seen))
    assert counts == [2, 2, 2]


def test_earlier_receipts_stay_true(client, on, receipt):
    first, application = receipt
    with stopped(AT + timedelta(minutes=5)):
        workflow.reopen(applications.own_application(on.lead, application.id), actor=on.lead)
        application = applications.own_application(on.lead, application.id)
        application.title = "Un autre titre"
        db.session.commit()
    second, _ = submit(on, application)
    assert first.fingerprint != second.fingerprint
    for given in (first, second):
        assert received(given.reference, given.code) is not None


def test_half_a_question_asks_for_the_other_half(client):
    assert "both are needed" in ask(client, "2027-1", "").text
    assert "both are needed" not in client.get("/verify").text


def test_what_comes_along_when_one_copies_does_not_matter():
    assert tidy_reference("\u2068 2027\u2011santé-0001\u2069\u200f ") == "2027-SANTÉ-0001"
    assert tidy_code(" 9F2C 41ab\u00a077de-0011\u2069") == "9f2c41ab77de0011"
    assert tidy_code("9f2c 41zz") == tidy_code("0" * 65) == ""


def test_guessing_at_one_reference_is_slowed_down(app, monkeypatch):
    monkeypatch.setitem(app.config, "RATELIMIT_ENABLED", True)
    limiter.init_app(app)
    reference = f"T-{time.time_ns()}"
    here = {"environ_base": {"REMOTE_ADDR": "192.0.2.9"}}
    answers = [
        app.test_client().get("/verify", query_string={"reference": reference, "code": f"{n:016x}"}, **here).status_code
        for n in range(21)
    ]
    assert answers == [200] * 20 + [429]
    assert app.test_client().get("/verify", query_string={"reference": "U-1", "code": "0"}, **here).status_code == 200
    assert app.test_client().get("/verify", **here).status_code == 200
