"""Oslo's streets with Toronto's incidents: files in, forecasts out, held against the naive map.

The join is made up: a window of Toronto, moved onto eastern Oslo metre by metre, so that real times
and a real unevenness lie on a real map. Nothing is said of Oslo.
"""

import csv
import io
from datetime import datetime, timedelta
from math import cos, radians
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest

from narvaro.access.models import Role
from narvaro.directory.actions import import_roads
from narvaro.directory.importing.history import Answers
from narvaro.directory.importing.run import Source
from narvaro.directory.models import RoadMap
from narvaro.forecast.actions import make_forecast, score_due
from narvaro.forecast.models import Forecast, Score
from narvaro.forecast.scores import Verdict, get_history
from narvaro.sharing.kinds import import_file
from tests.conftest import DATA
from tests.make import NIGHT, World, make_member, make_viewer

OSLO = DATA / "osm" / "oslo-east-filtered.osm.pbf"
TORONTO = DATA / "incidents" / "toronto_mci.parquet"
DOWNTOWN = (43.635, -79.425)  # the window's south-west corner
KINDS = {"Break and Enter": "Inbrott", "Robbery": "Rån", "Theft Over": "Stöld"}
ZONE = ZoneInfo("Europe/Stockholm")
SINCE, UNTIL = datetime(2020, 1, 1), datetime(2021, 12, 8)  # noqa: DTZ001 - local, as in the file
FIRST = datetime(2021, 11, 15, tzinfo=ZONE)
DAYS = 14
here = pytest.mark.skipif(
    not (OSLO.exists() and TORONTO.exists()), reason="shared/data is not beside the checkout"
)


def moved_incidents(ground: RoadMap) -> bytes:
    """Return a window of Toronto as large as the map, moved onto it, as a file of incidents."""
    south, west = DOWNTOWN
    wide = cos(radians(ground.south)) / cos(
        radians(south)
    )  # degrees of longitude are shorter there
    north, east = south + ground.north - ground.south, west + (ground.east - ground.west) * wide
    table = pq.read_table(
        TORONTO, columns=["occurred_local", "MCI", "Lat", "Long"],
        filters=[
            ("MCI", "in", list(KINDS)), ("occurred_local", ">=", SINCE), ("occurred_local", "<", UNTIL),
            ("Lat", ">=", south), ("Lat", "<", north), ("Long", ">=", west), ("Long", "<", east),
        ],
    )  # fmt: skip
    written = io.StringIO()
    out = csv.writer(written, delimiter=";")
    out.writerow(["Nr", "Kategori", "Inträffat", "Latitud", "Longitud", "Källa"])
    for number, row in enumerate(table.to_pylist(), 1):
        lat = ground.south + row["Lat"] - south
        lon = ground.west + (row["Long"] - west) / wide
        at = row["occurred_local"].strftime("%Y-%m-%d %H:%M")
        out.writerow(
            [
                number,
                KINDS[row["MCI"]],
                at,
                f"{lat:.6f}",
                f"{lon:.6f}",
                "Anmälda brott (öppna data)",
            ]
        )
    return written.getvalue().encode()


@pytest.mark.real_data
@here
@pytest.mark.slow
def test_two_weeks_of_forecasts_is_scored_beside_last_years_map(world: World) -> None:
    """Every day one, a day ahead; what was expected comes near what happened."""
    import_roads(
        tenant=world.tenant, pbf=OSLO, progress=lambda _step, _share: None, by="test", at=NIGHT
    )
    given = moved_incidents(RoadMap.objects.get(tenant=world.tenant))
    report = import_file(
        "incidents", world.tenant, Source(name="toronto.csv", data=given, keep_good=True), Answers(),
        by="test", at=NIGHT,
    )  # fmt: skip
    assert report.written
    assert report.kept > 2000
    for day in range(DAYS):
        make_forecast(tenant=world.tenant, at=FIRST + timedelta(days=day))
    assert score_due(tenant=world.tenant, at=FIRST + timedelta(days=DAYS + 9)) == DAYS
    first = Forecast.objects.earliest("starts_at")
    assert set(first.made_of["used"]) == {"reported_offence"}
    history = get_history(make_viewer(make_member(world, Role.COORDINATOR)))
    together = history.together
    assert together is not None
    assert Score.objects.filter(final=True, hours=24).count() == DAYS - 1
    print(
        f"{together.happened:.0f} events, {together.expected:.0f} expected; hits in the top 5 %: "
        f"{together.hits_5:.0f} beside {together.naive_hits_5:.0f}; {together.gain_nats:+.3f} nats"
    )
    assert together.events == pytest.approx(together.expected, rel=0.2)
    assert together.gain_nats is not None
    assert together.gain_nats > 0
    assert history.verdict == Verdict.TOO_FEW  # two weeks are no verdict
    assert together.hits_5 > 0.8 * together.naive_hits_5
