"""What a file is taken for, before anything is decided."""

import pytest

from narvaro.sharing.reading import look_into
from tests.make import World

PLACES = "place_id;name;latitude;longitude;toilet;shower;phone\nx-1;Sjöbadet;59,2;17,6;ja;nej;\n"
TOILETS = "Plats;Nord-koordinat (WGS84);Ost-koordinat (WGS84)\nTorget;59,19;17,62\n"
PEOPLE = '"Folkmängd",,\n,,\nregion,ålder,2025\n0481 Provköping,totalt,9\n'
HAPPENED = "Datum;Kl;Plats;Händelsetyp\n2026-03-02;22:10;Torget;Klotter\n"
VISITED = "Objekt;Ankomst;Avgång;Enhet\nTrasten;22:10;22:20;V1\n"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("badplatser.csv", PLACES, "sites"),
        ("offentliga_toaletter.csv", TOILETS, "sites"),
        ("befolkning.csv", PEOPLE, "population"),
        ("utdrag.csv", HAPPENED, "incidents"),
        ("ronder.csv", VISITED, "visits"),
    ],
)
def test_a_file_is_taken_for_what_its_headers_say(
    world: World, name: str, text: str, kind: str
) -> None:
    """What says neither when nor where is a list of something, not a thing that happened."""
    (found,) = look_into(world.tenant, name, text.encode())
    assert found.kind == kind
