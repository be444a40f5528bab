"""The judgement at submission, as it is kept and read again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import distinct_on

from grants.applications.models import Application, Evidence
from grants.calls.eligibility import Answer, Facts, Finding, Terms
from grants.calls.rules import rule_of
from grants.core.db import db
from grants.core.shapes import from_json, to_json


def keep(application: Application, findings: Sequence[Finding], at: datetime) -> None:
    """In a running transaction. A call without rules leaves no evidence."""
    if findings:
        kept = [_dump(one) for one in findings]
        db.session.add(Evidence(application_id=application.id, judged_at=at, findings=kept))


def evidence(applications: Sequence[UUID]) -> dict[UUID, list[Finding]]:
    """What was found at the last submission of each of these, which the caller must be allowed to read; one query."""
    last = (
        select(Evidence)
        .where(Evidence.application_id.in_(applications))
        .ext(distinct_on(Evidence.application_id))
        .order_by(Evidence.application_id, Evidence.judged_at.desc(), Evidence.id.desc())
    )
    return {one.application_id: [_load(each) for each in one.findings] for one in db.session.scalars(last)}


def _dump(finding: Finding) -> dict[str, Any]:
    return {
        "kind": finding.rule.kind.value,
        "parameters": finding.rule.as_json(),
        "blocks": finding.blocks,
        "answer": finding.answer.value,
        "facts": to_json(finding.facts),
        "terms": to_json(finding.terms),
    }


def _load(kept: dict[str, Any]) -> Finding:
    """The answer is the one given then; its words are made again from the rule, the facts and the terms of then."""
    rule, terms = rule_of(kept["kind"], kept["parameters"]), from_json(Terms, kept["terms"])
    facts = from_json(Facts, kept["facts"])
    verdict = replace(rule.judge(facts, terms), answer=Answer(kept["answer"]))
    return Finding(rule, kept["blocks"], verdict, terms, facts)
