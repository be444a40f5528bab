"""Refusals a person can understand; web/errors.py turns each into a page."""

from grants.core.i18n import N_, Text


class Problem(Exception):
    """What happened (`title`), why (`detail`), and what the person can do next (`advice`)."""

    status = 400
    title = N_("That did not work")
    advice: Text | None = None

    def __init__(self, detail: Text, advice: Text | None = None) -> None:
        super().__init__(str(detail))
        self.detail = detail
        self.advice = advice or self.advice


class Forbidden(Problem):
    status = 403
    title = N_("You may not do this")


class WrongState(Problem):
    status = 409
    title = N_("It has already moved on")
    advice = N_("Go back to the page and look at where it stands now.")


class LostUpdate(Problem):
    """Two people wrote the same thing; the page shows both texts and neither is lost."""

    status = 409
    title = N_("Somebody changed this while you were writing")


class NotEnough(Problem):
    """The money is not there; nothing was moved."""

    status = 409
    title = N_("There is not enough credit")


class Refused(Problem):
    """What was sent cannot be taken as it is: a file, a row, a value."""

    status = 422
    title = N_("This cannot be accepted as it is")


class NoRoom(Problem):
    """The disk is nearly full: reading goes on, writing waits."""

    status = 507
    title = N_("The server is nearly full")
