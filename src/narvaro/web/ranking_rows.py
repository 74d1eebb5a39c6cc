"""A ranking as the screens show it. In: a viewer, a ranking. Out: rows in order, and who is left out."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID

from django.urls import reverse

from narvaro.access.viewer import Viewer
from narvaro.core.choice import FRESH_S
from narvaro.directory.queries import units_seen_by
from narvaro.dispatch.actions import SEEKING
from narvaro.dispatch.models import Offer, Ranking
from narvaro.dispatch.queries import may_take
from narvaro.situation.models import Case
from narvaro.web import labels
from narvaro.web.key_words import NO_KEY, keys_text, without_key
from narvaro.web.labels import say
from narvaro.web.ranking_words import left_out_text, reasons_of
from narvaro.web.readiness import ReadinessNow
from narvaro.web.screens import LeftOutRow, RankedUnitRow


def _ranked_row(
    line: dict[str, object], made_at: datetime, url: str, state: str, role: str
) -> RankedUnitRow:
    age = line["position_age_s"]
    position_at = made_at - timedelta(seconds=float(str(age))) if age is not None else None
    travel = line["travel_s"]
    rank = int(str(line["rank"]))
    return RankedUnitRow(
        unit_id=str(line["unit"]),
        call_sign=str(line["call_sign"]),
        rank=rank,
        role_label=say(labels.UNIT_ROLE, role),
        state=str(line["state"]),
        state_label=say(labels.UNIT_STATE, str(line["state"])),
        travel_s=float(str(travel)) if travel is not None else None,
        position_at=position_at,
        reasons=reasons_of(line),
        position_stale=age is None or float(str(age)) > FRESH_S,
        recommended=rank == 1 and travel is not None,
        offer_url=url,
        offer_state_label=state,
    )


def _left_out_row(line: dict[str, object], keys: str) -> LeftOutRow:
    travel, why, detail = line["travel_s"], str(line["left_out"]), str(line["detail"])
    if why == NO_KEY:
        detail = without_key(detail, keys)
    return LeftOutRow(
        unit_id=str(line["unit"]),
        call_sign=str(line["call_sign"]),
        reason=left_out_text(why, detail),
        code=why,
        travel_s=float(str(travel)) if travel is not None else None,
    )


def _offer_url(viewer: Viewer, case: Case, unit_id: str) -> str:
    if not may_take(viewer) or case.state not in SEEKING:
        return ""
    return reverse("offer", args=[case.pk, UUID(unit_id)])


def ranking_rows(
    viewer: Viewer,
    case: Case,
    ranking: Ranking | None,
    offers: Iterable[Offer],
    readiness: ReadinessNow,
) -> tuple[tuple[RankedUnitRow, ...], tuple[LeftOutRow, ...]]:
    """Return the ranking's order and who is left out of it, with reasons."""
    if ranking is None:
        return (), ()
    asked = {str(one.unit_id): one.state for one in offers}
    leaving = readiness.leaving if case.state in SEEKING else {}
    roles = {str(one.pk): one.role for one in units_seen_by(viewer)}

    def row(line: dict[str, object]) -> RankedUnitRow:
        unit = str(line["unit"])
        state = asked.get(unit, "")
        url = "" if state == Offer.State.WAITING else _offer_url(viewer, case, unit)
        made = _ranked_row(
            line, ranking.made_at, url, say(labels.OFFER_STATE, state) if state else "",
            roles.get(unit, ""),
        )  # fmt: skip
        return replace(made, reasons=(*made.reasons, leaving[unit])) if unit in leaving else made

    ranked = tuple(row(line) for line in ranking.lines if "rank" in line)
    dropped = [one for one in ranking.lines if "left_out" in one]
    keys = keys_text(viewer, case) if any(one["left_out"] == NO_KEY for one in dropped) else ""
    return ranked, tuple(_left_out_row(one, keys) for one in dropped)
