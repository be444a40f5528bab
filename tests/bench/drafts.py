"""An open call and as many drafts as wanted, each complete and of its own organisation, written in bulk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from flask import Flask, session
from flask_wtf.csrf import generate_csrf
from sqlalchemy import select

from grants.applications.content import Project
from grants.applications.models import Application, ApplicationState, Document
from grants.applications.queries import own_application
from grants.applications.submitted import content_hash
from grants.calls.models import Call, CallState, Criterion, Envelope
from grants.clusters.models import Cluster, Commission
from grants.core.clock import now
from grants.core.db import db, transaction
from grants.core.i18n import Words
from grants.core.storage import storage
from grants.core.types import new_id, sort_key
from grants.funds.models import Fund
from grants.people.models import Membership, Organisation, OrganisationKind, Person, Right
from grants.people.service import open_session
from tests.bench.world import put

MAD = "MAD"
ICE = "{:09}0001{:02}"


@dataclass(frozen=True)
class Draft:
    """One applicant at work: their draft, the cookie and token of their browser, and what the check page showed."""

    id: UUID
    person_id: UUID
    cookie: str
    csrf: str
    seen: str
    version: int
    commission_id: UUID


def call(code: str, opened: datetime, closes: datetime) -> dict[str, Any]:
    """An open call with one commission; answers with the ids that drafts need."""
    cluster, fund, commission, made = new_id(), new_id(), new_id(), new_id()
    place = {"code": code, "name": code, "country": "MA", "currency": MAD, "timezone": "Africa/Casablanca"}
    title = Words(fr="Services mobiles", en="Mobile services")
    put(Cluster, [{"id": cluster, **place}])
    put(Commission, [{"id": commission, "cluster_id": cluster, "code": "K1", "name": title, "position": 1}])
    put(Fund, [{"id": fund, "cluster_id": cluster, "code": code, "name": code, "currency": MAD}])
    rules = {
        "id": made,
        "fund_id": fund,
        "code": f"{code}-1",
        "title": Words(fr="Intilak", en="Intilak"),
        "summary": Words(fr="Un prototype en un an.", en="A prototype in a year."),
        "state": CallState.OPEN,
        "opens_at": opened,
        "closes_at": closes,
        "reviews_due_at": closes + timedelta(days=30),
        "published_at": opened,
        "currency": MAD,
        "ceiling_minor": 100_000_000,
        "funding_rate": 9_000,
    }
    put(Call, [rules])
    put(Envelope, [{"call_id": made, "commission_id": commission, "currency": MAD, "amount_minor": 10**12}])
    guidance = {"guidance": Words(fr="Dites pourquoi.", en="Say why."), "label": Words(fr="Projet", en="Project")}
    put(Criterion, [{"call_id": made, "position": 1, "weight": 100, **guidance}])
    return {"call": made, "commission": commission}


def write(ids: dict[str, Any], count: int, sha256: str, size: int) -> list[UUID]:
    """Persons, organisations, memberships and complete drafts; answers with the ids of the persons."""
    moment, people, organisations, drafts = now(), [], [], []
    for n in range(count):
        name, title = f"Startup {n} SARL", f"Paiement mobile {n}"
        person, organisation = new_id(), new_id()
        email = f"storm{n}@drafts.example"
        people.append(
            {"id": person, "email": email, "name": f"Amina {n}", "sort_key": f"amina {n}", "confirmed_at": moment}
        )
        kind = {"kind": OrganisationKind.STARTUP, "country": "MA", "city": "Fès"}
        key = sort_key(name)
        organisations.append({"id": organisation, "name": name, "sort_key": key, "matching_key": key, **kind})
        drafts.append(
            {
                "id": new_id(),
                "call_id": ids["call"],
                "organisation_id": organisation,
                "lead_id": person,
                "commission_id": ids["commission"],
                "title": title,
                "sort_key": sort_key(title),
                "summary": "Payer au souk par téléphone. " * 15,
                "description": "Le paiement sans contact, sans banque et sans réseau. " * 120,
                "duration_months": 12,
                "currency": MAD,
                "cost_minor": 80_000_000,
                "requested_minor": 60_000_000,
                "state": ApplicationState.DRAFT,
            }
        )
    put(Person, people)
    put(Organisation, organisations)
    pairs = zip(organisations, people, strict=True)
    put(Membership, [{"organisation_id": o["id"], "person_id": p["id"], "right": Right.OWNER} for o, p in pairs])
    put(Application, drafts)
    file = {"filename": "projet.pdf", "media_type": "application/pdf", "size": size, "sha256": sha256}
    put(Document, [{"application_id": one["id"], "uploaded_by_id": one["lead_id"], **file} for one in drafts])
    return [one["id"] for one in people]


def fill(app: Flask, count: int, pdf: bytes, closes: datetime) -> list[Draft]:
    """Committed drafts, each with a browser that has signed in and looked at its check page."""
    with app.app_context():
        with transaction():
            ids = call("STORM", now() - timedelta(days=30), closes)
            people = write(ids, count, storage(app.extensions["settings"]).keep(pdf), len(pdf))
        drafts = browsers(app, people)
        db.session.remove()
        return drafts


def browsers(app: Flask, people: Sequence[UUID]) -> list[Draft]:
    signer, name = app.session_interface.get_signing_serializer(app), app.config["SESSION_COOKIE_NAME"]
    with app.test_request_context():
        csrf, raw = generate_csrf(), session["csrf_token"]
    found = []
    for person_id in people:
        person = db.session.get_one(Person, person_id)
        token = open_session(person, browser="bench", address="127.0.0.1")
        signed = signer.dumps({"_user_id": token, "_fresh": True, "csrf_token": raw})
        mine = db.session.scalars(select(Application.id).where(Application.lead_id == person_id)).one()
        draft = own_application(person, mine)
        version, seen = Project.of(draft).version, content_hash(draft)
        found.append(Draft(draft.id, person_id, f"{name}={signed}", csrf, seen, version, draft.commission_id))
    return found
