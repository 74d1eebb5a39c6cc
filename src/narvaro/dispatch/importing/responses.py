"""The supplier's list of responses (*utryckningar*). In: rows. Out: what the supplier states.

A row joins the case at its site whose time is nearest; where none is known it makes a case of its
own, and the report says how many did. Each time is kept with the supplier's list as its source:
better proof of the same point counts before it.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Prefetch

from narvaro.access.models import OrganisationKind
from narvaro.access.queries import list_organisation_ids
from narvaro.core import cells
from narvaro.core.said import Said
from narvaro.core.tables import Refusal, Row, TableSpec
from narvaro.core.wording import mask_within
from narvaro.directory.importing.history import (
    PLACES,
    REF,
    Answers,
    HistoryReader,
    optional,
    times,
    with_received,
    word,
)
from narvaro.directory.importing.report import refuse
from narvaro.directory.importing.staged import Gaps, drop
from narvaro.directory.importing.suppliers import Suppliers
from narvaro.directory.importing.when import clock_or_moment
from narvaro.directory.models import ImportBatch, Unit
from narvaro.dispatch.models import Response, TimePoint
from narvaro.situation.correlation import LOWEST_OF_CALLS, PRIORITY_OF_KIND
from narvaro.situation.importing import words
from narvaro.situation.models import Case, CaseShare
from narvaro.situation.signals import take_case_numbers
from narvaro.spine.ids import uuid7
from narvaro.spine.models import Tenant

NEAR = timedelta(minutes=20)
STATED = TimePoint.Source.STATED
OWN = "s:"
"""How the keys of cases begin that no journal knows."""
POINTS = (
    ("offered", "ordered"),
    ("accepted", "accepted"),
    ("on_scene", "on_scene"),
    ("left", "left"),
)


def spec(answers: Answers) -> TableSpec:
    """Return the columns of a supplier's list of responses."""
    return TableSpec(
        "responses",
        (
            REF, *times(), *PLACES,
            optional("received", clock_or_moment, "Larmtid", "Larm inkom", "Inkommet", "Larm kl"),
            optional("ordered", clock_or_moment, "Ordertid", "Beställd", "Order", "Beställt", "Uppdrag mottaget", "Utlarmad"),
            optional("accepted", clock_or_moment, "Kvitterad", "Accepterad", "Mottagen av väktare"),
            optional("on_scene", clock_or_moment, "På plats", "Ankomst", "Framme", "Ankomsttid", "Framkomst", "Anlänt"),
            optional("left", clock_or_moment, "Lämnat", "Avslutat", "Klar", "Avslutad", "Lämnade platsen"),
            optional("unit", cells.text_up_to(40), "Enhet", "Patrull", "Bil", "Anropssignal"),
            optional("supplier", cells.text, "Företag", "Leverantör", "Bevakningsföretag", "Bolag"),
            word("kind", {**words.ALARMS, **{one: one for one in Case.Kind.values}}, answers.words,
                 "Larmtyp", "Typ av larm", "Uppdragstyp", "Typ"),
            word("cause", {**words.CAUSES, **{one: one for one in Case.Cause.values}}, answers.words,
                 "Orsak", "Larmorsak", "Utfall", "Resultat", "Bedömning"),
        ),
    )  # fmt: skip


