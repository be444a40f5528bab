"""The demo's consortium of three: the start-up's draft, a university and a laboratory that have acceded to it."""

from collections.abc import Callable
from typing import Any

from grants.applications import partner_queries as partners
from grants.applications import partner_service
from grants.applications import queries as applications
from grants.applications.accession import OwnPart
from grants.cli.demo_papers import give_letter
from grants.core.i18n import Reader
from grants.people import queries as people
from grants.people import service
from grants.people.models import OrganisationKind, Person
from grants.people.service import OrganisationDraft
from workflows import partnership
from workflows.partnership import Wanted

UNIVERSITY = OrganisationDraft("Université des Oasis", OrganisationKind.UNIVERSITY, "MA", "Errachidia")
LABORATORY = OrganisationDraft("مختبر اللغات الرقمية", OrganisationKind.LABORATORY, "MA", "Rabat")
PARTS = {
    UNIVERSITY: OwnPart(
        "Essais auprès de trente commerçants",
        "Une doctorante et un ingénieur suivent trente commerçants pendant six mois et mesurent le temps gagné.",
        "Lettre d’engagement du président de l’université ; charte de protection des données.",
    ),
    LABORATORY: OwnPart(
        "المعالجة الآلية للعربية والدارجة",
        "يكيّف مهندسان نموذج اللغة حتى تكتب الفواتير بالعربية والدارجة، ويقيسان جودته.",
        "رسالة التزام من مدير المختبر.",
    ),
}


ASKED = Wanted("Driss Amrani", "cooperative@demo.example", "Trente commerçants qui essaient l’application")


def gather(application_id: Any, lead: Callable[[], Person], *members: Callable[[], Person]) -> None:
    """Invite both; each accepts, writes its part, attaches its letter, accedes; a third one has not answered yet.

    Everybody is met anew for every act.
    """
    for meet, draft in zip(members, PARTS, strict=True):
        person, part = meet(), PARTS[draft]
        organisation_id = service.create_organisation(draft, actor=person).id
        inviting = lead()
        application = applications.own_application(inviting, application_id)
        wanted = Wanted(meet().name, meet().email, part.role)
        id = partnership.invite_partner(application, wanted, actor=inviting).id

        def mine(meet: Callable[[], Person] = meet, id: Any = id) -> Any:
            return partners.partner(meet(), id)

        partnership.accept_partnership(mine(), people.organisation(meet(), organisation_id), actor=meet())
        partner_service.revise_part(mine(), part, seen=None, actor=meet())
        give_letter(mine, meet)
        partnership.accede(mine(), meet().name, Reader(meet().locale or "fr"), actor=meet())
    inviting = lead()
    partnership.invite_partner(applications.own_application(inviting, application_id), ASKED, actor=inviting)
