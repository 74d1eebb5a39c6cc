"""The municipality's registers as CSV rows with Swedish headers, as its systems export them."""

import csv
import io
from datetime import date, timedelta
from pathlib import Path
from random import Random

from narvaro.demo.frame import Frame
from narvaro.demo.ground import read_data
from narvaro.demo.town import TownAccount, TownMember, TownShift, TownSite, TownUnit

SV = {
    "school": "skola", "preschool": "förskola", "library": "bibliotek", "hall": "hall", "other": "annat",
    "guard": "väktare", "public_order_officer": "ordningsvakt", "car": "bil", "foot": "till fots",
    "aed": "hjärtstartare", "extinguisher": "pulversläckare", "fire_blanket": "brandfilt",
    "shift_leader": "arbetsledare", "dispatcher": "larmoperatör", "coordinator": "säkerhetssamordnare",
    "contract_manager": "avtalsansvarig", "property_manager": "fastighetsförvaltare",
    "camera_operator": "kameraoperatör", "reporter": "rapportör", "police_guest": "polis", "cpr": "hlr", "fire": "brand", "dog": "hund",
}  # fmt: skip

Rows = list[list[str]]
CARRIERS = ("Stadsfiber", "Stadsfiber", "Mobilnät Nord")  # made up; two of three sites have fibre


def write_rows(path: Path, header: str, rows: Rows, encoding: str = "utf-8") -> None:
    """Write rows separated by semicolons, with the line ends of a spreadsheet's export."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\r\n")
    writer.writerow(header.split(";"))
    writer.writerows(rows)
    path.write_bytes(out.getvalue().encode(encoding))


def write_sites(path: Path, sites: tuple[TownSite, ...]) -> None:
    """Write sites.csv in the Windows code page with decimal commas."""
    rows = [
        [
            s.code,
            s.name,
            SV[s.kind],
            s.premises,
            s.address,
            comma(s.lat),
            comma(s.lon),
            str(s.alarm_grade or ""),
        ]
        for s in sites
    ]
    write_rows(
        path,
        "Objektnummer;Objekt;Typ;Fastighetsbeteckning;Adress;Latitud;Longitud;Larmklass",
        rows,
        "cp1252",
    )


def comma(degrees: float) -> str:
    """Write degrees with a decimal comma."""
    return f"{degrees:.6f}".replace(".", ",")


def write_units(path: Path, units: tuple[TownUnit, ...], company: str) -> None:
    """Write units.csv."""
    rows = [
        [u.call_sign, company, SV[u.role], SV[u.travel], ", ".join(SV[k] for k in u.kit), u.tracker]
        for u in units
    ]
    write_rows(path, "Enhet;Organisation;Roll;Färdmedel;Utrustning;Spårare", rows, "utf-8-sig")


def write_members(path: Path, members: tuple[TownMember, ...]) -> None:
    """Write members.csv: a row per member and competence, one row for those without any."""
    rows: Rows = []
    for m in members:
        first = [m.service_number, m.organisation, SV[m.role], m.since.isoformat(), ""]
        rows += [[*first, SV[n], a.isoformat(), b.isoformat()] for n, a, b in m.competences] or [
            [*first, "", "", ""]
        ]
    write_rows(
        path,
        "Tjänstenummer;Organisation;Roll;Från;Till;Kompetens;Kompetens från;Kompetens till",
        rows,
        "utf-8-sig",
    )


def _area_wkt(frame: Frame, area: str, scale: float) -> str:
    corners = read_data("papers.toml")["permits"]["area"][area]
    points = [frame.degrees(x * scale, y * scale) for x, y in corners]
    return f"POLYGON (({', '.join(f'{lon:.6f} {lat:.6f}' for lat, lon in [*points, points[0]])}))"


def write_agreements(path: Path, frame: Frame, today: date, scale: float = 1.0) -> None:
    """Write agreements.csv: whom the municipality may call in besides the company."""
    since, until = today - timedelta(days=200), today + timedelta(days=530)
    rows = [
        [number.format(year=since.year), organisation, kinds, _area_wkt(frame, area, scale),
         since.isoformat(), until.isoformat(), days, start, end]
        for number, organisation, kinds, area, days, start, end
        in read_data("papers.toml")["agreements"]["rows"]
    ]  # fmt: skip
    write_rows(
        path,
        "Avtalsnummer;Organisation;Ärenden;Område;Giltigt från;Giltigt till;Veckodagar;Klockan från;Klockan till",
        rows,
    )


def write_aeds(path: Path, sites: tuple[TownSite, ...], today: date, rng: Random) -> None:
    """Write aeds.csv: a handful at sites; the last one was checked too long ago."""
    spec = read_data("papers.toml")["aeds"]
    closed = ", ".join(f"{today.year}-{day}" for day in spec["closed_on"])
    taken: set[str] = set()
    rows: Rows = []
    for kind, count, place, hours in spec["rows"]:
        left = [one for one in sites if one.kind == kind and one.code not in taken]
        for site in rng.sample(left, min(count, len(left))):
            taken.add(site.code)
            checked = today - timedelta(days=rng.randrange(10, 150))
            rows.append([
                f"H-{len(rows) + 1:02}", site.name, place, comma(site.lat), comma(site.lon), hours,
                "" if hours == "dygnet runt" else closed, checked.isoformat(), "nej",
            ])  # fmt: skip
    rows[-1][7] = (today - timedelta(days=240)).isoformat()
    write_rows(
        path,
        "Hjärtstartare;Namn;Placering;Latitud;Longitud;Öppettider;Stängt;Kontrollerad;Ur bruk",
        rows,
        "utf-8-sig",
    )


def write_keys(path: Path, sites: tuple[TownSite, ...]) -> None:
    """Write keys.csv: a key for each site of some kinds, and one that opens all of a cabinet's."""
    spec = read_data("papers.toml")["keys"]
    rows: Rows = []
    for number, (cabinet, kinds) in enumerate(spec["cabinets"], 1):
        codes = [one.code for one in sites if one.kind in kinds]
        rows += [[f"N{number}-{code[2:]}", code, cabinet] for code in codes]
        if kinds == spec["sites_of_a_master_key"]:
            rows.append([f"N{number}-H", ", ".join(codes), cabinet])
    write_rows(path, "Nyckelbricka;Objektnummer;Nyckelskåp", rows, "utf-8-sig")


