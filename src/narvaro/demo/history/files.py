"""Write the history in clean form: incidents.csv, damage.csv and the truth beside them."""

from datetime import datetime
from pathlib import Path

from narvaro.demo.history.made import History
from narvaro.demo.history.truth import write_truth
from narvaro.demo.history.words import AGES, CATEGORY, COUNT, DAMAGE, KNOWN_BY
from narvaro.demo.registers import comma, write_rows
from narvaro.demo.town import TownPlace

INCIDENTS = (
    "Nr;Kategori;Från;Till;Rapporterad;Plats;Objektnummer;Latitud;Longitud;Rapportör;På rond;"
    "Uppgift;Allvar;Antal;Ålder;Polisens diarienummer;Upprepar;Beskrivning"
)
DAMAGES = (
    "Nr;Skadetyp;Plats;Objektnummer;Fastighetsbeteckning;Del;Latitud;Longitud;Upptäckt;Från;Till;"
    "Uppskattad kostnad;Slutlig kostnad;Polisens diarienummer;Arbetsorder;Återställd;Rapportör;"
    "På rond;Kränkande;Beskrivning"
)


def write_history(folder: Path, history: History, premises: dict[str, str]) -> None:
    """Write the history to a folder; `premises` gives the designation of a site's code."""
    folder.mkdir(parents=True, exist_ok=True)
    write_rows(folder / "incidents.csv", INCIDENTS, [
        [
            str(i.number), CATEGORY[i.category], moment(i.since), moment(i.until),
            moment(i.reported), i.place.name, _site(i.place), comma(i.place.lat),
            comma(i.place.lon), i.reporter, _yes(i.by_patrol), KNOWN_BY[i.known_by],
            str(i.severity), COUNT[i.count], AGES[i.ages], i.police_reference,
            str(i.again or ""), i.text,
        ]
        for i in history.incidents
    ], "utf-8-sig")  # fmt: skip
    write_rows(folder / "damage.csv", DAMAGES, [
        [
            str(d.number), DAMAGE[d.kind], d.place.name, _site(d.place),
            premises.get(d.place.code, ""), d.part, comma(d.place.lat), comma(d.place.lon),
            moment(d.discovered), moment(d.since), moment(d.until), str(d.estimate_sek),
            "" if d.final_sek is None else str(d.final_sek), d.police_reference, d.work_order,
            d.restored.isoformat() if d.restored else "", d.reporter, _yes(d.by_patrol),
            _yes(d.offensive), d.text,
        ]
        for d in history.damages
    ], "utf-8-sig")  # fmt: skip
    write_truth(folder / "truth.npz", history.truth)


def moment(at: datetime) -> str:
    """Write a local time; with its offset in the hour that the clock change makes twice."""
    twice = at.replace(fold=0).utcoffset() != at.replace(fold=1).utcoffset()
    return at.isoformat(" ", "minutes") if twice else f"{at:%Y-%m-%d %H:%M}"


def _site(place: TownPlace) -> str:
    return place.code if place.code.startswith("S-") else ""


def _yes(so: bool) -> str:
    return "ja" if so else "nej"
