"""A contract typed in: the same table as its file holds. In: a form. Out: a contract, or faults by field.

Each field is named as its path in the file (`option[1].starts_on`), so that what the core or the
action refuses stands beside it. Percent and empty parts are translated here; nothing is decided.
"""

import json
from collections.abc import Collection, Mapping, Sequence

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as lazy
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods

from narvaro.access.models import Organisation, OrganisationKind
from narvaro.access.policy import Record, Verb
from narvaro.access.viewer import Viewer
from narvaro.contract.actions import put_contract
from narvaro.contract.models import Contract
from narvaro.core.tables import Refusal
from narvaro.core.terms import CASE_KINDS, TIME_POINTS
from narvaro.directory.importing.run import Source
from narvaro.followup.queries import SERVICE
from narvaro.spine import clock
from narvaro.spine.models import Tenant
from narvaro.web import labels
from narvaro.web.answers import done, viewer_of_request
from narvaro.web.days import read_day
from narvaro.web.labels import say
from narvaro.web.reasons import in_words
from narvaro.web.report_flow import refuse_programs
from narvaro.web.screens import Choice, Problem
from narvaro.web.screens.contract import ContractForm, FormField, FormPart

OPTIONS = (1, 2)
TERM, PRICE = "response_term[1].", "price[1]."
USUAL_KINDS = ("intruder", "duress", "assistance", "tamper")
USUAL: dict[str, str] = {
    "notice_months": "6", f"{TERM}start": "received", f"{TERM}stop": "on_scene",
    f"{TERM}share": "90",
}  # fmt: skip
LONGEST = {"number": 60}
# What is wrong, by the last part of the field's path, or by the refusal's own code before it.
FAULTS: dict[str, Promise] = {
    "known": lazy("A contract with this number is here already. Give the new one its own number."),
    "rival": lazy(
        "Another contract with this supplier runs on some of these days. Let one end before the "
        "other starts."
    ),
    "number": lazy("Write the contract's number."),
    "title": lazy("Write what the contract is called."),
    "buyer": lazy("The buyer must be the municipality or its housing company."),
    "supplier": lazy("Choose the supplier."),
    "notice_months": lazy("Write whole months, 0 to 60."),
    "starts_on": lazy("Write the first day as 2026-10-01."),
    "ends_on": lazy("Write the last day as 2027-09-30, on or after the first."),
    "option.starts_on": lazy("An option begins on the day after the period before it ends."),
    "exercised_on": lazy(
        "Write the day of the decision, not before the contract began nor after the option ended, "
        "and exercise options in order; or leave it empty."
    ),
    "case_kinds": lazy("Choose at least one kind of case."),
    "start": lazy("Choose where the clock starts."),
    "stop": lazy("The clock must stop at a later point than it starts."),
    "target_minutes": lazy("Write minutes above 0, like 20 or 7.5."),
    "share": lazy("Write a share from 0 to 100 %."),
    "penalty_sek": lazy("Write kronor from 0, or leave it empty."),
    "price_sek": lazy("Write kronor from 0 without VAT."),
}


def _fault_text(code: str, path: str, otherwise: str) -> str:
    last = path.rpartition(".")[2]
    of_option = f"option.{last}" if path.startswith("option[") else ""
    for name in (code, of_option, last):
        if name in FAULTS:
            return str(FAULTS[name])
    return otherwise


def _day(written: str) -> object:
    """Return the day; what is no day goes on as it was written, and is refused there."""
    try:
        return read_day(written)
    except ValueError:
        return written


def _whole(written: str) -> object:
    return int(written) if written.isascii() and written.isdigit() else written


def _share(written: str) -> str:
    """Return percent as a share of 1, digit by digit: 92,5 is 0.925."""
    number = written.replace(",", ".").replace("%", "").strip()
    return f"{number}e-2" if number else ""


