"""What files ask a person, each thing once. In: drafts that ask, a form. Out: questions, answers."""

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from narvaro.access.viewer import Viewer
from narvaro.core.table_spec import Column
from narvaro.directory.importing.fixed_words import FixedWords
from narvaro.directory.models import Site
from narvaro.directory.queries import sites_seen_by
from narvaro.sharing.models import FileDraft
from narvaro.sharing.reading import specs
from narvaro.spine.refusal import Refused
from narvaro.web import first_report_words, labels, passing, report_words
from narvaro.web.files_words import COLUMN
from narvaro.web.labels import say
from narvaro.web.reasons import in_words
from narvaro.web.screens import Choice
from narvaro.web.screens.files import Asking, PlaceQuestion, Questions, RefusedLine, WordQuestion

_Table = Mapping[str, "str | Promise"]
_WORDS: Mapping[str, _Table] = {
    "category": labels.CATEGORY, "cause": first_report_words.CAUSE,
    "known_by": report_words.KNOWN_BY, "activity": first_report_words.ACTIVITY,
    "standing": passing.STANDING,
}  # fmt: skip
_KINDS: Mapping[str, _Table] = {
    "sites": labels.SITE_KIND, "damage": report_words.DAMAGE_KIND, "alarm-journal": labels.CASE_KIND,
    "responses": labels.CASE_KIND,
}  # fmt: skip


def site_label(site: Site) -> str:
    """Return a site as people choose it from a list."""
    return f"{site.name} ({site.code})"


def title_of(draft: FileDraft) -> str:
    """Return a draft's file and sheet."""
    return f"{draft.file_name} – {draft.sheet}" if draft.sheet else draft.file_name


def refused_lines(
    report: Mapping[str, Any], mapping: Mapping[str, str]
) -> tuple[RefusedLine, ...]:  # fmt: skip
    """Return the refused rows that a report shows; a column goes by its header in the file."""
    headers = {name: header for header, name in mapping.items() if name}
    return tuple(
        RefusedLine(
            row["line"],
            tuple(
                _reason(headers.get(column) or say(COLUMN, column), *rest)
                for column, *rest in row["reasons"]
            ),
        )
        for row in report.get("refused", [])
    )


def _reason(header: str, value: str, why: object, todo: object) -> str:
    shown = _("“%(value)s”") % {"value": value} if value else ""
    place = " ".join(one for one in (header, shown) if one)
    said = f"{in_words(why)}; {in_words(todo)}"
    return f"{place}: {said}" if place else said


def _key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


def _place_key(text: str) -> str:
    return f"place-{_key(text)}"


def _word_key(draft: FileDraft, column: str, value: str) -> str:
    return f"word-{_key(draft.kind if column == 'kind' else '', column, value)}"


def _column(draft: FileDraft, question: Mapping[str, Any]) -> str:
    return str(draft.mapping.get(question["header"], ""))


def _columns(draft: FileDraft) -> dict[str, Column]:
    spec = specs(draft.tenant).get(draft.kind)
    return {one.name: one for one in spec.columns} if spec else {}


def questions_of(viewer: Viewer, drafts: Sequence[FileDraft]) -> Questions | None:
    """Return what drafts ask together; None where none asks."""
    if not drafts:
        return None
    sheets = tuple(
        Asking(
            id=str(one.pk), title=title_of(one), kept=one.report["kept"],
            refused=refused_lines(one.report, one.mapping), refused_count=one.report["refused_count"],
        )
        for one in drafts
    )  # fmt: skip
    more = sum(one.report["unsure_count"] - len(one.report["unsure"]) for one in drafts)
    sites = sites_seen_by(viewer).order_by("name")
    return Questions(
        sheets, _places(drafts), more, _words(drafts), tuple(site_label(one) for one in sites)
    )


