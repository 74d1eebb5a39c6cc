"""The receiver's listeners, by the name that stands in `listeners`. In: nothing. Out: one table.

Pure names, so that the home can look at what was written before anything is opened: what a receiver
is told, what the doctor looks at and which names are known at all are read from here.
"""

from typing import NamedTuple


class Ports(NamedTuple):
    """A listener's ports, as fields of `Settings`.

    With `tls` there is a port for TLS beside the one in clear; without, the one port speaks TLS where
    there is a certificate. `for_alarms` says that `alarm_networks` hold for it.
    """

    port: str
    tls: str = ""
    for_alarms: bool = False


LISTENERS = {
    "dc09": Ports("alarm_port", tls="alarm_tls_port", for_alarms=True),
    "http": Ports("position_port"),
    "sos_access": Ports("sos_access_port", for_alarms=True),
    "cot": Ports("cot_port"),
    "mail": Ports("mail_port"),
}
