"""The CRC against another's, and the deviations against frames that panels sent."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from siadc09.util import crc as their_crc

from narvaro.intake.formats.dc09_crc import FORMS, crc16, find_fault

# Published logs of one make's panels, three firmwares: the body, and the CRC that was sent with it.
WITH_CR = [
    (0xF19A, b'"ADM-CID"0056L9999#9999[#9999|1900 00 001]'),
    (0x367B, b'"ADM-CID"0058L9999#9999[#9999|1900 00 001]'),
    (0xF6EA, b'"ADM-CID"0059L9999#9999[#9999|1900 00 001]'),
    (0x58DE, b'"ADM-CID"0061L9999#9999[#9999|1602 00 001]'),
    (0xAA1A, b'"ADM-CID"0227R4F39L4F39#4F39[#4F39|3401 01 057]'),
    (0x155A, b'"ADM-CID"0228R4F39L4F39#4F39[#4F39|3401 01 057]'),
    (0xC89B, b'"ADM-CID"0229R4F39L4F39#4F39[#4F39|3401 01 057]'),
    (0xBCD3, b'"ADM-CID"1533L0#4F39[#4F39|1412 00 000]'),
    (0xFCDF, b'"ADM-CID"1534L0#4F39[#4F39|1412 00 000]'),
]


@given(st.binary(max_size=300))
def test_crc_is_another_codecs(body: bytes) -> None:
    """Odd and even lengths, zeros in front included."""
    assert crc16(body) == their_crc(body)


@pytest.mark.parametrize(("crc", "body"), WITH_CR)
def test_panels_that_count_the_carriage_return(crc: int, body: bytes) -> None:
    """Their CRC is right over the body with its CR, and is taken with the account's flag alone."""
    assert crc16(body + b"\r") == crc
    sent = b"%04X" % crc
    assert find_fault(sent, len(body) + 1, body, ("crc_with_cr",)) is None
    assert find_fault(sent, len(body) + 1, body, ()) == "length"
    assert find_fault(sent, len(body), body, ("crc_with_cr",)) == "crc"


@given(st.binary(min_size=1, max_size=60), st.integers(0, 0xFFFF), st.integers(0, 70))
def test_flags_allow_no_other_crc(body: bytes, crc: int, length: int) -> None:
    """With every flag set a wrong CRC or length is still found."""
    flags = [flag for flag, _, _ in FORMS]
    forms = [
        (width, len(body) + len(counted), crc16(body + counted)) for _, width, counted in FORMS
    ]
    for sent in (b"%04x" % crc, crc.to_bytes(2)):
        right = (len(sent), length, crc) in forms
        assert (find_fault(sent, length, body, flags) is None) is right


def test_standard_form_is_taken_from_every_account() -> None:
    """A panel that deviates in one kind of frame is right in the others."""
    body = b'"NULL"0000L0#1234[]'
    for flags in ((), ("crc_with_cr",), ("crc_binary",), ("ignore_time",)):
        assert find_fault(b"%04x" % crc16(body), len(body), body, flags) is None
