"""Bank accounts to verify: the one place where a number is shown whole, beside the bank's certificate."""

from typing import Any
from uuid import UUID

from flask import flash, make_response, redirect, render_template, url_for
from flask_babel import gettext as _

from grants.people.models import Person
from grants.profiles import policy, queries
from grants.profiles.models import BankAccount
from grants.web.access import access
from grants.web.awards import stated_reason
from grants.web.downloads import attached
from grants.web.finance import portal
from workflows import bank_account as workflow


def account_to_verify(user: Person, account_id: UUID) -> BankAccount:
    return queries.account_to_verify(user, account_id)


@portal.get("/accounts")
@access(policy.list_accounts)
def accounts(user: Person) -> Any:
    return render_template("finance/accounts.html", accounts=queries.accounts_to_verify(user))


@portal.get("/accounts/<uuid:account_id>")
@access(policy.read_account, account_to_verify)
def account(user: Person, account: BankAccount) -> Any:
    former = queries.before(account)
    page = render_template(
        "finance/account.html",
        account=account,
        number=in_fours(account.number),
        former=former,
        changed=former is not None and former.number != account.number,
        former_number=in_fours(former.number) if former else "",
        others=queries.given_by_others(account),
        moves=portal.serves(workflow.lifecycle.open_to(user, account)),
        why_not=policy.verify_account.why_not(user, account),
    )
    answer = make_response(page)
    answer.headers["Cache-Control"] = "no-store"
    return answer


@portal.get("/accounts/<uuid:account_id>/certificate")
@access(policy.read_account, account_to_verify)
def account_certificate(user: Person, account: BankAccount) -> Any:
    return attached(account)


@portal.post("/accounts/<uuid:account_id>/verify")
@access(policy.verify_account, account_to_verify)
def verify_account(user: Person, account: BankAccount) -> Any:
    workflow.verify(account, actor=user)
    flash(_("The account is verified; its owners are told."), "ok")
    return redirect(url_for(".accounts"), 303)


@portal.post("/accounts/<uuid:account_id>/refuse")
@access(policy.verify_account, account_to_verify)
def refuse_account(user: Person, account: BankAccount) -> Any:
    workflow.refuse(account, stated_reason(), actor=user)
    flash(_("The account is refused; its owners read your reason."), "ok")
    return redirect(url_for(".accounts"), 303)


def in_fours(number: str) -> str:
    """In groups of four, as certificates print it."""
    return "\u00a0".join(number[at : at + 4] for at in range(0, len(number), 4))
