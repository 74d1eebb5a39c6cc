"""A made-up town, and rows about it written the way people write them.

`make_town` gives the true sites and addresses; `write_rows` writes rows about them with typing
errors, abbreviations, lost letters and wrong house numbers, and about places that do not exist.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random

from narvaro.core.placing import Entry

TOWN = "Älvhamra"
LAT, LON = 59.2, 17.6
_STREETS = (
    "Skolgatan", "Skolvägen", "Norra Skolgatan", "Storgatan", "Lilla Storgatan", "Björkgatan",
    "Björngatan", "Lärkvägen", "Kyrkogatan", "Bruksgatan", "Järnvägsgatan", "Ängsvägen", "Åsgatan",
    "Hamngatan", "Västra Hamngatan", "Östra Hamngatan", "Slöjdgatan", "Tallvägen", "Granvägen",
    "Ekbacken", "Sjövägen", "Vallgatan", "Parkallén", "Sankt Olofs gata", "Drottninggatan",
    "Kungsgatan", "Köpmangatan", "Rådhusgatan", "Smedjegränd", "Garvargränd", "Fiskarstigen",
    "Mäster Pers väg", "Dammkärrsvägen", "Solvändsstigen", "Hantverkargatan", "Fabriksvägen",
    "Klockarvägen", "Prästgårdsvägen", "Kvarnbacken", "Strandpromenaden", "Villagatan",
    "Östergatan", "Norrgatan", "Södervägen", "Erik Dahlbergs väg",
)  # fmt: skip
_STEMS = (
    "Trasten", "Lärkan", "Västergård", "Hovsäter", "Solgläntan", "Björkängen", "Ekliden",
    "Fornbacken", "Kvarnsjön", "Älvdalen", "Åkerby", "Mossebo", "Rönninge gård", "Tallhöjden",
)  # fmt: skip
_KINDS = ("skola", "förskola", "idrottshall", "fritidsgård")
_OTHERS = (
    "Norrskolan", "Norra skolan", "Björkskolan", "Björnskolan", "Centralbiblioteket",
    "Älvhamra gymnasium", "Stadsbiblioteket Hovsäter", "Älvvallens IP", "Simhallen Delfinen",
    "Kulturhuset Kvarnen", "Äldreboendet Solhöjd", "Brandstationen", "Vårdcentralen Linden",
)  # fmt: skip
_AREAS = ("Stortorget", "Stadsparken", "Hovsäters torg", "Lärkparken", "Hamnplan")
_ELSEWHERE = ("Uppsala", "Strängnäs", "Nykvarn", "Linköping", "Solna", "Mora", "Upplands Väsby")
_GONE = (
    "Korallens skola", "Ugglans förskola", "Granits idrottshall", "okänd plats", "diverse",
    "se bilaga", "hela kommunen", "skolan", "förskolan", "parkeringen", "Skolgatan/Storgatan",
    "Pingvingatan 4", "Oxelvägen 12", "Trädgårdsgatan 7 B", "Granit 3", "kv Koralltrasten 2",
    "?", "-", "flera objekt", "enligt samtal", "väktare 12", "larm 1234",
)  # fmt: skip


@dataclass(frozen=True)
class Town:
    """What is true."""

    sites: tuple[Entry, ...]
    addresses: tuple[Entry, ...]
    areas: tuple[Entry, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Everything a gazetteer is built of."""
        return (*self.sites, *self.addresses, *self.areas)


@dataclass(frozen=True)
class Written:
    """A row as written; `truth` is an entry's id, or empty where nothing on the map is meant."""

    texts: tuple[str, ...]
    truth: str
    how: str


