"""Rows of the situation, one file per noun. In: what `actions` write. Out: rows, selections.

Signal: one message from a device. Case: what is being handled. Incident: what turned out to have
happened. (Offers stand in `dispatch`.)
"""

from narvaro.situation.models.cameras import CameraEvent
from narvaro.situation.models.cases import Case, CaseShare
from narvaro.situation.models.picture import Decision, Measure, Picture, PoliceEvent
from narvaro.situation.models.reports import (
    FINDINGS,
    OF_ALARMS,
    SETTLE_WITHIN,
    AgeBand,
    Category,
    Count,
    Damage,
    Incident,
    KnownBy,
    Observation,
    Photo,
)
from narvaro.situation.models.signals import RefusedIntake, Signal
from narvaro.situation.models.units import (
    Exposure,
    Position,
    Presence,
    PresenceMark,
    UnitStatus,
)

__all__ = [
    "FINDINGS",
    "OF_ALARMS",
    "SETTLE_WITHIN",
    "AgeBand",
    "CameraEvent",
    "Case",
    "CaseShare",
    "Category",
    "Count",
    "Damage",
    "Decision",
    "Exposure",
    "Incident",
    "KnownBy",
    "Measure",
    "Observation",
    "Photo",
    "Picture",
    "PoliceEvent",
    "Position",
    "Presence",
    "PresenceMark",
    "RefusedIntake",
    "Signal",
    "UnitStatus",
]
