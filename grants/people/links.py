"""The token of an e-mail link: the id of its row, signed, so that no table and no job holds a usable one."""

from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer

SALT = "e-mail link"


def token(link_id: UUID, secret: str) -> str:
    return str(URLSafeSerializer(secret, salt=SALT).dumps(link_id.hex))


def read(token: str, secret: str) -> UUID | None:
    """The id of the link, or None when the token was not made by us. Whether it may still be used, its row says."""
    try:
        return UUID(URLSafeSerializer(secret, salt=SALT).loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None
