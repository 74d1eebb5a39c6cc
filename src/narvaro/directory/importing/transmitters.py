"""Transmitters and their paths: rows of a file against what is there."""

from collections.abc import Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from narvaro.core.alarm_flags import FLAGS
from narvaro.core.said import Said
from narvaro.core.supervision import find_reporting_s
from narvaro.core.tables import Refusal, Row
from narvaro.directory.importing import columns
from narvaro.directory.importing.registers import named
from narvaro.directory.importing.report import refuse, stands_twice
from narvaro.directory.models import ImportBatch, Site, TransmissionPath, Transmitter
from narvaro.spine.models import Tenant
from narvaro.spine.sealing import seal_text

KEY_LENGTHS = (16, 24, 32)
DC09, SOS_ACCESS = "sia-dc09", "sos-access"
LONGEST = {DC09: 16, SOS_ACCESS: 15}
SOS_ACCESS_KEY = 15
WINDOW = ("late_s", "early_s")


@dataclass(frozen=True)
class _Supervised:
    """How a path is supervised; what a file has no column for is as it was."""

    category: str = ""
    poll_interval_s: int | None = None
    alternative: bool = False

    def with_row(self, row: Row) -> "_Supervised":
        """Return it as a row leaves it."""
        given = row.values
        return _Supervised(
            str(given["path_category"] or "") if "path_category" in given else self.category,
            given.get("poll_interval_s", self.poll_interval_s),
            bool(given.get("alternative", self.alternative)),
        )

    def find_fault(self) -> Refusal | None:
        """Return why its category and its polls cannot both hold: each pause would be a loss."""
        if not self.category:
            return None
        limit_s = find_reporting_s(self.category, alternative=self.alternative)
        if limit_s is None:
            why = Said(
                "has no alternative path: %(category)s is of one path", category=self.category
            )
            todo = Said("write a DP category, or leave the mark out")
            return refuse("alternative", "ja", why, todo)
        if self.poll_interval_s is None or self.poll_interval_s < limit_s:
            return None
        why = Said(
            "is not below the %(limit)s s after which %(category)s wants a fault reported",
            limit=limit_s, category=self.category,
        )  # fmt: skip
        todo = Said("let it be polled more often, or write the category that holds for this path")
        if find_reporting_s(self.category, alternative=True) and not self.alternative:
            todo = Said("let it be polled more often, or mark it where it is the alternative path")
        return refuse("poll_interval_s", str(self.poll_interval_s), why, todo)


@dataclass(frozen=True)
class _Checked:
    site: Site
    row: Row
    networks: tuple[str, ...]

    @property
    def protocol(self) -> str:
        return _protocol(self.row)

    @property
    def account(self) -> str:
        return _account(self.row)

    @property
    def path(self) -> str:
        return str(self.row.values.get("path") or "")


