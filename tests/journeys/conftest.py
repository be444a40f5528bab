"""A browser and a running product. Pictures of every step go to build/journeys/."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from config.settings import ROOT, Settings
from tests.journeys.product import Product, running
from tests.run import browser as browser_path
from tests.servers import own_redis

PICTURES = ROOT / "build" / "journeys"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "tests/journeys" in item.nodeid:
            item.add_marker(pytest.mark.journey)
            if browser_path() is None:
                item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))


def apart(settings: Settings) -> Settings:
    return replace(settings, redis_url=own_redis(settings.redis_url, 1))


@pytest.fixture(scope="session")
def product(new_database, migrated: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    place: Path = tmp_path_factory.mktemp("produit")
    with new_database(template=migrated) as settings, running(apart(settings), place / "instance") as started:
        yield started
