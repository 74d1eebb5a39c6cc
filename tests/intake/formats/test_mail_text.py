"""The text of mails: what is preferred, what is broken, what is left out."""

from hypothesis import given
from hypothesis import strategies as st

from narvaro.intake.formats.mail_template import MAX_TEXT
from narvaro.intake.formats.mail_text import read_mail


def test_text_is_bounded_and_says_so() -> None:
    """A mail of any length gives 10,000 signs at most."""
    found = read_mail(b"Subject: x\r\n\r\n" + b"line of a mail\r\n" * 5000)
    assert sum(len(one) for one in found.lines) <= MAX_TEXT
    assert found.is_cut
    assert not read_mail(b"Subject: x\r\n\r\nshort").is_cut


def test_wrong_charset_is_read_as_near_as_may_be() -> None:
    """A name that is unknown or untrue does not lose the text."""
    head = b"Content-Type: text/plain; charset=%b\r\n\r\n"
    assert read_mail(head % b"x-none" + "kök".encode()).lines == ("kök",)
    assert read_mail(head % b"utf-8" + "kök".encode("cp1252")).lines == ("kök",)
    assert read_mail(head % b"iso-8859-1" + "5 \u20ac".encode("cp1252")).lines == ("5 €",)
    assert read_mail(head % b"utf-16" + b"k\xf6k").lines == ("kök",)


def test_attached_text_and_forwarded_mails_are_not_read() -> None:
    """Only the mail's own text is; the rest is counted."""
    raw = (
        b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
        b"--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment\r\n\r\nattached\r\n"
        b"--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ninner\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nown\r\n--b--\r\n"
    )
    found = read_mail(raw)
    assert found.lines == ("own",)
    assert found.attachments == 2


def test_html_gives_a_line_for_each_row() -> None:
    """Cells stand beside each other; styles, scripts and broken markup are no text."""
    page = b"<td>A:</td><td>1</td><tr><td>B</td><p>C<br>D<style>x{}</style><![oops &amp; <b>E"
    found = read_mail(b"Content-Type: text/html\r\n\r\n" + page)
    assert found.lines[:4] == ("A: 1", "B", "C", "D")


def test_deep_and_crowded_mails_end() -> None:
    """Nesting and many parts are bounded."""
    deep = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(400)
    )
    assert read_mail(deep).subject == ""
    parts = b"--b\r\nContent-Type: image/png\r\n\r\nx\r\n" * 2000
    many = read_mail(b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + parts)
    assert many.attachments == 2000


@given(st.binary(max_size=300))
def test_any_bytes_are_a_mail(raw: bytes) -> None:
    """Nothing that is sent raises, and no line holds control signs."""
    for head in (b"", b"Subject: ", b"Date: ", b"Content-Type: ", b"Content-Type: text/html\r\n\r\n",
                 b"Content-Transfer-Encoding: base64\r\n\r\n"):  # fmt: skip
        found = read_mail(head + raw)
        assert all(one.isprintable() for one in (found.subject, *found.lines))
