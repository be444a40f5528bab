"""Links sent by mail: the signature says that we made it, the row whether it still counts and what for.

What travels is the row's id, signed with the installation's secret key; no table and no promise holds anything that
opens an account.
"""

from uuid import UUID

from itsdangerous import BadSignature, URLSafeSerializer


def token(link_id: UUID, secret_key: str) -> str:
    return str(_signer(secret_key).dumps(link_id.hex))


def read(token: str, secret_key: str) -> UUID | None:
    """The id of the link this token was made for, or None when we did not make it."""
    try:
        return UUID(_signer(secret_key).loads(token))
    except (BadSignature, ValueError, TypeError, AttributeError):
        return None


def _signer(secret_key: str) -> URLSafeSerializer:
    return URLSafeSerializer(secret_key, salt="email-link")
