"""What the doctor looks at around the stores: clock, disk, certificates, limits, ports, modes.

In: the home folder. Out: findings.
"""

import ipaddress
import resource
import stat
from pathlib import Path

from narvaro.config.channels import channels_of
from narvaro.config.doctor import Finding, Level
from narvaro.config.home import Home, Settings
from narvaro.config.listeners import LISTENERS
from narvaro.core.clock_agreement import PANELS, SERVER
from narvaro.intake.limits import Limits
from narvaro.intake.receiver import SPARE_FILES
from narvaro.intake.time_sources import SourceNow, list_sources
from narvaro.spine import clock
from narvaro.spine.kernel_clock import Sync, read_sync
from narvaro.spine.machine import (
    MB,
    Certificate,
    Disk,
    is_own_address,
    read_certificate,
    read_disk,
)
from narvaro.spine.silent import Silent

WANTED_CHANNELS = 2


def machine_clock(_home: Home) -> list[Finding]:
    """Look whether the machine's clock stepped, and whether the kernel holds it for synchronised."""
    clock.now()
    return judge_clock(clock.jump_s(), read_sync())


def judge_clock(jump_s: float, sync: Sync) -> list[Finding]:
    """Say what a step and the kernel's word mean."""
    found = [Finding("clock_step", "ok", "The clock has not stepped")]
    if jump_s:
        what = f"The machine's clock stepped by {jump_s:+.1f} s and is not followed"
        todo = "See what time it is. If the machine is right: narvaro clock accept"
        found = [Finding("clock_step", "bad", what, what_to_do=todo)]
    todo = (
        "Run a time service (systemd-timesyncd or chrony): panels' stamps are judged by this clock."
    )
    said: dict[Sync, tuple[Level, str, str]] = {
        "synchronised": ("ok", "The kernel holds its clock for synchronised", ""),
        "unsynchronised": ("warn", "The kernel holds its clock for not synchronised", todo),
        "unknown": ("warn", "The kernel does not say whether its clock is synchronised", todo),
    }
    level, what, todo = said[sync]
    return [*found, Finding("clock_sync", level, what, what_to_do=todo)]


SOURCE_WHY: dict[str, str] = {
    Silent.FEW: "Fewer than five panels stamped their time within 15 minutes; they say nothing",
    Silent.AT_ONCE: "What the panels stamped came all at once; they say nothing yet",
    Silent.APART: "The panels' clocks do not agree; they say nothing",
    Silent.NOT_ASKED: "It was not asked yet; the process work asks it every ten minutes",
    Silent.OLD: "What it said is too old",
    Silent.NO_ANSWER: "It does not answer",
    Silent.UNREACHABLE: "It cannot be reached, or its name is not known",
    Silent.UNWELCOME: "It does not want to be asked; it is left alone for a day",
    Silent.UNSYNCHRONISED: "It does not know the time itself",
}


SOURCE_TODO = {
    PANELS: "See that panels are heard, and their clocks; name time_servers, which speak as well.",
    SERVER: "Take it out of time_servers, or see that it is reached.",
}


def time_sources(home: Home) -> list[Finding]:
    """Look what panels and time servers say of our time, and whether it is in doubt."""
    servers = home.settings.time_servers
    found = list_sources(home.journals.values(), home.path, servers)
    said = [_judge_source(one) for one in found.rows]
    if not servers:
        said.append(Finding("clock_server", "ok", "Not asked: time_servers names none"))
    off_s = clock.suspected_s()
    if off_s != 0:
        by = (
            "by how much cannot be read" if off_s is None else f"theirs less ours is {off_s:+.1f} s"
        )
        what = f"Other sources say that our time is off: {by}"
        todo = (
            "See what time it is. Set the machine's clock, or its time service, then: "
            "narvaro clock accept"
        )
        said.append(Finding("clock_doubt", "bad", what, what_to_do=todo))
    return said


def _judge_source(one: SourceNow) -> Finding:
    code = f"clock_{one.kind}"
    when = f", read {one.read_at:%Y-%m-%d %H:%M:%S} UTC" if one.read_at else ""
    who = f" ({one.accounts} accounts)" if one.accounts else ""
    if one.off_s is None:
        level: Level = "warn" if one.is_missed else "ok"
        what = SOURCE_WHY.get(one.why, f"Its answer is not sound ({one.why})")
        todo = SOURCE_TODO[one.kind] if one.is_missed else ""
        return Finding(code, level, f"{what}{who}{when}", one.about, todo)
    what = f"Its time less ours is {one.off_s:+.1f} s, give or take {one.give_s:.1f} s{who}{when}"
    out = "; the others speak against it" if one.is_out else "; it differs" * one.differs
    level = "warn" if one.is_out or one.differs else "ok"
    return Finding(code, level, what + out, one.about, "Look at that clock." * (level == "warn"))


def disk_space(home: Home) -> list[Finding]:
    """Look how much of the home's disk is free."""
    return [judge_disk(read_disk(home.path), str(home.path))]


def judge_disk(disk: Disk, where: str) -> Finding:
    """Say whether what is free is enough."""
    what = f"{disk.free_bytes // MB} MB of {disk.total_bytes // MB} MB are free"
    level: Level = {"": "ok", "little": "warn", "critical": "bad"}[disk.room]  # type: ignore[assignment]
    todo = "Make room: a full disk acknowledges no alarm." if disk.room else ""
    return Finding("disk_space", level, what, where, todo)


