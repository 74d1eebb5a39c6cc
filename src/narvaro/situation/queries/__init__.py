"""Reads of the situation, one file per noun. The viewer first, nothing unscoped."""

from narvaro.situation.queries.cases import (
    UnitNow,
    cases_shared_with,
    find_incident,
    get_case,
    list_active_cases,
    list_closed_cases,
    list_refused_intake,
    list_signals,
    list_units_now,
    newest_positions,
)

__all__ = [
    "UnitNow",
    "cases_shared_with",
    "find_incident",
    "get_case",
    "list_active_cases",
    "list_closed_cases",
    "list_refused_intake",
    "list_signals",
    "list_units_now",
    "newest_positions",
]
