"""A municipality whose uploads lie in a folder of the test, and its list of sites."""

from pathlib import Path
from typing import Any

import pytest

from narvaro.access.models import Member, Role
from narvaro.sharing.models import FileDraft
from tests.make import World, make_member


@pytest.fixture
def coordinator(world: World, settings: Any, tmp_path: Path) -> Member:
    """Return a coordinator of a municipality whose uploads lie in a folder of the test."""
    (tmp_path / "uploads").mkdir()
    home = settings.HOME
    settings.HOME = type(home)(tmp_path, home.settings, home.django_secret_key, home.seal_key)
    return make_member(world, Role.COORDINATOR, competences=())


@pytest.fixture
def sites(coordinator: Member) -> Member:
    """Bring the list of sites in."""
    from tests.sharing.test_actions import SITES, bring_in, take, workbook

    (draft,) = bring_in(take(coordinator, "Objektlista.xlsx", workbook(Blad1=SITES)))
    assert draft.state == FileDraft.State.DONE, draft.report
    return coordinator
