"""Made-up content for each screen. In: nothing. Out: contexts of narvaro.web.screens."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from narvaro.spine import clock
from narvaro.web import screens as s


def at(seconds: float) -> datetime:
    """Return the instant that many seconds from now."""
    return clock.now() + timedelta(seconds=seconds)


def menu(current: str) -> tuple[s.MenuItem, ...]:
    """Return all rooms."""
    return tuple(
        s.MenuItem(code, label, f"/{code}/", current.startswith(code), text)
        for code, label, text in (
            ("console", "Console", "Cases, units and the map, for those who send."),
            ("phone", "Phone", "Your unit: offers, the case you are on, reports."),
            ("night", "Night", "What the unmanned night did, and a way to overrule it."),
            ("contract", "Contracts", "Terms, options, prices, and what was delivered."),
        )
    )


OFFER = s.OfferRow("o1", "V1", "waiting", "Waiting", at(-4), at(16), None, "the response plan")
DECLINED = s.OfferRow(
    "o0", "V2", "declined", "Declined", at(-30), at(-10), at(-22), "the response plan"
)


def cases() -> tuple[s.CaseRow, ...]:
    """Return a handful of cases in different states."""
    rows = (
        ("1042", 1, "intruder", "Intrusion alarm", "offered", "Offered", "Trasten skola",
         "Trastvägen 4", -18, True, OFFER, "", False, False),
        ("1041", 1, "duress", "Duress alarm", "accepted", "Accepted", "Centralbiblioteket",
         "Stortorget 2", -151, False, None, "OV1", False, False),
        ("1040", 2, "intruder", "Intrusion alarm", "open", "New", "Lövängens förskola",
         "Lövängsvägen 18 B", -402, False, None, "", False, True),
        ("1039", 2, "tamper", "Tamper alarm", "on_scene", "On scene", "Hamnhallen",
         "Hamngatan 40", -1460, False, None, "V3", True, False),
        ("1036", 4, "technical", "Technical alarm", "secured", "Secured", "Ekbackens skola",
         "Ekbacken 1", -5230, False, None, "V2", False, False),
    )  # fmt: skip
    return tuple(
        s.CaseRow(
            id=f"c{number}", number=number, href=f"/console/cases/c{number}/", priority=priority,
            priority_label=f"Priority {priority}", kind=kind, kind_label=kind_label, state=state,
            state_label=label, site=site, address=address, opened_at=at(age), confirmed=confirmed,
            waiting=waiting, call_sign=call_sign, target_at=at(age + 1200), late=late,
            needs_person=needs,
        )
        for number, priority, kind, kind_label, state, label, site, address, age, confirmed,
        waiting, call_sign, late, needs in rows
    )  # fmt: skip


def units() -> tuple[s.UnitRow, ...]:
    """Return the units on duty."""
    rows = (
        ("V1", "guard", "car", "offered", "Offered", -6, False, "1042", ("defibrillator",)),
        ("V2", "guard", "car", "available", "Available", -11, False, "", ("extinguisher",)),
        ("V3", "guard", "car", "on_scene", "On scene", -340, True, "1039", ()),
        ("OV1", "public_order_officer", "foot", "rolling", "On the way", -3, False, "1041", ()),
        ("V4", "guard", "car", "break", "Break", None, False, "", ("fire blanket",)),
    )
    return tuple(
        s.UnitRow(
            f"u{name}", name, "Ekvakt", role, "Guard" if role == "guard" else "Public order officer",
            travel, "Car" if travel == "car" else "On foot", state, label, at(-600),
            at(age) if age is not None else None, stale, number, "", ("G-104", "G-117"), kit,
            at(14000),
        )
        for name, role, travel, state, label, age, stale, number, kit in rows
    )  # fmt: skip


PLAN = s.PlanView(
    "Trasten skola",
    7,
    (
        "Kör till huvudentrén på Trastvägen, ljus släckt sista biten.",
        "Yttre kontroll runt hela byggnaden; se särskilt fönstren mot gården.",
        "Inre kontroll från entrén; börja med zonen som larmat.",
        "Ring 112 vid inbrott eller brand, sedan larmoperatören.",
        "Återställ larmet och lås.",
    ),
    True,
    ("guard",),
    "offered automatically",
)
SIGNALS = (
    s.SignalRow(at(-18), "Burglary alarm", "BA", "3", at(-19), "panel over DC-09, encrypted"),
    s.SignalRow(
        at(-10), "Tamper", "TA", "0", at(-11), "panel over DC-09, encrypted", "clock 94 s off"
    ),
)
POINTS = (
    ("t0", "triggered", 0, "panel"), ("t1", "received", 0.4, "receiver"),
    ("t2", "acknowledged", 0.5, "receiver"), ("t3", "decided", 2, "system"),
    ("t4", "offered", 18, "system"), ("t5", "accepted", 34, "phone"),
    ("t6", "rolling", 61, "phone"), ("t7", "on scene", 403, "position"),
    ("t8", "secured", 2800, "phone"), ("t9", "left", 3170, "phone"),
    ("t10", "reported", 4140, "phone"),
)  # fmt: skip


def times(known: int) -> tuple[s.TimePointRow, ...]:
    """Return the eleven time points, the first `known` of them filled."""
    return tuple(
        s.TimePointRow(
            code, label, at(after - 8000) if n < known else None, source if n < known else "",
            source if n < known else "", after if n < known else None,
            {"t1": "start", "t7": "stop"}.get(code, ""),
        )
        for n, (code, label, after, source) in enumerate(POINTS)
    )  # fmt: skip


def detail(row: s.CaseRow | None = None) -> s.CaseDetail:
    """Return one case in full."""
    row = row or cases()[0]
    ranked = (
        s.RankedUnitRow("uV1", "V1", 1, "Ekvakt", "Guard", "offered", "Offered", 361.4, at(-6),
                        ("nearest by road", "has the competence guard", "free"), 3420, recommended=True,
                        offer_state_label="Waiting"),
        s.RankedUnitRow("uV2", "V2", 2, "Ekvakt", "Guard", "available", "Available", 402,
                        at(-11), ("0:41 farther than V1", "has the competence guard", "free"), 4105,
                        offer_url=f"/cases/{row.id}/offer/uV2/"),
        s.RankedUnitRow("uV5", "V5", 3, "Ekvakt", "Guard", "available", "Available", 835,
                        at(-190), ("7:53 farther than V1", "position is 3 minutes old"), 9800, True,
                        False, f"/cases/{row.id}/offer/uV5/"),
    )  # fmt: skip
    left_out = (
        s.LeftOutRow("uOV1", "OV1", "No permit covers Trasten skola: permit A-2026-114 ends at Stortorget.", "permit", 180),
        s.LeftOutRow("uV3", "V3", "On scene with case 1039.", "busy", 240),
        s.LeftOutRow("uV4", "V4", "On break.", "break"),
    )  # fmt: skip
    return s.CaseDetail(
        row, "S-014", "School", "Trasten 1", 59.19, 17.62, SIGNALS, PLAN, ranked, left_out,
        (OFFER, DECLINED), times(5), at(-3), "2", "", "panel", f"/cases/{row.id}/close/",
    )  # fmt: skip


AREA = s.MapView("/map/features/", "/tiles/{z}/{x}/{y}.mvt", 18.06, 59.325, 18.11, 59.348)


def console(selected: bool = True) -> dict[str, Any]:
    """Return the console, with a case open or none."""
    case = detail() if selected else None
    return {"page": s.ConsolePage(1201, cases(), units(), AREA, case, True, "Manned")}


def empty_console() -> dict[str, Any]:
    """Return the console on a quiet night."""
    return {"page": s.ConsolePage(1, (), (), s.MapView("/map/features/"))}


UNIT = s.PhoneUnit("uV1", "V1", "offered", "Offered", at(-6), False, at(14000), ("G-104", "G-117"))


def phone_offer() -> dict[str, Any]:
    """Return the phone with an offer."""
    offer = s.PhoneOffer(
        "o1", "c1042", "1042", 1, "Priority 1", "intruder", "Intrusion alarm", "Trasten skola",
        "Trastvägen 4", 361.4, at(-4), at(26), "/phone/offers/o1/accept/",
        "/phone/offers/o1/decline/", 3420, True, ("You are nearest by road", "Two zones: confirmed"),
    )  # fmt: skip
    return {"page": s.PhonePage(1201, UNIT, offer)}


def phone_response() -> dict[str, Any]:
    """Return the phone on its way."""
    url = "/phone/responses/r1/on_scene/"
    steps = (
        s.PhoneStep("accepted", "Accepted", at(-130)), s.PhoneStep("rolling", "On the way", at(-100)),
        s.PhoneStep("on_scene", "On scene", None, url), s.PhoneStep("secured", "Secured"),
        s.PhoneStep("left", "Left"), s.PhoneStep("reported", "Reported"),
    )  # fmt: skip
    response = s.PhoneResponse(
        "r1", "c1042", "1042", 1, "Priority 1", "intruder", "Intrusion alarm", "Trasten skola",
        "Trastvägen 4", 59.19, 17.62, "rolling", "On the way", steps, SIGNALS, PLAN, "114",
        at(1000), "", True,
    )  # fmt: skip
    unit = s.PhoneUnit("uV1", "V1", "rolling", "On the way", at(-6), False, at(14000), ("G-104",))
    return {"page": s.PhonePage(1201, unit, None, response)}


def phone_free() -> dict[str, Any]:
    """Return the phone with nothing to do but a report."""
    unit = s.PhoneUnit("uV1", "V1", "available", "Available", at(-400), True, at(14000), ("G-104",))
    due = (s.ReportDue("1038", "Hamnhallen", at(-3600), "/phone-report/"),)
    return {
        "page": s.PhonePage(
            1201, unit, None, None, due, "/phone/unit/break/", "Take a break", "",
            "Positions are used to send the nearest unit, only on duty.",
        )
    }  # fmt: skip


def report() -> dict[str, Any]:
    """Return a report half written."""
    findings = tuple(
        s.Choice(code, label, code == "break_in")
        for code, label in (
            ("nothing", "Nothing found"), ("break_in", "Break-in"), ("vandalism", "Vandalism"),
            ("fault", "Technical fault"), ("mistake", "Staff or mistake"), ("other", "Other"),
        )
    )  # fmt: skip
    checks = tuple(
        s.Choice(code, label, code == "inner")
        for code, label in (
            ("outer", "Outer check"),
            ("inner", "Inner check"),
            ("reset", "Alarm reset"),
        )
    )
    return {
        "page": s.ReportPage(
            "1042", "Trasten skola", "Trastvägen 4", "Intrusion alarm", "/phone/responses/r1/report/",
            findings, checks, "Krossat fönster mot gården.", "", times(10),
            (s.Problem("Say what you found.", "finding"),), ("“Kalle” looks like a name",),
        )
    }  # fmt: skip


def night() -> dict[str, Any]:
    """Return an unmanned night."""
    rows = cases()
    return {
        "page": s.NightPage(
            1201,
            "Unmanned",
            at(-20000),
            at(16000),
            (detail(rows[0]), detail(rows[2])),
            rows[3:],
            units(),
            1,
        )
    }


DEADLINE = s.Deadline("Decide on option 2 (2027-10-01 to 2028-09-30)", date(2027, 3, 31), 128)


def contract() -> dict[str, Any]:
    """Return a contract with options."""
    periods = (
        s.PeriodRow("Base", date(2024, 10, 1), date(2026, 9, 30), "ended", "Ended"),
        s.PeriodRow("Option 1", date(2026, 10, 1), date(2027, 9, 30), "current", "Current",
                    date(2026, 3, 12), date(2026, 3, 31)),
        s.PeriodRow("Option 2", date(2027, 10, 1), date(2028, 9, 30), "open", "Open", None,
                    date(2027, 3, 31)),
    )  # fmt: skip
    terms = (
        s.TermRow("Larmutryckning tätort", ("intrusion", "duress", "tamper"), "received", "on scene",
                  20, 0.9, Decimal(1500)),
    )  # fmt: skip
    prices = (
        s.PriceRow("Larmutryckning", "each", Decimal("640.00")),
        s.PriceRow("Väktare", "hour", Decimal("412.50")),
        s.PriceRow("Nyckelhantering", "month", Decimal("11250.00")),
    )
    statements = (
        s.StatementLink("November 2026", "/contract-statement/", 31, 2),
        s.StatementLink("October 2026", "/contract-statement/", 28, 0),
    )
    return {
        "page": s.ContractPage(
            "KS 2024/117", "Bevakningstjänster", "Älvhamra kommun", "Ekvakt i Älvhamra AB", 6,
            date(2026, 11, 23), periods, DEADLINE, terms, prices, statements,
        )
    }  # fmt: skip


def contracts() -> dict[str, Any]:
    """Return the list of contracts."""
    row = s.ContractRow("/contract-page/", "KS 2024/117", "Bevakningstjänster", "Älvhamra kommun",
                        "Ekvakt i Älvhamra AB", date(2027, 9, 30), DEADLINE)  # fmt: skip
    return {"page": s.ContractListPage((row,))}


def statement() -> dict[str, Any]:
    """Return a month."""
    results = (
        s.TermResult("Larmutryckning tätort", 31, 29, 2, 1, 0.9, 0.9355, True, 612.0, Decimal(3000),
                     "received → on scene, at most 20 min, 90 %"),
        s.TermResult("Larmutryckning landsbygd", 4, 3, 1, 0, 0.9, 0.75, False, 1500.0, Decimal(0),
                     "received → on scene, at most 30 min, 90 %"),
    )  # fmt: skip
    lines = tuple(
        s.StatementLine(f"/contract-response/?{n}", str(1042 - n), site, "Intrusion alarm", "V1",
                        at(-9000 * n), seconds, 1200.0, late, Decimal("640.00"),
                        Decimal(1500 if late else 0), remark)
        for n, (site, seconds, late, remark) in enumerate((
            ("Trasten skola", 403.0, False, ""), ("Hamnhallen", 1310.0, True, ""),
            ("Ekbackens skola", None, False, "never on scene: called off"),
        ))
    )  # fmt: skip
    return {
        "page": s.StatementPage(
            "KS 2024/117", "Bevakningstjänster", "/contract-page/", "Älvhamra kommun",
            "Ekvakt i Älvhamra AB", "November 2026", results, lines, Decimal("19840.00"),
            Decimal(3000), "/contract-statement/", "",
        )
    }  # fmt: skip


def response() -> dict[str, Any]:
    """Return one response opened down to its events."""
    events = tuple(
        s.EventRow(1201 + n, at(-8000 + n * 9), kind, label, by, "", f"3f9a{n}c1e")
        for n, (kind, label, by) in enumerate((
            ("case.opened", "Case opened", "system"), ("offer.made", "Offered to V1", "system"),
            ("offer.accepted", "V1 accepted", "G-104"), ("response.on_scene", "On scene", "G-104"),
        ))
    )  # fmt: skip
    return {
        "page": s.ResponsePage(
            "KS 2024/117", "/contract-page/", "/contract-statement/", "November 2026", "1042",
            "Trasten skola", "Trastvägen 4", "Intrusion alarm", "V1", 403.0, 1200.0, False,
            "Larmutryckning tätort", "received → on scene, at most 20 min, 90 %", times(11), events,
        )
    }  # fmt: skip


def new_case() -> dict[str, Any]:
    """Return the form for a call."""
    sites = (s.Choice("s1", "Trasten skola, Trastvägen 4 (S-014)"), s.Choice("s2", "Hamnhallen"))
    kinds = (s.Choice("intruder", "Intrusion"), s.Choice("other", "Other", True))
    return {
        "page": s.NewCasePage("0193", sites, kinds, "", "", (s.Problem("Choose a site.", "site"),))
    }


def features() -> dict[str, Any]:
    """Return what is on the map."""
    sample = (
        (18.081, 59.334, {"layer": "site", "id": "s14", "name": "Trasten skola", "code": "S-014"}),
        (18.092, 59.339, {"layer": "site", "id": "s15", "name": "Hamnhallen", "code": "S-015"}),
        (18.081, 59.334, {"layer": "case", "id": "c1042", "number": "1042", "priority": 1,
                        "kind_label": "Intrusion alarm", "name": "Trasten skola"}),
        (18.088, 59.336, {"layer": "case", "id": "c1040", "number": "1040", "priority": 2}),
        (18.075, 59.332, {"layer": "unit", "id": "uV1", "call_sign": "V1", "state": "offered",
                         "state_label": "Offered", "at": at(-6).isoformat()}),
        (18.094, 59.3385, {"layer": "unit", "id": "uV3", "call_sign": "V3", "state": "on_scene",
                        "state_label": "On scene", "at": at(-340).isoformat(), "stale": True}),
        (18.079, 59.338, {"layer": "unit", "id": "uV2", "call_sign": "V2", "state": "available",
                        "state_label": "Available", "at": at(-11).isoformat()}),
    )  # fmt: skip
    return {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "geometry": {"type": "Point", "coordinates": [x, y]},
                "properties": p,
            }
            for x, y, p in sample
        ],
    }


WHO = s.WhoPage(
    (
        s.MemberChoice("m1", "Dispatcher", "Ekvakt i Älvhamra AB", True),
        s.MemberChoice("m2", "Shift leader", "Ekvakt i Älvhamra AB"),
    ),
    "/console/",
)
ERROR = s.ErrorPage(404, "Not found", "There is no such record.", "Go back and choose another.")
SCREENS: dict[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "login": ("login.html", lambda: {"form": None}),
    "who": ("who.html", lambda: {"page": WHO}),
    "home": ("home.html", lambda: {"page": s.HomePage("Manned")}),
    "error": ("error.html", lambda: {"page": ERROR}),
    "console": ("console/page.html", console),
    "console-closed": ("console/page.html", lambda: console(False)),
    "console-empty": ("console/page.html", empty_console),
    "console-cases": ("console/_cases.html", console),
    "console-units": ("console/_units.html", console),
    "console-case": ("console/_case.html", lambda: {"page": detail()}),
    "console-new": ("console/new.html", new_case),
    "phone-offer": ("phone/page.html", phone_offer),
    "phone-response": ("phone/page.html", phone_response),
    "phone-free": ("phone/page.html", phone_free),
    "phone-report": ("phone/report.html", report),
    "night": ("night/page.html", night),
    "contract-list": ("contract/list.html", contracts),
    "contract-page": ("contract/page.html", contract),
    "contract-statement": ("contract/statement.html", statement),
    "contract-response": ("contract/response.html", response),
}
