"""Rows made ready and written are the rows that `save` would have written."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, models, transaction

from narvaro.directory.importing.insert import make_ready
from narvaro.followup.models import DeliveredHours
from narvaro.situation.models import Damage, Incident
from tests.make import NIGHT, World, make_site


def rows_of(world: World) -> list[list[models.Model]]:
    """Return rows of several models, with and without what may be empty."""
    site = make_site(world)
    same = {"tenant": world.tenant, "batch": world.batch}
    when = {"occurred_from": NIGHT, "occurred_until": NIGHT + timedelta(microseconds=1)}
    return [
        [
            Incident(**same, **when, reported_at=NIGHT, category="graffiti", row_key="1",
                     marks=[["name", "å"]], site=site, lat=59.1, lon=18.0, by_patrol=True),
            Incident(**same, **when, reported_at=NIGHT, category="fire", row_key="2"),
        ],
        [
            Damage(**same, **when, reported_at=NIGHT, kind="glass", row_key="1", site=site,
                   estimate_sek=Decimal("77345.50"), text="50 % av rutan, 'sprucken'"),
            Damage(**same, **when, reported_at=NIGHT, kind="graffiti", row_key="2"),
        ],
        [
            DeliveredHours(**same, organisation=world.company, activity="patrol", row_key="1",
                           day=NIGHT.date(), hours=Decimal("7.50")),
        ],
    ]  # fmt: skip


def test_what_is_read_back_is_what_was_given(world: World) -> None:
    for rows in rows_of(world):
        make_ready(rows)()
        model = type(rows[0])
        for row in rows:
            found = model._default_manager.get(pk=row.pk)
            for field in model._meta.concrete_fields:
                given = getattr(row, field.attname)
                assert getattr(found, field.attname) == given, field


def test_a_fault_writes_none_of_them(world: World) -> None:
    """The second has the first one's key: the caller's transaction holds neither."""
    one, other = rows_of(world)[0]
    assert isinstance(other, Incident)
    other.row_key = "1"
    with pytest.raises(IntegrityError), transaction.atomic():
        make_ready([one, other])()
    assert not Incident.objects.exists()


def test_no_rows_are_no_write(world: World, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        make_ready([])()