def make_town(seed: int = 1) -> Town:
    """Make the town: 69 sites, over 800 addresses, 5 areas."""
    random = Random(seed)
    addresses = []
    for street in _STREETS:
        lat, lon = LAT + random.uniform(-0.03, 0.03), LON + random.uniform(-0.05, 0.05)
        step = random.uniform(0.0002, 0.0004), random.uniform(0.0002, 0.0004)
        numbers = [str(number) for number in range(1, random.randrange(16, 26))]
        numbers += [f"{random.randrange(2, 12)} {letter}" for letter in "AB"]
        for number in dict.fromkeys(numbers):
            along = int(number.split()[0])
            place = lat + along * step[0], lon + along * step[1]
            addresses.append(_address(f"{street} {number}", *place))
    names = [f"{stem}{_genitive(stem, kind)} {kind}" for stem in _STEMS for kind in _KINDS]
    free = random.sample(addresses, len(names) + len(_OTHERS) + len(_AREAS))
    sites = [
        Entry(
            id=f"site:{number}", kind="site", name=name, code=f"S-{100 + number}",
            premises=_premises(name, number, random), address=free[number].address,
            lat=free[number].lat, lon=free[number].lon,
            aliases=("Delfinbadet",) if name == "Simhallen Delfinen" else (),
        )
        for number, name in enumerate([*names, *_OTHERS])
    ]  # fmt: skip
    areas = [
        Entry(f"area:{name}", "area", name, lat=at.lat and at.lat + 0.004, lon=at.lon)
        for name, at in zip(_AREAS, free[-len(_AREAS) :], strict=True)
    ]
    return Town(tuple(sites), tuple(addresses), tuple(areas))


def _address(written: str, lat: float, lon: float) -> Entry:
    return Entry(f"address:{written}", "address", "", address=written, lat=lat, lon=lon)


def _genitive(stem: str, kind: str) -> str:
    return "" if stem.endswith("s") or kind == "skola" else "s"


def _premises(name: str, number: int, random: Random) -> str:
    block = name.split()[name.startswith(TOWN)].removesuffix("s").capitalize()
    if number % 9 == 5:
        return f"{TOWN} {block} {random.randrange(1, 9)}:{10 + number}"
    return f"{block} {1 + number % len(_KINDS)}"


# --- how people write ---------------------------------------------------------------------------


def misspell(text: str, random: Random) -> str:
    """Return a text with one letter lost, doubled, changed or swapped with the next."""
    places = [at for at in range(1, len(text) - 1) if text[at : at + 2].isalpha()]
    if not places:
        return text
    at = random.choice(places)
    one, two = text[at], text[at + 1]
    middle = random.choice([two, one + one + two, two + one, random.choice("eaonrtsl") + two])
    return text[:at] + middle + text[at + 2 :]


def lose_dots(text: str) -> str:
    """Return a text as a system without å, ä and ö keeps it."""
    return text.translate(str.maketrans("åäöÅÄÖ", "aaoAAO"))


def garble(text: str) -> str:
    """Return UTF-8 read as cp1252."""
    return text.encode().decode("cp1252", errors="ignore")


def _short_street(address: str, random: Random) -> str:
    for full, short in (("gatan", "g."), ("vägen", "v."), ("gränd", "gr.")):
        if f"{full} " in address:
            return address.replace(full, random.choice([short, short[:-1]]))
    return address.lower()


def _short_name(name: str, random: Random) -> str:
    for full, shorts in (
        ("förskola", ("fsk", "fsk.", "dagis")), ("skolan", ("sk.", "sk")), ("skola", ("sk", "sk.")),
        ("idrottshall", ("idr.hall", "Idrottshallen")), ("biblioteket", ("bibl.", "bibl")),
        ("fritidsgård", ("fritidsgården", "FRITIDSGÅRD")), ("gymnasium", ("gymn.", "gymnasiet")),
    ):  # fmt: skip
        if full in name:
            short = random.choice(shorts)
            joined = f" {full}" not in name and not name.startswith(full)
            return name.replace(full, f" {short}" if joined else short).strip()
    return name.upper()


def _joined_name(name: str, random: Random) -> str:
    head, _, kind = name.rpartition(" ")
    if kind == "skola" and " " not in head:
        return random.choice(
            [f"{head}skolan", f"{head}s skola", f"Skolan {head}", f"{head} skolan"]
        )
    if kind in _KINDS:
        return random.choice([f"{kind.capitalize()} {head}", f"{name}en", name.replace("s ", " ")])
    return name.lower()


