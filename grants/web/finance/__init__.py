"""Fund managers, authorising officers, accountants, auditors: the money."""

from grants.web.access import Portal

portal = Portal("finance", __name__, url_prefix="/finance")
