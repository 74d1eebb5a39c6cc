"""Why a message of the field was refused, and what to do: one row for each code of the intake."""

from typing import NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as lazy


class Words(NamedTuple):
    """Why a message was refused, and what to do about it."""

    why: "str | Promise"
    what_to_do: "str | Promise"


_TELL = lazy("Tell those who run the system; the raw message is kept.")
_LINE = lazy("Look for a bad line or radio link if it comes again; the panel sends it once more.")
_PANEL = lazy("Ask the installer: the panel sends something else than SIA DC-09.")
_SENDER_FORM = lazy("Tell who runs the sending system: it does not write as agreed.")
_CHECK_SENDER = lazy(
    "Find out who sends. If it is ours: import the sender, or correct its name and address."
)
_SECRET = lazy("Write the same secret at the sender and here; import it again if it was changed.")
_APP_ID = lazy("Write the phone's id in its app, and the same in the unit's line.")
_CLOCK = lazy("Set the clock of the panel, phone or server that sends.")
_CAMERA_PAPERS = lazy(
    "Write purpose and balancing of interests in the register of cameras and import it."
)
_NOTHING_KEPT = lazy("Nothing: what is old is not kept. If it goes on, look at the sender's line.")
_PLACE = lazy("Let the phone or tracker have sight of the sky; nothing else is to be done.")

