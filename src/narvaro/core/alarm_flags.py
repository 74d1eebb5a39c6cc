"""The flags of an alarm account. In: nothing. Out: each flag's name, and what it does in one line.

The receiver imports nothing of the core and spells the names itself; a test holds it to these, and
docs/protocols/sia_dc09.md too.
"""

from collections.abc import Mapping

FLAGS: Mapping[str, str] = {
    "ignore_time": "takes any time stamp and marks it unverified",
    "require_time": "takes no plain frame without a time stamp",
    "strict_time": "judges time stamps also while our own clock is in doubt",
    "poll_without_bar": "takes encrypted polls whose pad no bar ends",
    "crc_with_cr": "CRC and length may count the closing CR",
    "crc_binary": "the CRC may be two bytes in place of four digits",
}