def _detailed(text: str, random: Random) -> str:
    return random.choice([
        f"{text}, Hus B", f"{text} hus C", f"vid {text}", f"utanför {text}", f"bakom {text}",
        f"baksidan av {text}", f"{text}, entré 2", f"{text} plan 2", f"{text} (skolgården)",
        f"{text} - parkeringen", f"{text}  ", f"{text}, {TOWN}", f"Utanför  {text.upper()}",
    ])  # fmt: skip


def _post(address: str, random: Random) -> str:
    code = f"{random.randrange(100, 199)} {random.randrange(10, 99)}"
    return random.choice([f"{address}, {code} {TOWN}", f"{address}, {TOWN}", f"{address} {TOWN}"])


def _written_premises(premises: str, random: Random) -> str:
    bare = premises.removeprefix(f"{TOWN} ")
    return random.choice([
        premises, bare, bare.upper(), f"KV {bare.upper()}", f"kv. {bare}", f"{TOWN} {bare}",
        f"Fastighet {bare}", f"kvarteret {bare.lower()}",
    ])  # fmt: skip


def _in_town(name: str) -> str:
    return name if TOWN in name else f"{name} {TOWN}"


def _street(address: str) -> str:
    return address.removesuffix(_number(address)).strip()


def _number(address: str) -> str:
    words = address.split()
    return " ".join(words[-2:] if words[-1].isalpha() else words[-1:])


def _with_number(address: str, number: object) -> str:
    return f"{_street(address)} {number}".strip()


SiteWay = Callable[[Entry, Random, Town], tuple[str, ...]]
SITE_WAYS: dict[str, SiteWay] = {
    "name": lambda one, r, _t: (r.choice([one.name, one.name.upper(), one.name.lower()]),),
    "short": lambda one, r, _t: (_short_name(one.name, r),),
    "joined": lambda one, r, _t: (_joined_name(one.name, r),),
    "detailed": lambda one, r, _t: (_detailed(one.name, r),),
    "misspelt": lambda one, r, _t: (misspell(one.name, r),),
    "misspelt twice": lambda one, r, _t: (misspell(misspell(one.name, r), r),),
    "dots lost": lambda one, _r, _t: (lose_dots(one.name),),
    "garbled": lambda one, _r, _t: (garble(one.name),),
    "in town": lambda one, _r, _t: (_in_town(one.name),),
    "name, address": lambda one, _r, _t: (f"{one.name}, {one.address}",),
    "name address": lambda one, r, _t: (f"{_short_name(one.name, r)} {one.address}",),
    "two cells": lambda one, r, _t: (misspell(one.name, r), _short_street(one.address, r)),
    "address": lambda one, _r, _t: (one.address,),
    "short address": lambda one, r, _t: (_short_street(one.address, r),),
    "premises": lambda one, r, _t: (_written_premises(one.premises, r),),
    "name, premises": lambda one, r, _t: (one.name, _written_premises(one.premises, r)),
    "code": lambda one, r, _t: (r.choice([one.code, one.code.lower(), f"{one.code} {one.name}"]),),
    "wrong number": lambda one, r, _t: (one.name, _with_number(one.address, r.randrange(60, 99))),
    "contradiction": lambda one, r, town: (one.name, r.choice(town.addresses).address),
    "coordinates": lambda one, _r, _t: (f"{one.lat:.6f}, {one.lon:.6f}",),
    "decimal commas": lambda one, _r, _t: (f"{one.lat:.6f} {one.lon:.6f}".replace(".", ","),),
}
ADDRESS_WAYS: dict[str, Callable[[Entry, Random], tuple[str, ...]]] = {
    "plain": lambda one, r: (r.choice([one.address, one.address.upper(), one.address.lower()]),),
    "short": lambda one, r: (_short_street(one.address, r),),
    "posted": lambda one, r: (_post(one.address, r),),
    "short, posted": lambda one, r: (_post(_short_street(one.address, r), r),),
    "misspelt": lambda one, r: (misspell(one.address, r),),
    "dots lost": lambda one, _r: (lose_dots(one.address),),
    "garbled": lambda one, _r: (garble(one.address),),
    "joined letter": lambda one, _r: (one.address.replace(" A", "A").replace(" B", "b"),),
    "near": lambda one, r: (f"{r.choice(['utanför', 'vid', 'på', 'bakom'])} {one.address}",),
    "storey": lambda one, r: (f"{one.address}, {r.choice(['2 tr', 'lgh 1102', 'plan 1', 'bv'])}",),
    "kiosk": lambda one, _r: (f"{one.address} vid kiosken",),
    "glued": lambda one, _r: (one.address.replace(" ", ""),),
    "number first": lambda one, _r: (f"{_number(one.address)} {_street(one.address)}",),
    "misspelt twice": lambda one, r: (misspell(misspell(one.address, r), r),),
}


