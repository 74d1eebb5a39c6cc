"""The system's troubles as the pages show them. In: kept troubles, the worker's heartbeat. Out: rows."""

from datetime import timedelta

from django.conf import settings
from django.utils.translation import ngettext

from narvaro.access.policy import Record
from narvaro.access.viewer import Viewer
from narvaro.situation.queries import list_open_troubles
from narvaro.spine import clock
from narvaro.spine.heartbeat import STILL_S, find_beat
from narvaro.spine.models import Trouble
from narvaro.web.screens.system import TroubleBar, TroubleRow
from narvaro.web.system_words import Facts, gravity_of, is_grave, words_of

STILL = "worker_still"


def trouble_row(one: Trouble) -> TroubleRow:
    """Return a kept trouble in words."""
    facts = one.facts | _set_up(one)
    return TroubleRow(
        *words_of(one.kind, _number(one.about), facts), one.raised_at, one.ended_at,
        is_grave=is_grave(one.kind, facts), id=str(one.pk),
    )  # fmt: skip


def _number(about: str) -> str:
    """Return the number that a receiver bears on the pages; what is no receiver's name as it is."""
    names = [*settings.HOME.journals]
    return str(names.index(about) + 1) if about in names else about


def _set_up(one: Trouble) -> Facts:
    """Return what of the installation a trouble's words hang on."""
    given = settings.HOME.settings
    channels = {"mail": given.smtp_host, "sms": given.sms_url}
    return {
        "receivers": len(settings.HOME.journals),
        "is_set_up": bool(channels.get(one.about, True)),
    }


def _find_still() -> TroubleRow | None:
    """Return the trouble that no worker can raise: that it stands still itself; None while it turns."""
    beat = find_beat(settings.HOME.path)
    age_s = beat.step_age_s if beat is not None else None
    if age_s is None or age_s <= STILL_S:
        return None
    said = words_of(STILL, "", {"age_s": round(age_s)})
    return TroubleRow(*said, clock.now() - timedelta(seconds=age_s), is_grave=True, id=STILL)


def list_lasting(viewer: Viewer) -> list[TroubleRow]:
    """List the troubles that last, the gravest first; none for who may not know of any."""
    if not viewer.may(Record.SYSTEM):
        return []
    found = [
        (gravity_of(one.kind, one.facts), trouble_row(one)) for one in list_open_troubles(viewer)
    ]
    still = _find_still()
    if still is not None:
        found.append((gravity_of(STILL, {}), still))
    return [row for _gravity, row in sorted(found, key=lambda one: one[0])]


def find_trouble_bar(viewer: Viewer) -> TroubleBar | None:
    """Return the gravest trouble and how many more there are; None where none lasts for him to know."""
    lasting = list_lasting(viewer)
    if not lasting:
        return None
    gravest, more = lasting[0], len(lasting) - 1
    others = ngettext("and %(number)s more trouble", "and %(number)s more troubles", more)
    return TroubleBar(
        id=gravest.id,
        title=gravest.title,
        more=others % {"number": more} if more else "",
        is_grave=gravest.is_grave,
        others_grave=tuple((one.id, one.title) for one in lasting[1:] if one.is_grave),
    )