def certificates(home: Home) -> list[Finding]:
    """Look when the certificates end."""
    return [judge_certificate(read_certificate(file)) for file in home.certificates]


def judge_certificate(one: Certificate) -> Finding:
    """Say how near a certificate's end is."""
    where, ends = str(one.file), f"{one.ends_at:%Y-%m-%d}" if one.ends_at else ""
    renew = "Renew it and start the system anew."
    match one.ending:
        case "unreadable":
            todo = "Correct the path in narvaro.toml, or the file (PEM)."
            return Finding("certificate", "bad", "It cannot be read", where, todo)
        case "ended":
            return Finding("certificate", "bad", f"It ended {ends}", where, renew)
        case "urgent":
            return Finding("certificate", "bad", f"It ends {ends}", where, renew)
        case "soon":
            return Finding("certificate", "warn", f"It ends {ends}", where, renew)
        case _:
            return Finding("certificate", "ok", f"It holds until {ends}", where)


def open_files(_home: Home) -> list[Finding]:
    """Look whether the receiver may open as many files as it lets in connections."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    return [judge_files(hard, 2 * Limits().connections + SPARE_FILES)]


def judge_files(hard: int, wanted: int) -> Finding:
    """Say whether a hard limit is enough."""
    if hard == resource.RLIM_INFINITY or hard >= wanted:
        return Finding("open_files", "ok", f"Enough for all connections ({wanted} are needed)")
    what = f"{hard} are allowed from this shell; the receiver needs {wanted} for all connections"
    return Finding("open_files", "warn", what, "", f"Set LimitNOFILE={wanted} where it is started.")


def open_ports(home: Home) -> list[Finding]:
    """Look what is bound to an address that others reach, in clear."""
    return judge_ports(home.settings)


def judge_ports(given: Settings) -> list[Finding]:
    """Say what passes in clear over an address that is not this machine's own."""
    if is_own_address(given.bind):
        return [Finding("open_ports", "ok", "Bound to this machine alone", given.bind)]
    public = _is_public(given.bind)
    found = []
    if not given.tls_certificate:
        proxy = "Let the proxy be on this machine, and bind to 127.0.0.1."
        own = "Set tls_certificate and tls_key, or a proxy with TLS before it."
        level: Level = "bad" if public and not given.behind_tls_proxy else "warn"
        what = "Pages and passwords pass in clear"
        todo = proxy if given.behind_tls_proxy else own
        found.append(Finding("open_ports", level, what, f"{given.bind}:{given.web_port}", todo))
    for port in _plain_ports(given):
        level = "warn" if public else "ok"
        what = "Alarms and positions are taken without TLS"
        todo = (
            "Let panels and phones in over a private network (APN, VPN), name the alarms' networks "
            "(alarm_networks), or use the ports with TLS."
        )
        where = f"{given.bind}:{port}"
        found.append(Finding("open_ports", level, what, where, todo if public else ""))
    return found or [Finding("open_ports", "ok", "What others reach is behind TLS", given.bind)]


def _plain_ports(given: Settings) -> list[int]:
    """List the receiver's open ports without TLS and without a list of networks."""
    closed = bool(given.alarm_networks)
    plain = [
        getattr(given, one.port)
        for name, one in LISTENERS.items()
        if name in given.listeners
        and not (closed and one.for_alarms)
        and (one.tls or not given.tls_certificate)
    ]
    has_second = given.second_receiver and "dc09" in given.listeners
    return plain + ([given.second_alarm_port] if has_second and not closed else [])


def _is_public(address: str) -> bool:
    """Return whether an address may be reached from everywhere; a name may."""
    try:
        found = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return True
    return found.is_unspecified or not found.is_private


def notification_channels(home: Home) -> list[Finding]:
    """Count the channels by which people are told; two that do not depend on each other are wanted."""
    found = sorted(channels_of(home))
    if len(found) >= WANTED_CHANNELS:
        return [Finding("notification_channels", "ok", f"People are told by {', '.join(found)}")]
    what = f"People are told by {found[0]} alone" if found else "People are told by the pages alone"
    todo = "Set smtp_host and sms_url in narvaro.toml: an escalation wants two independent ways."
    return [Finding("notification_channels", "warn", what, "narvaro.toml", todo)]


def file_modes(home: Home) -> list[Finding]:
    """Look who may read secrets, keys and stores."""
    secret = [home.secrets_file, home.sealed_accounts]
    secret += [Path(home.settings.tls_key)] if home.settings.tls_key else []
    found = [
        Finding("file_modes", "bad", _said(file), str(file), f"chmod 600 {file}")
        for file in secret
        if _is_open(file)
    ]
    stores = [home.path / "narvaro.db", *home.journals.values()]
    if _is_open(home.path) and any(_is_open(file) for file in stores):
        todo = f"chmod 700 {home.path}"
        found.append(Finding("file_modes", "warn", _said(home.path), str(home.path), todo))
    return found or [
        Finding("file_modes", "ok", "Secrets and stores are their owner's alone", str(home.path))
    ]


def _is_open(file: Path) -> bool:
    return file.exists() and bool(stat.S_IMODE(file.stat().st_mode) & 0o077)


def _said(file: Path) -> str:
    return f"Others on this machine may look into it (mode {stat.S_IMODE(file.stat().st_mode):o})"