def write_rows(town: Town, seed: int, count: int = 500) -> list[Written]:
    """Write rows: over a half of sites, a quarter of addresses, the rest of nothing on the map."""
    random = Random(seed)
    at_sites = {one.address for one in town.sites}
    homes = [one for one in town.addresses if one.address not in at_sites]
    rows = []
    for _ in range(count):
        share = random.random()
        if share < 0.52:
            rows.append(_of_site(town, random))
        elif share < 0.55:
            area = random.choice(town.areas)
            rows.append(Written((_detailed(area.name, random),), area.id, "area"))
        elif share < 0.78:
            way = random.choice(list(ADDRESS_WAYS))
            one = random.choice(homes)
            rows.append(Written(ADDRESS_WAYS[way](one, random), one.id, f"address: {way}"))
        else:
            rows.append(_of_nothing(town, homes, random))
    return rows


def _of_site(town: Town, random: Random) -> Written:
    way = random.choice(list(SITE_WAYS))
    one = random.choice(town.sites)
    return Written(SITE_WAYS[way](one, random, town), one.id, f"site: {way}")


def _of_nothing(town: Town, homes: Sequence[Entry], random: Random) -> Written:
    one = random.choice(homes)
    site = random.choice(town.sites)
    other = random.choice([entry for entry in town.sites if entry is not site])
    town_far = random.choice(_ELSEWHERE)
    texts = random.choice([
        (f"{one.address}{random.choice([' ', ', ', ' i ', ' – ', ' (', ', 123 45 '])}{town_far}",),
        (f"{one.address} {town_far.upper()}",),
        (one.address, town_far),
        (town_far, one.address),
        (f"{site.name}{random.choice([', ', ' ', ' i '])}{town_far}",),
        (f"{one.address} {random.choice(homes).address.rpartition(' ')[0]}",),
        (f"{site.name}/{other.name.split()[0].replace('Älvhamra', 'Korallens')}",),
        (random.choice(_GONE),),
        (f"{site.name} / {other.name}",),
        (f"{random.choice(_GONE[:3])}, {site.address}",),
        (site.code, other.name),
        (f"{random.choice(['Nya', 'Inre', 'Yttre'])} {one.address}",),
        (_with_number(one.address, random.randrange(60, 200)),),
        (_short_street(_with_number(one.address, f"{random.randrange(30, 60)} C"), random),),
        (f"{random.choice(['Nya', 'Gamla', 'Södra'])} {site.name}",),
        (_with_number(one.address, ""),),
        (f"{random.choice(_GONE)}, {_with_number(one.address, random.randrange(60, 200))}",),
        (site.premises.rpartition(" ")[0] + f" {random.randrange(50, 99)}",),
        (f"{site.name.split()[0]} {random.choice(['kiosk', 'camping', 'äldreboende'])}",),
    ])  # fmt: skip
    return Written(texts, "", "nothing")