class Responses:
    """When the supplier says that its units came."""

    kind = "responses"
    model = Response
    chunk = 500
    stands_alone = False
    corrected: tuple[str, ...] = ()

    def __init__(self, tenant: Tenant, answers: Answers) -> None:
        self.tenant = tenant
        self.spec = spec(answers)
        self.reader = HistoryReader(tenant, answers)
        self.suppliers = Suppliers(tenant)
        self.units = {one.call_sign: one for one in Unit.objects.filter(tenant=tenant)}
        self.alone = self.known = 0
        self._points: dict[str, dict[str, datetime]] = {}
        self._fresh_cases: list[Case] = []
        self._taken: set[tuple[UUID, str]] = set()  # (case, unit) that a list has told of
        self._told: set[str] = set()
        self._joined: list[tuple[Response, str, str]] = []
        self._beside: list[tuple[Response, str]] = []
        self._batch_id: UUID | None = None

    def facts(self) -> Mapping[str, Any]:
        """Return what the report says besides."""
        return {**self.reader.facts(), "alone": self.alone}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's fields, or why it is not taken."""
        row = with_received(row)
        values = row.values
        span, reasons = self.reader.span(row)
        supplier, no = self.suppliers.find(values.get("supplier"))
        reasons += no
        if not any(values.get(name) for _point, name in POINTS):
            why = Said("neither when it was ordered nor when somebody came is said")
            reasons.append(refuse("on_scene", "", why, Said("write at least one of them")))
        if span is None or reasons or supplier is None:
            return None, reasons
        points, reasons = self.reader.points(values, span.begins, POINTS)
        if reasons:
            return None, reasons
        found = self.reader.fields(row, span.begins)
        self._points[found["row_key"]] = points
        return {"place": found, "at": span.begins, "supplier": supplier, "values": values}, ()

    def rows(self, checked: Sequence[Any], batch: ImportBatch) -> list[Response]:
        """Return a chunk as responses, each with its case: a known one, or one of its own."""
        self._batch_id = batch.pk
        fresh = self._without_known(checked)
        near = self._cases_near(fresh) if fresh else {}
        made = []
        for one in fresh:
            site, unit = one["place"]["site_id"], _unit_of(one)
            case = self._nearest(near.get(site, ()), one["at"], unit)
            joined = self._find_response(case, one["supplier"].pk) if case else None
            if joined is not None:
                self._joined.append((joined, one["place"]["row_key"], unit))
                self._beside.append((joined, one["place"]["row_key"]))
                continue
            made.append(self._response(one, case or self._own_case(one, batch), unit, batch))
        return made

    def _without_known(self, checked: Sequence[Any]) -> list[Any]:
        """Return the rows that neither an earlier list nor an earlier line has told."""
        keys = [one["place"]["row_key"] for one in checked]
        there = TimePoint.objects.filter(response__tenant=self.tenant, row_key__in=keys)
        told = self._told | set(there.values_list("row_key", flat=True))
        fresh = {key: one for key, one in zip(keys, checked, strict=True) if key not in told}
        self._told.update(fresh)
        self.known += len(checked) - len(fresh)
        return [*fresh.values()]

    def _response(
        self, one: Mapping[str, Any], case: Case, unit: str, batch: ImportBatch
    ) -> Response:
        key = one["place"]["row_key"]
        return Response(
            id=uuid7(), tenant=self.tenant, case=case, organisation=one["supplier"],
            unit=self.units.get(unit), unit_as_stated=unit, state=Response.State.LEFT, batch=batch,
            accepted_at=self._points[key].get("accepted", one["at"]), row_key=key,
        )  # fmt: skip

    def _nearest(self, cases: Sequence[Case], at: datetime, unit: str) -> Case | None:
        """Return the case nearest in time that this unit was not at already."""
        near = [
            one
            for one in cases
            if abs(one.received_at - at) <= NEAR and (one.pk, unit) not in self._taken
        ]
        found = min(near, key=lambda one: abs(one.received_at - at), default=None)
        if found is not None:
            self._taken.add((found.pk, unit))
        return found

    def _find_response(self, case: Case, supplier_id: UUID) -> Response | None:
        """Return a response that the centre or our own record knows, and no list has joined."""
        joined = {one.pk for one, _key, _unit in self._joined}
        for response in case.responses.all():
            mine = response.organisation_id == supplier_id and response.pk not in joined
            if mine and not _is_stated(response):
                return response
        return None

    def _cases_near(self, checked: Sequence[Any]) -> dict[UUID | None, list[Case]]:
        """Return the alarms that rows may join, by site; not cases that a list itself has made."""
        times = [one["at"] for one in checked]
        responses = Response.objects.published().select_related("unit")
        found = Case.objects.published().filter(
            tenant=self.tenant, received_at__gte=min(times) - NEAR, received_at__lte=max(times) + NEAR,
            site_id__in={one["place"]["site_id"] for one in checked} - {None},
        ).exclude(row_key__startswith=OWN).prefetch_related(
            Prefetch("responses", responses.prefetch_related("time_points"))
        )  # fmt: skip
        by_site: dict[UUID | None, list[Case]] = {}
        for case in found:
            by_site.setdefault(case.site_id, []).append(case)
            self._taken |= {
                (case.pk, one.call_sign) for one in case.responses.all() if _is_stated(one)
            }
        return by_site

    def _own_case(self, one: Mapping[str, Any], batch: ImportBatch) -> Case:
        place, values = one["place"], one["values"]
        kind = values.get("kind") or Case.Kind.OTHER
        last = max(self._points[place["row_key"]].values(), default=one["at"])
        case = Case(
            id=uuid7(), tenant=self.tenant, batch=batch, row_key=f"{OWN}{place['row_key']}"[:64], number=0,
            kind=kind, cause=values.get("cause") or "", state=Case.State.CLOSED, born=Case.Born.FILE,
            priority=PRIORITY_OF_KIND.get(kind, LOWEST_OF_CALLS), site_id=place["site_id"],
            place=place["place"] or "–", lat=place["lat"], lon=place["lon"], received_at=one["at"],
            last_signal_at=one["at"], closed_at=last,
        )  # fmt: skip
        self._fresh_cases.append(case)
        return case

    def before(self, fresh: Sequence[Response]) -> None:
        """Write the cases that no journal knows, numbered, before the responses that need them."""
        needed = {one.case_id for one in fresh}
        cases = [one for one in self._fresh_cases if one.pk in needed]
        self._fresh_cases = []
        if not cases:
            return
        last = take_case_numbers(self.tenant.pk, len(cases))
        for number, case in enumerate(cases, last - len(cases) + 1):
            case.number = number
        Case.objects.bulk_create(cases)
        self.alone += len(cases)
        who = list_organisation_ids(
            self.tenant.pk, OrganisationKind.MUNICIPALITY, OrganisationKind.ALARM_CENTRE
        )
        supplier_of = {one.case_id: one.organisation_id for one in fresh}
        CaseShare.objects.bulk_create(
            CaseShare(case=case, organisation_id=one)
            for case in cases
            for one in {*who, supplier_of[case.pk]}
        )

    def finish(self, fresh: Sequence[Response]) -> None:
        """Write the times that the supplier states, hidden until the file is shown."""
        stated = [*((one, one.row_key, one.batch_id) for one in fresh)]
        stated += [(one, key, self._batch_id) for one, key in self._beside]
        self._beside = []
        TimePoint.everything.bulk_create(
            TimePoint(response=one, point=point, at=at, source=STATED, batch_id=batch, row_key=key)
            for one, key, batch in stated
            for point, at in self._points[key].items()
        )

    def show(self) -> None:
        """Name the units that the centre did not name."""
        named = []
        for response, _key, unit in self._joined:
            if response.unit is None and unit:
                response.unit, response.unit_as_stated = self.units.get(unit), unit
                named.append(response)
        Response.objects.bulk_update(named, ["unit", "unit_as_stated"], batch_size=200)

    def discard(self, batch: ImportBatch, gaps: Gaps) -> None:
        """Remove the stated times, the responses, and the cases that no journal knows."""
        drop(TimePoint.everything.filter(batch=batch), gaps)
        drop(Response.objects.filter(batch=batch), gaps)
        drop(Case.objects.filter(batch=batch), gaps)


def _unit_of(one: Mapping[str, Any]) -> str:
    """Return the unit as a row states it."""
    return mask_within(one["values"].get("unit") or "", 40)


def _is_stated(response: Response) -> bool:
    """Return whether a list has told of a response."""
    return any(one.source == STATED for one in response.time_points.all())