class Transmitters:
    """Transmitters with their keys, which are sealed as they are written; a row for each path."""

    kind = "transmitters"
    spec = columns.TRANSMITTERS

    def __init__(self, tenant: Tenant) -> None:
        self.tenant = tenant
        self.sites = {one.code: one for one in Site.objects.published().filter(tenant=tenant)}
        known = Transmitter.objects.values_list("protocol", "account", "tenant_id")
        self.owners = {(protocol, account): owner for protocol, account, owner in known}
        self.seen: dict[tuple[str, str, str], int] = {}
        paths = TransmissionPath.objects.filter(tenant=tenant).values_list(
            "transmitter__protocol", "transmitter__account", "name",
            "category", "poll_interval_s", "alternative",
        )  # fmt: skip
        self.supervised = {tuple(one[:3]): _Supervised(*one[3:]) for one in paths}

    def check(self, row: Row) -> tuple[Any, Sequence[Refusal]]:
        """Return the row's site beside it, or why it is not taken; a key is never repeated."""
        reasons: list[Refusal] = []
        protocol, account = _protocol(row), _account(row)
        site = self.sites.get(row["site"])
        if site is None:
            why, todo = Said("is no site here"), Said("bring in the sites first")
            reasons.append(refuse("site", row["site"], why, todo))
        if self.owners.get((protocol, account), self.tenant.pk) != self.tenant.pk:
            why, todo = Said("is taken in this installation"), Said("use another account")
            reasons.append(refuse("account", account, why, todo))
        line = (protocol, account, str(row.values.get("path") or ""))
        first = self.seen.setdefault(line, row.line)
        if first != row.line:
            reasons.append(stands_twice("account", account, first))
        unfit = self.supervised.get(line, _Supervised()).with_row(row).find_fault()
        if unfit is not None:
            reasons.append(unfit)
        longest = LONGEST.get(protocol, 32)
        if not account.isalnum() or len(account) > longest:
            why = Said("is not 1–%(longest)s letters and digits", longest=longest)
            reasons.append(refuse("account", account, why, Said("correct it")))
        fault = _fault_of_key(row, protocol)
        if fault is not None:
            reasons.append(refuse("key", "…", fault, Said("correct the key or its form")))
        odd = next((one for one in _words(row, "flags") if one not in FLAGS), None)
        if odd is not None:
            todo = Said("write one of: %(words)s", words=", ".join(FLAGS))
            reasons.append(refuse("flags", odd, Said("is not known here"), todo))
        networks = _words(row, "networks")
        wrong = next((one for one in networks if not _is_network(one)), None)
        if wrong is not None:
            todo = Said("write addresses as 192.0.2.0/24")
            reasons.append(refuse("networks", wrong, Said("is no network"), todo))
        return _Checked(site, row, networks) if site else None, reasons

    def write(self, checked: Sequence[Any], batch: ImportBatch) -> None:  # noqa: ARG002 - a register's shape
        """Make or change the transmitters and their paths."""
        for one in checked:
            transmitter, _ = Transmitter.objects.update_or_create(
                protocol=one.protocol,
                account=one.account,
                defaults={
                    "tenant": self.tenant,
                    "site": one.site,
                    **_sealed(one.row),
                    **named(one.row, flags=list(_words(one.row, "flags"))),
                    **{name: value for name in WINDOW if (value := one.row.values.get(name))},
                },
            )
            TransmissionPath.objects.update_or_create(
                transmitter=transmitter,
                name=one.path,
                defaults={
                    "tenant": self.tenant,
                    **_category(one.row),
                    **named(
                        one.row,
                        poll_interval_s=one.row.values.get("poll_interval_s"),
                        alternative=bool(one.row.values.get("alternative")),
                        carrier=one.row.values.get("carrier") or "",
                        networks=list(one.networks),
                    ),
                },
            )


def _category(row: Row) -> dict[str, object]:
    """Return the path's category where the file has a column for it."""
    return {"category": row["path_category"] or ""} if "path_category" in row.values else {}


def _words(row: Row, column: str) -> tuple[str, ...]:
    return tuple(str(row.values.get(column) or "").replace(",", " ").split())


def _is_network(text: str) -> bool:
    try:
        ip_network(text, strict=False)
    except ValueError:
        return False
    return True


def _sealed(row: Row) -> dict[str, object]:
    """Return a sealed key with its form, or nothing where the file has no column for keys."""
    if "key" not in row.values:
        return {}
    return {
        "sealed_key": seal_text(row.values["key"] or ""),
        "sealed_next_key": "",
        "key_form": row.values.get("key_form") or "hex",
    }


def _protocol(row: Row) -> str:
    return str(row.values.get("protocol") or DC09)


def _account(row: Row) -> str:
    """Return the account as messages write it; DC-09 knows no small letters."""
    account = str(row["account"])
    return account.upper() if _protocol(row) == DC09 else account


def _fault_of_key(row: Row, protocol: str) -> Said | None:
    key = row.values.get("key") or ""
    if protocol == DC09:
        return _key_fault(key, row.values.get("key_form") or "hex")
    if protocol == SOS_ACCESS and len(key) != SOS_ACCESS_KEY:
        return Said("is %(number)s characters long; an authentication has 15", number=len(key))
    return None


def _key_fault(key: str, form: str) -> Said | None:
    if not key:
        return None
    try:
        raw = bytes.fromhex(key) if form == "hex" else key.encode("ascii")
    except ValueError:
        return Said("is not %(form)s", form=form)
    if len(raw) in KEY_LENGTHS:
        return None
    return Said("is %(number)s bytes long; AES takes 16, 24 or 32", number=len(raw))
