"""Bring a database to the newest migration, as the owner of its tables."""

from sqlalchemy import create_engine

from config.settings import Settings
from grants.core.db import Base


def upgrade(settings: Settings) -> None:
    engine = create_engine(settings.database_owner_url or settings.database_url)
    Base.metadata.create_all(engine)
    engine.dispose()
