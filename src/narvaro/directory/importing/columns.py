"""Which columns each kind of file has, and under which headers people write them."""

from collections.abc import Mapping
from datetime import tzinfo

from narvaro.core import cells
from narvaro.core.supervision import REPORTING_S
from narvaro.core.tables import Column, TableSpec
from narvaro.directory.importing.fixed_words import FixedWords

SITE_KINDS = {
    "skola": "school", "grundskola": "school", "gymnasium": "school", "förskola": "preschool",
    "bibliotek": "library", "hall": "hall", "idrottshall": "hall", "annat": "other",
    "övrigt": "other", "grundskola f-6": "school", "grundskola f-9": "school",
    "grundskola 7-9": "school", "gymnasieskola": "school", "fsk": "preschool",
    "simhall": "hall", "sporthall": "hall", "ishall": "hall", "fritidsgård": "other",
    "kontor": "other", "kommunhus": "other", "äldreboende": "other", "särskilt boende": "other",
    "museum": "other", "förvaltning": "other", "kultur - bibliotek": "library",
}  # fmt: skip
STANDINGS = {"bredvid": "beside", "bakom": "behind", "ensam": "alone"}
ROLES = {
    "väktare": "guard", "arbetsledare": "shift_leader", "larmoperatör": "dispatcher",
    "säkerhetssamordnare": "coordinator", "avtalsansvarig": "contract_manager",
    "fastighetsförvaltare": "property_manager", "kameraoperatör": "camera_operator",
    "rapportör": "reporter", "polis": "police_guest",
}  # fmt: skip
COMPETENCES = {
    "väktare": "guard", "ordningsvakt": "public_order_officer", "hlr": "cpr", "brand": "fire",
    "hund": "dog",
}  # fmt: skip
UNIT_ROLES = {"väktare": "guard", "ordningsvakt": "public_order_officer"}
ALARM_PROTOCOLS = {
    "sia dc-09": "sia-dc09", "sia-dc09": "sia-dc09", "dc-09": "sia-dc09",
    "sos access": "sos-access", "sos-access": "sos-access", "e-post": "mail", "mail": "mail",
    "cloudevents": "cloudevents", "webhook": "cloudevents",
}  # fmt: skip
TRAVEL = {"bil": "car", "till fots": "foot", "fot": "foot"}
KIT = {
    "hjärtstartare": "aed", "pulversläckare": "extinguisher", "brandfilt": "fire_blanket",
    "hund": "dog", "förbandsväska": "first_aid",
}  # fmt: skip


def _optional(name: str, parse: object, *aliases: str) -> Column:
    return Column(name, parse, required=False, aliases=aliases)  # type: ignore[arg-type]  # a cell parser


def sites_spec(words: Mapping[str, Mapping[str, str]]) -> TableSpec:
    """Return the columns of a file of sites; `words` holds words that a person has explained."""
    kinds = {**SITE_KINDS, **words.get("kind", {})}
    standings = {**STANDINGS, **words.get("standing", {})}
    return TableSpec(
        "sites",
        (
            _optional("code", cells.text_up_to(40), "Objektnummer", "Objektnr", "Objekt-id", "Objekt nr",
                      "Obj.nr", "Objekt-nr", "Nr"),
            Column("name", cells.text_up_to(160), aliases=("Objekt", "Namn", "Objektnamn", "Objektets namn", "Anläggning", "Benämning")),
            _optional("kind", FixedWords(kinds), "Typ", "Objekttyp", "Typ av objekt", "Verksamhet", "Kategori"),
            _optional("premises", cells.text_up_to(120), "Fastighetsbeteckning", "Fastighet", "Fastighetsbet"),
            _optional("address", cells.text_up_to(200), "Adress", "Gatuadress", "Besöksadress"),
            _optional("lat", cells.latitude, "Latitud", "Lat", "Latitude", "Nord-koordinat (WGS84)"),
            _optional("north_m", cells.decimal, "N", "Nord", "N-koordinat", "Northing"),
            _optional("east_m", cells.decimal, "E", "Ost", "E-koordinat", "Easting"),
            _optional("lon", cells.longitude, "Longitud", "Long", "Lng", "Longitude", "Ost-koordinat (WGS84)"),
            _optional("alarm_grade", cells.positive_integer, "Larmklass"),
            _optional("standing", FixedWords(standings), "Larmcentral", "Läge mot larmcentral"),
            _optional("standing_decision", cells.text_up_to(120), "Beslut", "Beslut om larmcentral"),
        ),
    )  # fmt: skip


