"""A mail as a value, and as the bytes that go over the wire.

Header lines stay unfolded: folding writes a long token, such as the link of List-Unsubscribe, as encoded words, which
no mail program reads there. A line may have 998 characters (RFC 5322), ours stay far below.
"""

from dataclasses import dataclass
from datetime import datetime
from email.charset import BASE64, QP, Charset
from email.header import Header
from email.mime.multipart import MIMEMultipart
from email.mime.nonmultipart import MIMENonMultipart
from email.policy import SMTPUTF8, compat32
from email.utils import format_datetime, formataddr
from hashlib import sha256

# the older policy writes the same lines in half the time, but has no UTF-8 in them
UNFOLDED = compat32.clone(linesep="\r\n", max_line_length=None)
UNFOLDED_UTF8 = SMTPUTF8.clone(refold_source="none")


@dataclass(frozen=True, slots=True)
class Mail:
    """A message of plain text and HTML that one click ends (RFC 8058).

    The same value gives the same bytes. Names, subject and addresses are single lines.
    """

    sender_name: str
    sender: str
    recipient: str
    subject: str
    text: str
    html: str
    message_id: str
    date: datetime
    unsubscribe_url: str

    @property
    def needs_utf8(self) -> bool:
        """Whether an address has letters that only SMTPUTF8 (RFC 6531) can carry."""
        return not (self.sender + self.recipient).isascii()

    def as_bytes(self) -> bytes:
        return self._message().as_bytes(policy=UNFOLDED_UTF8 if self.needs_utf8 else UNFOLDED)

    def _message(self) -> MIMEMultipart:
        boundary = sha256(self.message_id.encode()).hexdigest()
        message = MIMEMultipart("alternative", boundary=boundary)
        message["Subject"] = Header(self.subject, header_name="Subject").encode()
        message["From"] = formataddr((self.sender_name, self.sender))
        message["To"] = self.recipient
        message["Date"] = format_datetime(self.date)
        message["Message-ID"] = self.message_id
        message["List-Unsubscribe"] = f"<{self.unsubscribe_url}>"
        message["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        for content, kind in ((self.text, "plain"), (self.html, "html")):
            part = MIMENonMultipart("text", kind)
            part.set_payload(content, _charset_of(content))
            message.attach(part)
        return message


def _charset_of(content: str) -> Charset:
    """UTF-8, readable in the source where most of it is ASCII."""
    charset = Charset("utf-8")
    charset.body_encoding = QP if len(content.encode()) < 1.2 * len(content) else BASE64
    return charset
