"""Fixtures of the situation: who sorts a week's reports, and who sends them."""

import pytest

from narvaro.access.actions import add_organisation
from narvaro.access.models import Member, OrganisationKind, Role
from tests.make import NIGHT, World, make_member


@pytest.fixture
def guard(world: World) -> Member:
    """Return a guard of the company."""
    return make_member(world)


@pytest.fixture
def leader(world: World) -> Member:
    """Return the company's shift leader."""
    return make_member(world, Role.SHIFT_LEADER)


@pytest.fixture
def coordinator(world: World) -> Member:
    """Return the municipality's coordinator."""
    return make_member(world, Role.COORDINATOR)


@pytest.fixture
def reporter(world: World) -> Member:
    """Return somebody of a housing company who reports."""
    company = add_organisation(
        tenant=world.tenant, name="Provbo", kind=OrganisationKind.HOUSING_COMPANY, by="test",
        at=NIGHT,
    )  # fmt: skip
    return make_member(world, Role.REPORTER, company)
