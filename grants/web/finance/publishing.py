"""Whether a fund publishes its awards as open data, and under which licence."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms import SelectField, StringField
from wtforms.validators import InputRequired, Length, Regexp

from grants.core.i18n import N_, render
from grants.funds import queries
from grants.funds.models import Fund
from grants.people.models import Person
from grants.reports.publishing import policy
from grants.reports.publishing.models import Licence, Publication
from grants.reports.publishing.queries import of_fund
from grants.web.access import access
from grants.web.finance import portal
from grants.web.forms import Form
from grants.web.language import current_reader, speak_for
from workflows import publishing

PREFIX = Regexp(r"^360G-[A-Za-z0-9]+$", message=N_("“360G-” followed by letters and digits, such as 360G-MNC."))


class PublicationForm(Form):
    """Identifier and licence."""

    prefix = StringField(
        _l("Publisher’s prefix"),
        [InputRequired(), Length(max=60), PREFIX],
        description=_l("Given by 360Giving to each publisher; it stands before every identifier."),
    )
    licence = SelectField(_l("Licence"), [InputRequired()])

    def __init__(self, one: Publication | None) -> None:
        kept = {"prefix": one.prefix, "licence": one.licence.value} if one else {"licence": Licence.CC_BY.value}
        super().__init__(data=kept)
        self.licence.choices = [(licence.value, render(licence.label, current_reader())) for licence in Licence]


@portal.route("/funds/<uuid:id>/open-data", methods=["GET", "POST"])
@access(policy.publish_awards, queries.fund)
def open_data(user: Person, fund: Fund) -> Any:
    """Publish, change what was chosen, or see what is published."""
    speak_for(fund.cluster.country, fund.cluster.timezone)
    one = of_fund(fund.id)
    form = PublicationForm(one)
    if form.validate_on_submit():
        publishing.publish(fund, form.prefix.data or "", Licence(form.licence.data), actor=user)
        flash(_("The awards are published: the files are made in a moment."), "ok")
        return redirect(url_for(".open_data", id=fund.id), 303)
    return render_template("finance/open_data.html", form=form, fund=fund, publication=one)


@portal.post("/funds/<uuid:id>/open-data/withdraw")
@access(policy.publish_awards, queries.fund)
def withdraw_publication(user: Person, fund: Fund) -> Any:
    publishing.withdraw_publication(fund, actor=user)
    flash(_("The files are taken away."), "ok")
    return redirect(url_for(".open_data", id=fund.id), 303)