class _Fields:
    """What was written in the form."""

    def __init__(self, request: HttpRequest) -> None:
        self.given = request.POST

    def text(self, name: str) -> str:
        """Return what stands in a field."""
        return self.given.get(name, "").strip()[: LONGEST.get(name, 160)]

    def has(self, prefix: str, *names: str) -> bool:
        """Return whether anything stands in some fields."""
        return any(self.text(f"{prefix}{name}") for name in names)

    def options(self) -> list[int]:
        """Return the numbers of the options that were filled in."""
        names = ("starts_on", "ends_on", "exercised_on")
        return [one for one in OPTIONS if self.has(f"option[{one}].", *names)]

    def table(self, buyer: str) -> dict[str, object]:
        """Return the table as the contract's file would hold it."""
        table: dict[str, object] = {
            "number": self.text("number"), "title": self.text("title"), "buyer": buyer,
            "supplier": self.text("supplier"), "starts_on": _day(self.text("starts_on")),
            "ends_on": _day(self.text("ends_on")),
            "notice_months": _whole(self.text("notice_months")),
            "option": [self._option(f"option[{one}].") for one in self.options()],
        }  # fmt: skip
        if self.has(TERM, "target_minutes"):
            table["response_term"] = [self._term()]
        if self.has(PRICE, "price_sek"):
            table["price"] = [{
                "service": SERVICE, "name": _("Alarm response"), "unit": "each",
                "price_sek": self.text(f"{PRICE}price_sek"),
            }]  # fmt: skip
        return table

    def _option(self, prefix: str) -> dict[str, object]:
        option = {name: _day(self.text(f"{prefix}{name}")) for name in ("starts_on", "ends_on")}
        exercised = self.text(f"{prefix}exercised_on")
        return option | ({"exercised_on": _day(exercised)} if exercised else {})

    def _term(self) -> dict[str, object]:
        return {
            "name": _("Alarm response"),
            "case_kinds": self.given.getlist(f"{TERM}case_kinds"),
            "start": self.text(f"{TERM}start"),
            "stop": self.text(f"{TERM}stop"),
            "target_minutes": self.text(f"{TERM}target_minutes"),
            "share": _share(self.text(f"{TERM}share")),
            "penalty_sek": self.text(f"{TERM}penalty_sek") or "0",
        }

    def field_of(self, path: str) -> str:
        """Return the field that a path in the table stands for."""
        for at, number in enumerate(self.options(), 1):
            if path.startswith(f"option[{at}]."):
                return path.replace(f"option[{at}]", f"option[{number}]", 1)
        return path


def _put(viewer: Viewer, fields: _Fields) -> tuple[Refusal, ...]:
    """Write the contract; return what is wrong with it."""
    table = fields.table(viewer.organisation_name)
    told = json.dumps(table, default=str, ensure_ascii=False, sort_keys=True).encode()
    report = put_contract(
        Tenant.objects.get(pk=viewer.tenant_id), table, Source(fields.text("number"), told),
        by=viewer.signature, at=clock.now(), only_new=True,
    )  # fmt: skip
    return tuple(reason for row in report.refused for reason in row.reasons)


def _choices(
    words: Mapping[str, "str | Promise"], codes: Sequence[str], chosen: Collection[str]
) -> tuple[Choice, ...]:
    return tuple(Choice(one, say(words, one), one in chosen) for one in codes)