CLOCK_OFF_AT_MOST_S = 86_400  # a clock that is further off is set, or its account ignores time

UNITS = TableSpec(
    "units",
    (
        Column("call_sign", cells.text_up_to(20), aliases=("Enhet", "Anropssignal")),
        Column("organisation", cells.text, aliases=("Organisation", "Företag")),
        Column("role", cells.one_of(UNIT_ROLES), aliases=("Roll",)),
        Column("travel", cells.one_of(TRAVEL), aliases=("Färdmedel",)),
        _optional("kit", cells.list_of(cells.one_of(KIT)), "Utrustning"),
        _optional("tracker", cells.text_up_to(80), "Spårare"),
        Column("tracker_secret", cells.text, required=False, aliases=("Lösenord",), secret=True),
    ),
)
MEMBERS = TableSpec(
    "members",
    (
        Column("service_number", cells.text_up_to(40), aliases=("Tjänstenummer", "Tjänstenr")),
        Column("organisation", cells.text, aliases=("Organisation", "Företag")),
        Column("role", cells.one_of(ROLES), aliases=("Roll",)),
        Column("valid_from", cells.day, aliases=("Från",)),
        _optional("valid_until", cells.day, "Till"),
        _optional("competence", cells.one_of(COMPETENCES), "Kompetens"),
        _optional("competence_from", cells.day, "Kompetens från"),
        _optional("competence_until", cells.day, "Kompetens till"),
    ),
)
PERMITS = TableSpec(
    "permits",
    (
        Column("decision_no", cells.text_up_to(60), aliases=("Beslut", "Beslutsnummer")),
        Column("organisation", cells.text, aliases=("Organisation", "Företag")),
        Column("area", cells.wkt_polygon, aliases=("Område",)),
        Column("valid_from", cells.day, aliases=("Giltigt från",)),
        Column("valid_until", cells.day, aliases=("Giltigt till",)),
        Column("weekdays", cells.weekdays, aliases=("Veckodagar",)),
        Column("hours_from", cells.clock_time, aliases=("Klockan från",)),
        Column("hours_until", cells.clock_time, aliases=("Klockan till",)),
        _optional("max_officers", cells.positive_integer, "Antal"),
        _optional("conditions", cells.text, "Villkor"),
    ),
)
TRANSMITTERS = TableSpec(
    "transmitters",
    (
        Column("account", cells.text, aliases=("Konto", "Larmkonto")),
        Column("site", cells.text, aliases=("Objektnummer", "Objekt")),
        Column("key", cells.text, required=False, aliases=("Nyckel",), secret=True),
        _optional("key_form", cells.one_of({"hex": "hex", "ascii": "ascii"}), "Nyckelform"),
        _optional("protocol", cells.one_of(ALARM_PROTOCOLS), "Protokoll"),
        _optional("path", cells.text_up_to(20), "Väg", "Överföringsväg"),
        _optional("poll_interval_s", cells.positive_integer, "Avfrågning s", "Avfrågning"),
        _optional(
            "path_category",
            cells.one_of({one.lower(): one for one in REPORTING_S}),
            "Kategori",
            "Klass",
        ),
        _optional("alternative", cells.yes_no, "Reservväg"),
        _optional("carrier", cells.text_up_to(60), "Operatör"),
        _optional("networks", cells.text, "Nät", "Från adresser"),
        _optional("flags", cells.text, "Avvikelser"),
        _optional("late_s", cells.positive_integer_up_to(CLOCK_OFF_AT_MOST_S), "Klocka efter s"),
        _optional("early_s", cells.positive_integer_up_to(CLOCK_OFF_AT_MOST_S), "Klocka före s"),
    ),
)


def roster_spec(zone: tzinfo) -> TableSpec:
    """Return the roster's columns; its times are local times of the tenant."""
    return TableSpec(
        "roster",
        (
            Column("unit", cells.text, aliases=("Enhet",)),
            Column("starts_at", cells.moment(zone), aliases=("Från",)),
            Column("ends_at", cells.moment(zone), aliases=("Till",)),
            Column("crew", cells.list_of(cells.text), aliases=("Tjänstenummer",)),
        ),
    )
