"""Alarm codes: a protocol's token, code and qualifier come in; what they mean comes out.

The table is data/codes.csv, one row per SIA (DC-03) or Contact ID code. A Contact ID row of four
digits is for that qualifier alone; ``11x`` and ``1xx`` say what an unlisted code of the group is
taken for. A code that no row knows is kept, shown as unknown and opens a case. A restore ends, a
test is logged, and a duress alarm is ended by no code.
"""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files

UNKNOWN_PRIORITY = 3  # seen by the dispatcher, below every alarm where life may be at stake
_LONGEST_CODE = 32
FREE = {"SOS-ACCESS": "SOS Access", "EVENT": "webhook", "MAIL": "e-mail"}
"""Tokens of protocols in which each alarm centre chooses its own codes, as a person reads them."""
_ENDED = frozenset({"RE", "RESTORE"})
_CONTACT_ID = re.compile(r"[136]?[1-9][0-9]{2}", re.ASCII)
_SIA = re.compile(r"[A-Z]{2}", re.ASCII)


@dataclass(frozen=True, slots=True)
class AlarmCode:
    """What a signal means: kind and phase, the case it opens, short texts in both languages.

    `scheme` is sia, cid, or empty for other protocols; `priority` is 1 (highest) to 4, and None
    where no case is opened. `is_known` is False for a code that stands in no table.
    """

    scheme: str
    code: str
    kind: str
    phase: str
    priority: int | None
    opens_case: bool
    sv: str
    en: str
    qualifier: str | None = None
    is_known: bool = True

    @property
    def cancellable(self) -> bool:
        """Whether a code (cancel, restore, disarming) may end it; a duress alarm never may."""
        return self.kind != "duress"

    def label(self, language: str) -> str:
        """Return the short text in Swedish for ``sv…``, else in English."""
        return self.sv if language.lower().startswith("sv") else self.en


def find_code(protocol_token: str, code: str, qualifier: str | None = None) -> AlarmCode:
    """Say what a code means under the token of its protocol. Never raises.

    SIA-DCS, ADM-CID (``*`` when encrypted): the tables. A Contact ID qualifier is 1 new, 3 restored,
    6 still present; a code of four digits starts with it. NULL, XNM: a link check.

    SOS-ACCESS, EVENT (our webhook), MAIL: each centre chooses its codes. One that has the shape of a
    SIA code (two letters) or a Contact ID event (three digits, the first not 0, or four that start
    with the qualifier) is taken for it. The qualifier RE or ``restore`` says that it has ended; AL,
    or anything else, leaves it as the code has it. Another shape is an unknown code.

    What is not known comes back as an unknown code that opens a case, or where it ends, as restore.
    """
    protocol = protocol_token.strip(' "*').upper()
    code = "".join(sign if sign.isprintable() else "?" for sign in code.strip().upper())
    code = code[:_LONGEST_CODE]
    if protocol in {"NULL", "XNM"}:
        return AlarmCode("", protocol, "path", "test", None, False, "Linjekontroll", "Link check")
    if protocol == "SIA-DCS":
        return _load().get(("sia", code)) or _unknown("sia", "SIA", code, qualifier)
    if protocol == "ADM-CID":
        if len(code) == 4 and qualifier in {None, "", code[0]}:
            qualifier, code = code[0], code[1:]
        return _find_contact_id(code, qualifier)
    if protocol in FREE:
        return _find_free(FREE[protocol], code, qualifier)
    return _unknown("", protocol[:_LONGEST_CODE], code, qualifier)


def list_codes() -> tuple[AlarmCode, ...]:
    """List the rows of the table, group rows included, as they stand."""
    return tuple(_load().values())


@cache
def _load() -> dict[tuple[str, str], AlarmCode]:
    table = files("narvaro.situation").joinpath("data", "codes.csv").read_text(encoding="utf-8")
    return {
        (row["scheme"], row["code"]): AlarmCode(
            scheme=row["scheme"],
            code=row["code"],
            kind=row["kind"],
            phase=row["phase"],
            priority=int(row["priority"]) if row["priority"] else None,
            opens_case=row["opens_case"] == "yes",
            sv=row["sv"],
            en=row["en"],
            is_known="x" not in row["code"],
        )
        for row in csv.DictReader(table.splitlines())
    }


def _find_contact_id(code: str, qualifier: str | None) -> AlarmCode:
    table = _load()
    found = None
    if len(code) == 3 and "X" not in code:
        for key in (f"{qualifier}{code}", code, f"{code[:2]}x", f"{code[:1]}xx"):
            found = found or table.get(("cid", key))
    if found is None:
        found = _unknown("cid", "Contact ID", code, qualifier)
    elif not found.is_known:
        found = replace(found, sv=f"{found.sv} ({code})", en=f"{found.en} ({code})")
    has_own_row = found.code == f"{qualifier}{code}"
    found = replace(found, code=code, qualifier=qualifier)
    if qualifier == "3" and not has_own_row:
        return _restore(found)
    if qualifier == "6":
        return replace(
            found, sv=f"Kvarstår: {_inner(found.sv)}", en=f"Persists: {_inner(found.en)}"
        )
    return found


def _find_free(name: str, code: str, qualifier: str | None) -> AlarmCode:
    ended = (qualifier or "").strip().upper() in _ENDED
    if _CONTACT_ID.fullmatch(code):
        event, said = code[-3:], code[:-3]
        found = _find_contact_id(event, "3" if ended else said)
        if not found.is_known and not ended:
            # A leading 3 before what no table holds may be the centre's own number, not an end.
            found = _find_contact_id(event, "1")
    else:
        found = _unknown("", name, code, None)
        if _SIA.fullmatch(code):
            found = _load().get(("sia", code), found)
        found = _restore(found) if ended else found
    return replace(found, code=code, qualifier=qualifier)


def _restore(found: AlarmCode) -> AlarmCode:
    # In Contact ID's group 4 the qualifier tells opening from closing: 3 is an event of its own.
    if found.phase == "restore" or (found.scheme == "cid" and found.code.startswith("4")):
        return found
    ends = found.phase in {"alarm", "trouble"}
    return replace(
        found,
        phase="restore" if ends else found.phase,
        priority=None,
        opens_case=False,
        sv=f"Återställt: {_inner(found.sv)}",
        en=f"Restored: {_inner(found.en)}",
    )


def _inner(text: str) -> str:
    return text[:1].lower() + text[1:]


def _unknown(scheme: str, name: str, code: str, qualifier: str | None) -> AlarmCode:
    return AlarmCode(
        scheme=scheme,
        code=code,
        kind="other",
        phase="alarm",
        priority=UNKNOWN_PRIORITY,
        opens_case=True,
        sv=f"Okänd kod {code} ({name})",
        en=f"Unknown code {code} ({name})",
        qualifier=qualifier,
        is_known=False,
    )
