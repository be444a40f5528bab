"""Who reads and restores the versions of a section, and who talks about it: the organisation's own people, alone."""

from grants.applications import policy as files
from grants.applications.comment_queries import Talk
from grants.applications.models import EDITABLE, Comment
from grants.applications.policy import APPLICANT, right_in
from grants.applications.versions import Version
from grants.core.i18n import N_
from grants.core.policy import Claims, policy
from grants.people.models import Person


@policy(APPLICANT)
def read_version(user: Person, version: Version) -> Claims:
    """As for the application."""
    yield from files.read_own.claims(user, version.application)


@policy(APPLICANT)
def restore_version(user: Person, version: Version) -> Claims:
    """Whoever may change the application."""
    yield from files.edit.claims(user, version.application)


@policy(APPLICANT)
def read_comments(user: Person, talk: Talk) -> Claims:
    """As for the application; nobody of the fund, ever."""
    yield from files.read_own.claims(user, talk.application)


@policy(APPLICANT)
def comment(user: Person, talk: Talk) -> Claims:
    """Anybody who speaks for the organisation, readers too, while the application may be changed."""
    yield from files.read_own.claims(user, talk.application)
    yield talk.application.state in EDITABLE, N_("It is with the fund now and cannot be changed.")


@policy(APPLICANT)
def settle_comment(user: Person, comment: Comment) -> Claims:
    """Whoever may comment."""
    application = comment.application
    yield right_in(user, application.organisation) is not None, N_("This application is not yours.")
    yield application.state in EDITABLE, N_("It is with the fund now and cannot be changed.")