class _Form:
    """The form's fields with what was written in them and what is wrong with each."""

    def __init__(self, values: Mapping[str, str], faults: Mapping[str, str]) -> None:
        self.values, self.faults = values, faults

    def field(
        self, name: str, label: str, kind: str = "text", about: str = "",
        choices: tuple[Choice, ...] = (),
    ) -> FormField:  # fmt: skip
        """Return one field."""
        return FormField(
            name, label, self.values.get(name, ""), kind, self.faults.get(name, ""), about, choices
        )

    def points(self, name: str, label: str, codes: Sequence[str]) -> FormField:
        """Return a choice among time points."""
        return self.field(
            name, label, choices=_choices(labels.POINT, codes, {self.values.get(name, "")})
        )

    def option(self, number: int) -> FormPart:
        """Return the fields of one option."""
        at = f"option[{number}]."
        return FormPart(
            _("Option %(n)s") % {"n": number},
            (
                self.field(f"{at}starts_on", _("From"), "date"),
                self.field(f"{at}ends_on", _("Through"), "date"),
                self.field(f"{at}exercised_on", _("Exercised on, if it is"), "date"),
            ),
            _("Leave it empty where there is none."),
        )

    def parts(self, buyer: str, suppliers: tuple[Choice, ...]) -> tuple[FormPart, ...]:
        """Return the whole form but for the kinds of case."""
        return (
            FormPart(
                _("Contract"),
                (
                    self.field("number", pgettext("contract", "Number")),
                    self.field("title", _("Title")),
                    self.field("supplier", _("Supplier"), choices=suppliers),
                    self.field("starts_on", _("First day"), "date"),
                    self.field("ends_on", _("Last day of the base period"), "date"),
                    self.field("notice_months", _("Months of notice before an option"), "decimal"),
                ),
                _("Buyer: %(buyer)s") % {"buyer": buyer},
            ),
            *(self.option(one) for one in OPTIONS),
            FormPart(
                _("Agreed response time"),
                (
                    self.points(f"{TERM}start", _("The clock starts"), TIME_POINTS[:-1]),
                    self.points(f"{TERM}stop", _("The clock stops"), TIME_POINTS[1:]),
                    self.field(f"{TERM}target_minutes", _("Minutes at most"), "decimal"),
                    self.field(f"{TERM}share", _("In how many per cent"), "decimal"),
                    self.field(f"{TERM}penalty_sek", _("Penalty for each late one, SEK"), "decimal"),
                    self.field(
                        f"{PRICE}price_sek", _("Price of an alarm response, SEK without VAT"),
                        "decimal",
                    ),
                ),
                _("Without minutes no response time is agreed, and nothing is called late."),
            ),
        )  # fmt: skip


def _page(
    viewer: Viewer, values: Mapping[str, str], kinds: Collection[str],
    problems: tuple[Problem, ...] = (),
) -> ContractForm:  # fmt: skip
    suppliers = Organisation.objects.filter(
        tenant_id=viewer.tenant_id, kind=OrganisationKind.GUARDING_COMPANY
    )
    names = list(suppliers.order_by("name").values_list("name", flat=True))
    chosen = values.get("supplier") or (names[0] if len(names) == 1 else "")
    form = _Form(values, {one.field: one.detail for one in problems if one.field})
    return ContractForm(
        form.parts(viewer.organisation_name, tuple(Choice(n, n, n == chosen) for n in names)),
        form.field(
            f"{TERM}case_kinds", _("For which kinds of case"),
            choices=_choices(labels.CASE_KIND, CASE_KINDS, kinds),
        ),
        problems,
    )  # fmt: skip


@require_http_methods(["GET", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """Type in a contract: parties, periods, one response term, the price of a response."""
    viewer = viewer_of_request(request)
    viewer.require(Record.CONTRACT, Verb.WRITE)
    if request.method == "GET":
        return render(request, "contract/new.html", {"page": _page(viewer, USUAL, USUAL_KINDS)})
    fields = _Fields(request)
    refused = _put(viewer, fields)
    if not refused:
        made = Contract.objects.get(tenant_id=viewer.tenant_id, number=fields.text("number"))
        return done(request, reverse("contract", args=[made.pk]), contract=str(made.pk))
    problems = tuple(
        Problem(
            _fault_text(one.code, one.column, f"{in_words(one.why)}; {in_words(one.todo)}"),
            fields.field_of(one.column),
        )
        for one in refused
    )
    refuse_programs(request, list(problems))
    values = {name: fields.text(name) for name in request.POST}
    page = _page(viewer, values, request.POST.getlist(f"{TERM}case_kinds"), problems)
    return render(request, "contract/new.html", {"page": page}, status=422)
