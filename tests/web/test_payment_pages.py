"""The pages of payments: who opens them, what stands there, the same number of queries however many rows."""

import io

import pytest

from grants.awards.models import ClaimState
from grants.calls.models import Instrument
from grants.core.db import db
from grants.core.types import Money, new_id
from grants.ledger.service import verify
from grants.payments import queries as reads
from grants.payments.statements import propose
from tests.payments.ground import AMOUNT, DAY, do, lay, rib
from workflows import batch as batches
from workflows import recovery as recoveries
from workflows import repayment as repayments
from workflows import statement as statements


@pytest.fixture
def ground(app):
    return lay()


def page(client, person, path: str) -> str:
    client.login(person)
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code, answer.text[:800])
    return answer.text


def test_from_the_order_to_the_list_by_pages(client, ground):
    authorising, accountant = ground.who("authorising"), ground.who("accountant")
    claim = f"/finance/claims/{ground.claim_ids[0]}"
    assert "•••• " in page(client, authorising, claim)
    account = reads.payable_accounts(ground.award(0).organisation_id, "MAD")[0].id
    assert client.post(f"{claim}/order", data={"account": str(account)}).status_code == 303
    client.login(accountant)
    assert client.post(f"{claim}/approve-order").status_code == 303
    text = page(client, accountant, f"/finance/funds/{ground.fund_id}/payments/new")
    assert rib(1) not in text and ground.order(0).number in text
    sent = {"order": str(ground.order(0).id), "account": str(ground.account_id), "execute_on": "2026-11-20"}
    made = client.post(f"/finance/funds/{ground.fund_id}/payments/new", data=sent)
    assert made.status_code == 303, made.text[:3000]
    batch = made.location
    whole = "\u00a0".join(rib(1)[at : at + 4] for at in range(0, 24, 4))
    assert whole in page(client, accountant, batch)
    assert client.post(f"{batch}/remit").status_code == 303
    kept = reads.lines(reads.batch(accountant, ground.order(0).batch_id).id)[0].batch
    do(kept.promise_id)
    text = page(client, ground.who("auditor"), batch)
    first = client.get(f"{batch}/transfers.csv")
    again = client.get(f"{batch}/transfers.csv")
    assert first.data == again.data and rib(1) in first.text
    assert client.get(f"{batch}/transfers.xlsx").data.startswith(b"PK")
    assert "SHA-256" in text
    for key in ("officer", "owner", "committee"):
        client.login(ground.who(key))
        assert client.get(batch).status_code == 404
        assert client.get(f"{batch}/transfers.csv").status_code == 404


def test_one_person_does_not_try_two_steps(client, ground):
    from grants.people.models import Role
    from tests.factories import with_role

    with_role(Role.ACCOUNTANT, fund=ground.fund, person=ground.who("authorising"))
    db.session.commit()
    client.login(ground.who("authorising"))
    claim = f"/finance/claims/{ground.claim_ids[0]}"
    account = reads.payable_accounts(ground.award(0).organisation_id, "MAD")[0].id
    assert client.post(f"{claim}/order", data={"account": str(account)}).status_code == 303
    answer = client.post(f"{claim}/approve-order")
    assert answer.status_code == 403 and "You ordered this payment" in answer.text


def test_a_statement_from_file_to_paid(client, ground):
    ground.ordered(0)
    ground.remitted(0)
    number = ground.order(0).number
    client.login(ground.who("accountant"))
    content = f"Date;Libellé;Référence;Débit;Crédit;RIB\n21/11/2026;VIR {number};B1;200 000,00;;{rib(1)}\n"
    sent = {
        "file": (io.BytesIO(content.encode()), "releve.csv"),
        "opening": "1 000 000",
        "opening_on": "2026-11-01",
        "closing": "800 000",
        "closing_on": "2026-11-22",
    }
    made = client.post(f"/finance/paying-accounts/{ground.account_id}/statements/new", data=sent)
    assert made.status_code == 303, made.text[:4000]
    assert "Read the lines" in page(client, ground.who("accountant"), made.location)
    columns = {"booked_on": "0", "label": "1", "reference": "2", "debit": "3", "credit": "4", "rib": "5"}
    assert client.post(f"{made.location}/columns", data=columns).status_code == 303
    text = page(client, ground.who("accountant"), made.location)
    assert "same reference, same account, same amount" in text
    found = reads.statements(ground.who("accountant"))[0][0]
    line = reads.statement_lines(found.id)[0]
    confirmed = client.post(f"{made.location}/confirm", data={f"line-{line.id}": str(ground.order(0).id)})
    assert confirmed.status_code == 303
    assert ground.claim(0).state == ClaimState.PAID
    assert "Lines matched" in page(client, ground.who("auditor"), made.location)
    assert "releve.csv" in page(client, ground.who("auditor"), "/finance/statements")