REFUSED: dict[str, Words] = {
    "unknown_account": Words(
        lazy("Unknown account"),
        lazy("Import the transmitter, or correct the account in the panel."),
    ),
    "plaintext": Words(
        lazy("Plain text from an account that has a key"),
        lazy("Set the key in the panel: an account with a key never takes plain text."),
    ),
    "no_key": Words(
        lazy("Encrypted, but the account has no key here"),
        lazy("Import the transmitter with the panel's key."),
    ),
    "undecryptable": Words(
        lazy("The key does not open it"),
        lazy("Compare the key in the panel with the one that was imported."),
    ),
    "time": Words(lazy("The sender's clock is off, or the time is missing"), _CLOCK),
    "no_bar": Words(
        lazy("A test call in a form that could hide the end of an alarm"),
        lazy(
            "Ask the installer whether the transmitter writes its test calls so. If it does, give its "
            "account the flag poll_without_bar; if not, somebody alters its messages on the way."
        ),
    ),
    "padding": Words(
        lazy("A test call with more in front of it than the transmitter puts there"),
        lazy(
            "If it goes on, somebody may alter its messages on the way: let the transmitter dial over "
            "TLS or a private network, and tell those who run the system."
        ),
    ),
    "replay": Words(
        lazy("The same message again: its content and time stamp came before"),
        lazy(
            "Look at the case of the first one. If it goes on, ask the installer: the panel does not "
            "hear our answers, or somebody repeats its messages."
        ),
    ),
    "network": Words(
        lazy("It comes from another network than the sender's own"),
        lazy(
            "Find out who sends. If the panel or sender has moved to another line, correct its "
            "networks in the register."
        ),
    ),
    "crc": Words(lazy("Damaged on the way: the checksum is wrong"), _LINE),
    "length": Words(lazy("Damaged on the way: the length is wrong"), _LINE),
    "envelope": Words(lazy("Not a DC-09 message"), _PANEL),
    "header": Words(lazy("The message's head cannot be read"), _PANEL),
    "token": Words(
        lazy("A kind of message that is not supported"),
        lazy("Set the panel to SIA-DCS or ADM-CID (Contact ID)."),
    ),
    "content": Words(lazy("The message's content is not as agreed"), _SENDER_FORM),
    "too_long": Words(lazy("Longer than any message may be"), _SENDER_FORM),
    "xml": Words(lazy("It is no XML that can be read"), _SENDER_FORM),
    "missing": Words(lazy("Fields that must be there are missing"), _SENDER_FORM),
    "form": Words(lazy("The message's form is not as agreed"), _SENDER_FORM),
    "json": Words(lazy("It is no JSON that can be read"), _SENDER_FORM),
    "data": Words(lazy("The event's data are missing or cannot be read"), _SENDER_FORM),
    "type": Words(lazy("A kind of event that is not taken"), _SENDER_FORM),
    "batch": Words(lazy("Several events in one message"), _SENDER_FORM),
    "method": Words(lazy("Sent in another way than agreed"), _SENDER_FORM),
    "empty": Words(lazy("A message without content"), _SENDER_FORM),
    "no_event": Words(lazy("The message holds no event"), _SENDER_FORM),
    "unknown_sender": Words(lazy("Unknown sender"), _CHECK_SENDER),
    "unknown_recipient": Words(
        lazy("Mail to an address that is nobody's here"),
        lazy("Correct the address at who sends the mail, or import the sender."),
    ),
    "unknown_transmitter": Words(
        lazy("Unknown transmitter"),
        lazy("Import the transmitter, or correct its code at the alarm centre that sends."),
    ),
    "no_secret": Words(
        lazy("No authentication is entered for this transmitter"),
        lazy("Import the sender with its 15 characters of authentication."),
    ),
    "wrong_secret": Words(lazy("Wrong authentication"), _SECRET),
    "secret": Words(lazy("The sender's secret here cannot be used"), _SECRET),
    "signature": Words(lazy("The signature is wrong or missing"), _SECRET),
    "sign_in": Words(lazy("Wrong password or secret"), _SECRET),
    "no_accounts": Words(
        lazy("The receiver had not been handed any accounts"),
        lazy("Look at the page System: the receiver needs its list of accounts."),
    ),
    "no_heartbeat": Words(
        lazy("A heartbeat from a sender that is entered as one without heartbeats"),
        lazy("Turn the heartbeats off at the sender, or import it as one that is supervised."),
    ),
    "unknown_device": Words(
        lazy("Unknown phone or tracker"),
        lazy("Write the phone's id in the unit's line and import the units."),
    ),
    "no_device": Words(lazy("The position does not say whose phone it is"), _APP_ID),
    "no_place": Words(lazy("A position without a place"), _PLACE),
    "invalid": Words(lazy("The tracker had no fix: the place is old or bad"), _PLACE),
    "off_map": Words(lazy("The place cannot be a phone's place on Earth"), _PLACE),
    "future": Words(lazy("The position's time is ahead of our clock"), _CLOCK),
    "too_old": Words(lazy("Too old to be taken"), _NOTHING_KEPT),
    "stale": Words(lazy("The position says itself that it holds no longer"), _NOTHING_KEPT),
    "by_hand": Words(
        lazy("The place was set by hand"), lazy("Turn the phone's own positioning on in its app.")
    ),
    "emergency": Words(
        lazy("An emergency in the TAK app: it is no alarm here"),
        lazy("Call the unit now. Alarms are given on the phone's page or with a transmitter."),
    ),
    "encrypted": Words(
        lazy("Encrypted by the phone's app itself: it cannot be read here"),
        lazy("Turn the app's own encryption off; the connection is encrypted all the same."),
    ),
    "unknown_camera": Words(
        lazy("Unknown camera"), lazy("Import the camera, or correct the name that it sends.")
    ),
    "camera_undocumented": Words(
        lazy("The camera has no written purpose or no documented balancing of interests"),
        _CAMERA_PAPERS,
    ),
    "faces_or_plates": Words(
        lazy("The camera told of faces, number plates or identities; nothing of it was kept"),
        lazy("Turn that function off in the camera: it is not allowed here."),
    ),
    "topic": Words(
        lazy("The camera's event has no topic that is taken"),
        lazy("Set the camera to send events (onvif-ej) under its own name."),
    ),
    "not_promoted": Words(lazy("Could not be read here"), _TELL),
}
UNKNOWN = Words("", _TELL)