def write_contacts(path: Path) -> None:
    """Write contacts.csv: duties, with numbers and addresses that reach nobody."""
    staff = read_data("staff.toml")
    rows = [
        [staff[organisation], duty, str(step), str(after_s), phone, mail]
        for organisation, duty, step, after_s, phone, mail in staff["contacts"]
    ]
    write_rows(path, "Organisation;Jour;Steg;Efter s;Telefon;E-post", rows, "utf-8-sig")


def write_permits(path: Path, frame: Frame, company: str, today: date, scale: float = 1.0) -> None:
    """Write permits.csv with each area as WKT in degrees."""
    spec = read_data("papers.toml")["permits"]
    since, until = today - timedelta(days=400), today + timedelta(days=690)
    rows: Rows = []
    for number, area, days, start, end, officers, conditions in spec["rows"]:
        rows.append([
            number.format(year=since.year), company, _area_wkt(frame, area, scale), since.isoformat(), until.isoformat(),
            days, start, end, str(officers), conditions,
        ])  # fmt: skip
    write_rows(
        path,
        "Beslut;Organisation;Område;Giltigt från;Giltigt till;Veckodagar;Klockan från;Klockan till;Antal;Villkor",
        rows,
    )


def make_accounts(sites: tuple[TownSite, ...], rng: Random) -> tuple[TownAccount, ...]:
    """Give about eighty sites a transmitter: mostly AES, a few plain, as in a real stock of panels."""
    accounts = []
    for site in sites:
        n = int(site.code[2:])
        connected = site.kind not in {"preschool", "other"} or rng.random() < 0.47
        if not connected:
            continue
        draw = rng.random()
        bits = 0 if draw < 0.09 and site.kind != "school" else 256 if draw < 0.6 else 128
        key = f"{rng.getrandbits(bits):0{bits // 4}x}".upper() if bits else ""
        form = "hex"
        if bits == 128 and draw > 0.95:
            key, form = (
                "".join(rng.choice("ABCDEFGHJKLMNPQRSTUVWXYZ23456789") for _ in range(16)),
                "ascii",
            )
        poll = 90 if site.alarm_grade and site.alarm_grade >= 2 else rng.choice([180, 300])
        accounts.append(TownAccount(f"4{n:03d}", site.code, key, form, poll, CARRIERS[n % 3]))
    return tuple(accounts)


def write_accounts(path: Path, accounts: tuple[TownAccount, ...]) -> None:
    """Write transmitters.csv."""
    rows = [
        [a.account, a.site, a.key, a.key_form if a.key else "", str(a.poll_interval_s), a.carrier]
        for a in accounts
    ]
    write_rows(path, "Konto;Objektnummer;Nyckel;Nyckelform;Avfrågning s;Operatör", rows)


def write_roster(path: Path, shifts: tuple[TownShift, ...]) -> None:
    """Write roster.csv in local time."""
    rows = [
        [
            s.call_sign,
            f"{s.starts:%Y-%m-%d %H:%M}",
            f"{s.ends:%Y-%m-%d %H:%M}",
            ", ".join(s.service_numbers),
        ]
        for s in shifts
    ]
    write_rows(path, "Enhet;Från;Till;Tjänstenummer", rows)


def draw_grade(kind: str, rng: Random) -> int | None:
    """Draw an alarm grade (larmklass): schools mostly 2, the rest often none."""
    weights = {"school": (0, 2, 7, 1), "library": (1, 4, 4, 0), "hall": (2, 4, 3, 0)}
    return rng.choices((None, 1, 2, 3), weights.get(kind, (5, 4, 1, 0)))[0]
