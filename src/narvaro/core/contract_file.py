"""The contract's file: a read TOML table comes in, header, terms and price list go out.

Every problem is collected before the file is refused, each with its path in the file;
``option[1]`` is the first option.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from narvaro.core.said import Said
from narvaro.core.terms import ContractTerms, Option, Problem, ResponseTerm, TermsError

T = TypeVar("T")
PRICE_UNITS = ("each", "hour", "month")
_HEADER = ("number", "title", "buyer", "supplier")
_TERMS = ("starts_on", "ends_on", "notice_months")


@dataclass(frozen=True, slots=True)
class Price:
    """A line of the price list; `unit` is each, hour or month."""

    service: str
    name: str
    unit: str
    price_sek: Decimal


@dataclass(frozen=True, slots=True)
class Contract:
    """A contract as its file states it."""

    number: str
    title: str
    buyer: str
    supplier: str
    terms: ContractTerms
    prices: tuple[Price, ...]


class _FormError(ValueError):
    """A value of the wrong form: what to write."""

    def __init__(self, todo: Said) -> None:
        super().__init__(todo)
        self.todo = todo


def _text(value: object) -> str:
    if isinstance(value, str) and value.strip():
        return value.strip()
    raise _FormError(Said('write a text in quotation marks, like "KS 2024/117"'))


def _day(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    raise _FormError(Said("write a date without quotation marks, like 2024-10-01"))


def _whole(value: object) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    raise _FormError(Said("write a whole number, like 6"))


def _number(value: object) -> Decimal:
    # A float's shortest text is what the person wrote: 0.9 is kept as 0.9.
    todo = Said('write a number, like 1500 or "640.00"')
    if isinstance(value, (int, float, str)) and not isinstance(value, bool):
        try:
            number = Decimal(str(value).replace(",", "."))
        except InvalidOperation:
            raise _FormError(todo) from None
        if number.is_finite() and abs(number) < 10**12:
            return number
    raise _FormError(todo)


def _texts(value: object) -> tuple[str, ...]:
    if isinstance(value, list) and value:
        return tuple(map(_text, value))
    raise _FormError(Said('write a list of texts, like ["intruder", "duress"]'))


def _seconds(value: object) -> int:
    seconds = _number(value) * 60
    if seconds == int(seconds):
        return int(seconds)
    raise _FormError(Said("write minutes that make whole seconds, like 20 or 7.5"))


def _unit(value: object) -> str:
    if value in PRICE_UNITS:
        return str(value)
    raise _FormError(Said("write one of %(words)s", words=", ".join(PRICE_UNITS)))


class _Reader:
    """One table of the file; notes what is missing, malformed or unknown."""

    def __init__(self, table: object, path: str, problems: list[Problem]) -> None:
        self.path = path
        self.problems = problems
        self.is_sound = isinstance(table, Mapping)
        self.table: dict[str, object] = dict(table) if isinstance(table, Mapping) else {}
        self.known: list[str] = []
        if not self.is_sound:
            todo = Said("write it as [[option]] with a line per value")
            self.note("", Said("not a table"), todo)

    def note(self, key: str, what: Said, todo: Said) -> None:
        where = ".".join(part for part in (self.path, key) if part) or "the file"
        self.problems.append(Problem(where, what, todo))
        self.is_sound = False

    def find(self, key: str, parse: Callable[[object], T]) -> T | None:
        self.known.append(key)
        if key not in self.table:
            return None
        try:
            return parse(self.table[key])
        except _FormError as wrong:
            what = Said("“%(value)s” is not understood", value=str(self.table[key]))
            self.note(key, what, wrong.todo)
            return None

    def get(self, key: str, parse: Callable[[object], T], instead: T) -> T:
        """Return the value; where it is missing or wrong, note it and return `instead`."""
        found = self.find(key, parse)
        if found is None and key not in self.table:
            self.note(key, Said("missing"), Said("add it"))
        return instead if found is None else found

    def build(self, make: Callable[[], T]) -> T | None:
        """Return the made value if the table was sound; note what its construction refuses."""
        is_whole = self.is_sound
        for key in self.table:
            if key not in self.known:
                todo = Said("remove it, or write one of %(words)s", words=", ".join(self.known))
                self.note(key, Said("unknown"), todo)
        try:
            return make() if is_whole else None
        except TermsError as error:
            for problem in error.problems:
                self.note(problem.where, problem.what, problem.todo)
            return None


_NO_DAY = date.min
_NO_TEXTS: tuple[str, ...] = ()


def _read_option(reader: _Reader) -> Option | None:
    starts_on = reader.get("starts_on", _day, _NO_DAY)
    ends_on = reader.get("ends_on", _day, _NO_DAY)
    exercised_on = reader.find("exercised_on", _day)
    return reader.build(lambda: Option(starts_on, ends_on, exercised_on))


def _read_response_term(reader: _Reader) -> ResponseTerm | None:
    name = reader.get("name", _text, "")
    case_kinds = reader.get("case_kinds", _texts, _NO_TEXTS)
    start, stop = reader.get("start", _text, ""), reader.get("stop", _text, "")
    target_s = reader.get("target_minutes", _seconds, 0)
    share = reader.get("share", _number, Decimal(0))
    penalty_sek = reader.find("penalty_sek", _number) or Decimal(0)
    return reader.build(
        lambda: ResponseTerm(name, case_kinds, start, stop, target_s, share, penalty_sek)
    )


def _read_price(reader: _Reader) -> Price | None:
    service, name = reader.get("service", _text, ""), reader.get("name", _text, "")
    unit = reader.get("unit", _unit, "")
    price_sek = reader.get("price_sek", _number, Decimal(0))
    if price_sek < 0:
        what = Said("%(number)s is below 0", number=str(price_sek))
        reader.note("price_sek", what, Said("write the price without VAT"))
    return reader.build(lambda: Price(service, name, unit, price_sek))


def _read_list(
    file: _Reader, key: str, read: Callable[[_Reader], T | None]
) -> tuple[tuple[T, ...], bool]:
    file.known.append(key)
    tables = file.table.get(key, [])
    if not isinstance(tables, list):
        todo = Said("write each as [[%(name)s]]", name=key)
        file.note(key, Said("not a list of tables"), todo)
        return (), False
    found = [
        read(_Reader(table, f"{key}[{number}]", file.problems))
        for number, table in enumerate(tables, start=1)
    ]
    sound = tuple(one for one in found if one is not None)
    return sound, len(sound) == len(found)


def _check_unique(file: _Reader, key: str, names: list[str]) -> None:
    for number, name in enumerate(names, start=1):
        if name in names[: number - 1]:
            what = Said("“%(name)s” stands twice", name=name)
            file.note(f"{key}[{number}]", what, Said("give each its own name"))


def parse_contract(data: Mapping[str, object]) -> Contract:
    """Read a contract from its TOML table; TermsError holds every problem with its path."""
    problems: list[Problem] = []
    file = _Reader(data, "", problems)
    number, title, buyer, supplier = (file.get(key, _text, "") for key in _HEADER)
    starts_on, ends_on = (file.get(key, _day, _NO_DAY) for key in _TERMS[:2])
    notice_months = file.get("notice_months", _whole, 0)
    options, options_sound = _read_list(file, "option", _read_option)
    response_terms, terms_sound = _read_list(file, "response_term", _read_response_term)
    prices, prices_sound = _read_list(file, "price", _read_price)
    if terms_sound and prices_sound:
        _check_unique(file, "response_term", [term.name for term in response_terms])
        _check_unique(file, "price", [f"{price.service}, {price.unit}" for price in prices])
    # Options are compared with each other only when each is sound: else numbers would shift.
    compared = options if options_sound else ()
    file.is_sound = not any(problem.where in _TERMS for problem in problems)
    terms = file.build(
        lambda: ContractTerms(starts_on, ends_on, notice_months, compared, response_terms)
    )
    if terms is None or problems:
        raise TermsError(problems)
    return Contract(number, title, buyer, supplier, terms, prices)
