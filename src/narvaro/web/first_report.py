"""The first report: on the screen, as PDF, as a workbook. In: requests. Out: the same page thrice."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from narvaro.access.policy import Record, Verb
from narvaro.followup.first_report import get_first_report
from narvaro.spine import clock
from narvaro.web.answers import viewer_of_request
from narvaro.web.documents import render_pdf
from narvaro.web.documents.workbook import XLSX, render_workbook
from narvaro.web.first_report_page import page_of
from narvaro.web.screens.first_report import FirstReportPage, Table
from narvaro.web.values import written


def _page(request: HttpRequest) -> FirstReportPage:
    viewer = viewer_of_request(request)
    report = get_first_report(viewer, clock.now())
    return page_of(viewer, report, may_import=viewer.may(Record.IMPORT, Verb.WRITE))


@require_GET
def first_report(request: HttpRequest) -> HttpResponse:
    """Show the first report."""
    return render(request, "first_report/page.html", {"page": _page(request)})


def _rows(table: Table) -> list[list[str]]:
    return [[written(cell) for cell in row] for row in table.rows]


@require_GET
def pdf(request: HttpRequest) -> HttpResponse:
    """Answer with the report as PDF."""
    viewer, page = viewer_of_request(request), _page(request)
    made = render_pdf(
        "first_report",
        {
            "language": (get_language() or "sv")[:2],
            "title": page.title,
            "about": f"{viewer.organisation_name} · {page.about}",
            "made": _("Made %(at)s by Närvaro")
            % {"at": clock.now().astimezone(viewer.zone).strftime("%Y-%m-%d %H:%M")},
            "figures": [[one.value, one.what] for one in page.figures],
            "tables": [
                {"title": one.title, "heads": list(one.heads), "numbers": sorted(one.numbers),
                 "rows": _rows(one), "note": one.note, "empty": one.empty}
                for one in page.tables
            ],
            "cannot_title": _("What the data cannot say"), "cannot_say": list(page.cannot_say),
            "files_title": _("Made from"), "files": list(page.files),
        },
    )  # fmt: skip
    return HttpResponse(made, content_type="application/pdf", headers=_named("first-report.pdf"))


@require_GET
def xlsx(request: HttpRequest) -> HttpResponse:
    """Answer with the report as a workbook, a sheet for each table."""
    page = _page(request)
    made = render_workbook(page.tables, [(_("What the data cannot say"), list(page.cannot_say))])
    return HttpResponse(made, content_type=XLSX, headers=_named("first-report.xlsx"))


def _named(name: str) -> dict[str, str]:
    return {
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "private, no-store",
    }
