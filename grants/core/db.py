"""One database, one session, one way to open a transaction."""

import enum
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, ClassVar
from uuid import UUID

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, Engine, Enum, MetaData
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, declared_attr, mapped_column
from sqlalchemy.types import TypeDecorator

from grants.core.clock import now
from grants.core.errors import LostUpdate
from grants.core.i18n import N_, Words
from grants.core.types import UTCDateTime, WordsColumn, new_id


class Base(DeclarativeBase):
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        datetime: UTCDateTime,
        int: BigInteger,
        Words: WordsColumn,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[int]: JSONB,
        enum.Enum: Enum(
            enum.Enum,
            native_enum=False,
            create_constraint=True,
            length=32,
            values_callable=lambda e: [m.value for m in e],
        ),
    }


db = SQLAlchemy(metadata=Base.metadata)  # engines, session, paging; models are ours


class Record(Base):
    """Everything kept: an id, a birth, a version that refuses lost updates."""

    __abstract__ = True

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    created_at: Mapped[datetime] = mapped_column(default=now)
    version: Mapped[int] = mapped_column(default=1)

    @declared_attr.directive
    def __mapper_args__(cls) -> dict[str, Any]:
        return {"version_id_col": cls.version}


def plain_types(kind: str, item: Any, _: Any) -> str | bool:
    """Migrations spell our types as plain SQL, so old ones never import new code."""
    if kind == "type" and isinstance(item, TypeDecorator):
        return "postgresql.JSONB()" if isinstance(item, WordsColumn) else f"sa.{item.impl!r}"
    return False


@contextmanager
def transaction() -> Iterator[None]:
    """Commit once, at the outermost verb; then run what was promised."""
    info = db.session().info
    if "after_commit" in info:
        yield
        return
    info["after_commit"] = []
    try:
        yield
        db.session.commit()
        promised = info["after_commit"]
    except BaseException:
        db.session.rollback()
        raise
    finally:
        del info["after_commit"]
    for act in promised:
        act()


@contextmanager
def snapshot() -> Iterator[None]:
    """Inside, `db.session` is another session: it reads one unmoving picture of what is committed, and cannot write."""
    outer = db.session()
    with db.session.session_factory() as still:
        if isinstance(still.get_bind(), Engine):  # a connection that somebody else holds has its transaction already
            still.connection(execution_options={"isolation_level": "REPEATABLE READ", "postgresql_readonly": True})
        db.session.registry.set(still)
        try:
            yield
        finally:
            db.session.registry.set(outer)


def after_commit(act: Callable[[], object]) -> None:
    """Inside a transaction: do this once it is committed, and not at all if it is not."""
    db.session().info["after_commit"].append(act)


def expect(record: Record, version: int | None) -> None:
    """Raises LostUpdate when the form was drawn from another version than the one kept now."""
    if version is not None and record.version != version:
        raise LostUpdate(N_("Your text and the saved text are both below. Nothing has been overwritten."))


def lock(record: Record, *attributes: str) -> None:
    """Take the row until the transaction ends and read these attributes anew."""
    db.session.flush()
    db.session.refresh(record, attribute_names=["version", *attributes], with_for_update={"of": type(record)})
