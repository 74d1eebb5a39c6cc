"""What another centre is told of a case. In: a case with a site. Out: plain facts, an alarm to send.

Site, kind, codes, zones, what the panel wrote, position. Never what people typed in, never a plan
or a key; numbers of persons in a panel's text are blanked.
"""

from datetime import datetime
from typing import Any

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy

from narvaro.core.wording import mask
from narvaro.intake.formats.sos_access_xml import LENGTHS, Alarm
from narvaro.sharing.models import Forward
from narvaro.situation.codes import find_code
from narvaro.situation.models import Case, Signal
from narvaro.spine.sealing import open_text

MOST_SIGNALS = 8
ENDING = ("restore", "cancel", "test", "info")
KIND: dict[str, Promise] = {
    "intruder": lazy("Intruder alarm"),
    "duress": lazy("Duress alarm"),
    "assistance": lazy("Staff assistance alarm"),
    "fire": lazy("Fire alarm"),
    "medical": lazy("Medical alarm"),
    "tamper": lazy("Tamper alarm"),
    "technical": lazy("Technical alarm"),
    "path": lazy("Path fault"),
    "disturbance": lazy("Disturbance"),
    "other": lazy("Other"),
}


def content_of(case: Case) -> dict[str, Any]:
    """Return what is sent of a case; raises LookupError for one without a site."""
    if case.site is None:
        raise LookupError(f"Case {case.pk} has no site to name.")
    spoken = Signal.objects.filter(case=case).exclude(phase__in=ENDING).order_by("received_at")
    signals = list(spoken[:MOST_SIGNALS])
    first = signals[0] if signals else None
    return {
        "code": _fitting("eventcode", first.code if first else "") or case.kind,
        "zone": _fitting("section", first.zone if first else ""),
        "site": f"{case.site.code} {case.site.name}",
        "text": mask(first.text).text if first else "",
        "info": _info(case, f"{case.site.code} {case.site.name}", signals),
        "at": (case.triggered_at or case.received_at).isoformat(),
        "lat": case.lat,
        "lon": case.lon,
    }


def _fitting(field: str, text: str) -> str:
    """Return a code as it is, or nothing where the protocol has no room for it: half a code lies."""
    return text if len(text) <= LENGTHS[field][1] else ""


def _info(case: Case, site: str, signals: list[Signal]) -> str:
    with translation.override("sv"):
        said = [site, str(KIND.get(case.kind, case.kind))]
        if case.confirmed:
            said.append(_("Confirmed"))
        said += [_words(one) for one in signals]
        said.append(_("Närvaro, case %(number)s") % {"number": case.number})
    return ". ".join(said)


def _words(signal: Signal) -> str:
    label = find_code(signal.token, signal.code, signal.qualifier or None).sv
    zone = _("zone %(zone)s") % {"zone": signal.zone} if signal.zone else ""
    parts = [label, f"({signal.code})", zone, mask(signal.text).text]
    return " ".join(one for one in parts if one)


def alarm_of(forward: Forward) -> Alarm:
    """Return the alarm to send; each try gives the same. Raises InvalidToken for a sealed secret."""
    said, centre = forward.content, forward.centre
    return Alarm(
        transmitter_code=centre.transmitter_code,
        transmitter_type=centre.transmitter_type,
        receiver=centre.receiver,
        authentication=open_text(centre.sealed_authentication),
        code=said["code"],
        reference=forward.pk.hex,
        occurred_at=datetime.fromisoformat(said["at"]),
        section=said["zone"],
        section_text=said["site"],
        detector_text=said["text"],
        info=said["info"],
        lat=said["lat"],
        lon=said["lon"],
    )