def _places(drafts: Sequence[FileDraft]) -> tuple[PlaceQuestion, ...]:
    """Return each place once: what may be meant first, and chosen only where it is likely."""
    rows: dict[str, int] = {}
    offered: dict[str, dict[str, str]] = {}
    likely: dict[str, str] = {}
    for one in (one for draft in drafts for one in draft.report["unsure"]):
        text, candidates = one["text"], dict(one["candidates"])
        rows[text] = rows.get(text, 0) + one["rows"]
        offered.setdefault(text, {}).update(candidates)
        if one.get("likely"):
            likely.setdefault(text, next(iter(candidates), ""))
    return tuple(
        PlaceQuestion(
            _place_key(text), text, rows[text],
            (
                *(Choice(key, words, key == likely.get(text)) for key, words in offered[text].items()),
                Choice("", _("None of these: leave it without a place"), not likely.get(text)),
            ),
        )
        for text in sorted(rows, key=lambda text: (not offered[text], -rows[text], text))
    )  # fmt: skip


def _words(drafts: Sequence[FileDraft]) -> tuple[WordQuestion, ...]:
    found: dict[str, WordQuestion] = {}
    for draft in drafts:
        columns = _columns(draft)
        for one in draft.report["words"]:
            column = _column(draft, one)
            key = _word_key(draft, column, one["value"])
            rows = one["rows"] + (found[key].rows if key in found else 0)
            found[key] = WordQuestion(
                key, say(COLUMN, column), one["value"], rows,
                _codes(draft, columns.get(column), one["value"]),
            )  # fmt: skip
    return tuple(sorted(found.values(), key=lambda one: -one.rows))


def _codes(draft: FileDraft, column: Column | None, value: str) -> tuple[Choice, ...]:
    """Return what a word may mean, the likely one chosen: to which known words in it point.

    Where rows need a meaning and nothing points to any, `other` keeps the row.
    """
    if column is None:
        return (Choice("", _("Leave it empty"), chosen=True),)
    by_kind: _Table = _KINDS.get(draft.kind, {})
    table = by_kind if column.name == "kind" else _WORDS.get(column.name, {})
    none = _("Leave these rows out") if column.required else _("Leave it empty")
    likely = "other" if "other" in table and column.required else ""
    if isinstance(column.parse, FixedWords) and (code := column.parse.likely(value)) in table:
        likely = code or likely
    return (
        Choice("", none, chosen=not likely),
        *(Choice(code, str(words), code == likely) for code, words in table.items() if code),
    )


def place_answers(viewer: Viewer, draft: FileDraft, form: Mapping[str, str]) -> dict[str, str]:
    """Return what a form says of a draft's places; raises Refused for a site that is none."""
    sites = {site_label(one): f"site:{one.pk}" for one in sites_seen_by(viewer)}
    chosen = {}
    for one in draft.report.get("unsure", []):
        key = _place_key(one["text"])
        if key not in form and f"other-{key}" not in form:
            continue  # a form of an earlier round never showed it: it stays open
        given, other = form.get(key, ""), form.get(f"other-{key}", "").strip()
        if other and other not in sites:
            detail = _("“%(site)s” is no site here.") % {"site": other}
            raise Refused("unknown_site", detail, status=422)
        offered = {candidate for candidate, _words in one["candidates"]} | set(sites.values())
        chosen[one["text"]] = sites[other] if other else given if given in offered else ""
    return chosen


def word_answers(draft: FileDraft, form: Mapping[str, str]) -> dict[str, dict[str, str]]:
    """Return what each word means; of a column that may be empty, a word may mean nothing."""
    said: dict[str, dict[str, str]] = {}
    columns = _columns(draft)
    for one in draft.report.get("words", []):
        column = columns.get(_column(draft, one))
        if column is None:
            continue
        key = _word_key(draft, column.name, one["value"])
        code = form.get(key, "")
        is_code = code in {choice.value for choice in _codes(draft, column, one["value"])}
        if key in form and is_code and (code or not column.required):
            said.setdefault(column.name, {})[one["value"]] = code
    return said