def test_a_recovery_by_pages(client, ground):
    ground.ordered(0)
    ground.paid(0)
    agreement = ground.award(0)
    agreement_id = ground.claim(0).instalment.agreement_id
    assert agreement.id
    client.login(ground.who("authorising"))
    path = f"/finance/agreements/{agreement_id}/recovery"
    assert "200" in page(client, ground.who("authorising"), path)
    sent = {"key": str(new_id()), "amount": "50 000", "reason": "Not spent."}
    made = client.post(path, data=sent)
    assert made.status_code == 303, made.text[:4000]
    assert client.post(path, data=sent).location == made.location
    assert client.post(f"{made.location}/notify", data={"notify-due_on": "2027-01-31"}).status_code == 303
    terms = {"terms-count": "2", "terms-first_on": "2027-02-01"}
    assert client.post(f"{made.location}/instalments", data=terms).status_code == 303
    text = page(client, ground.who("accountant"), made.location)
    assert "Instalments agreed" in text
    receipt = {"receipt-amount": "25 000", "receipt-bank_reference": "R1", "receipt-value_date": "2026-11-22"}
    assert client.post(f"{made.location}/collect", data=receipt).status_code == 303
    mine = made.location.replace("/finance", "/applicant") if "/applicant" in made.location else None
    assert mine is None
    assert "R1" in page(client, ground.who("auditor"), made.location)
    assert "Not spent." in page(client, ground.who("owner"), made.location)
    assert verify([ground.fund_id]).broken is None


def test_the_officer_finds_the_repayment_rule_from_the_call(client):
    advance, gift = lay(1, instrument=Instrument.REPAYABLE_ADVANCE), lay(1)
    for ground, offered in ((advance, True), (gift, False)):
        call = ground.award(0).call_id
        rule = f"/finance/calls/{call}/repayment"
        assert (rule in page(client, ground.who("officer"), f"/staff/calls/{call}")) is offered
        page(client, ground.who("officer"), rule)


def test_lists_cost_the_same_at_one_row_and_at_many(client, ground, queries):
    ground.ordered()
    paths = ["/finance/payments", f"/finance/funds/{ground.fund_id}/payments/new", "/finance/recoveries"]
    accountant = ground.who("accountant")

    def cost(path: str) -> int:
        client.login(ground.who("accountant"))
        client.get(path)
        with queries() as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    one = ground.gathered(0)
    before = [cost(path) for path in paths]
    detail = cost(f"/finance/payments/{one.id}")
    batches.abandon_batch(ground.batch(one.id), actor=accountant)
    many = ground.gathered()
    batches.remit(many, actor=ground.who("accountant"))
    do(ground.batch(many.id).promise_id)
    for n in range(3):
        from workflows import payment

        payment.pay(ground.claim(n), f"V{n}", ground.batch(many.id).execute_on, actor=ground.who("accountant"))
        recoveries.establish(ground.award(n), Money(AMOUNT // 2, "MAD"), "Why.", actor=ground.who("authorising"))
    after = [cost(path) for path in paths]
    assert [a - b for a, b in zip(after, before, strict=True)] <= [0, 0, 1]
    assert abs(cost(f"/finance/payments/{many.id}") - detail) <= 2


def test_long_pages_cost_the_same_at_one_line_and_at_fifty(client, queries):
    def cost(who, path: str) -> int:
        client.login(who)
        client.get(path)
        with queries() as seen:
            assert client.get(path).status_code == 200
        return len(seen)

    def statement(ground, lines: int) -> str:
        rows = [f"21/11/2026;Frais {n};F{n};{n + 1},00;;" for n in range(lines)]
        content = "\n".join(["Date;Libellé;Référence;Débit;Crédit;RIB", *rows]).encode()
        made, _ = statements.receive(
            ground.account,
            f"releve-{lines}.csv",
            content,
            opening=(Money(10**9, "MAD"), DAY),
            closing=(Money(10**8, "MAD"), DAY),
            actor=ground.who("accountant"),
        )
        if made.read_at is None:
            found = reads.statement(ground.who("accountant"), made.id)
            statements.say_columns(found, propose(found.shape["headings"]), actor=ground.who("accountant"))
        return f"/finance/statements/{made.id}"

    def repaid(times: int):
        ground = lay(1, instrument=Instrument.REPAYABLE_ADVANCE)
        ground.ordered(0)
        ground.paid(0)
        call = reads.ruled_call(ground.who("officer"), ground.award(0).call_id)
        repayments.set_rule(call, 2, times, 1, None, actor=ground.who("officer"))
        repayments.schedule_repayments(ground.award(0), actor=ground.who("authorising"))
        agreement = ground.claim(0).instalment.agreement_id
        return (
            ground,
            [f"/finance/agreements/{agreement}/repayments", "/finance/repayments"],
            (f"/applicant/agreements/{agreement}/payments"),
        )

    (one, pages, own), (many, more, theirs) = repaid(1), repaid(50)
    for path, longer in zip(pages, more, strict=True):
        assert cost(many.who("accountant"), longer) <= cost(one.who("accountant"), path), path
    assert cost(many.who("owner"), theirs) <= cost(one.who("owner"), own)
    assert cost(many.who("accountant"), statement(many, 50)) <= cost(one.who("accountant"), statement(one, 1))
