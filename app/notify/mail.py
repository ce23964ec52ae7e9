"""A message to a mail server: SMTP with TLS by the standard library."""

from __future__ import annotations

import smtplib
import ssl
from dataclasses import dataclass
from email.message import EmailMessage
from email.utils import format_datetime, formataddr, parseaddr

from app.domain.messages import Mail, MailRefused, MailUndelivered

TIMEOUT = 20
"""Seconds for each step of the conversation with the server."""


@dataclass(frozen=True, slots=True)
class Smtp:
    """A mail server. ``security``: ``starttls`` (refused where the server offers none), ``tls`` from the first byte, or
    ``none``, for a server on this machine. Certificates are always checked."""

    host: str
    port: int
    security: str
    sender: str
    user: str = ""
    password: str = ""
    trusted: ssl.SSLContext | None = None
    timeout: float = TIMEOUT

    def send(self, mail: Mail) -> None:
        """Hand one mail over. Raises ``MailRefused`` where trying again is no use, ``MailUndelivered`` where it may be."""
        try:
            message = _compose(mail, self.sender)
        except ValueError as error:
            raise MailRefused(f"邮件的收件人或者标题含有不允许的字符：{error}") from error
        try:
            with self._connect() as server:
                if self.user:
                    server.login(self.user, self.password)
                server.send_message(message)
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            raise _failure(code, f"收件人被拒：{code} {_words(answer)}") from error
        except smtplib.SMTPAuthenticationError as error:
            # A wrong password is mended by a person, and then the mail shall still go out.
            raise MailUndelivered(f"邮件服务器拒绝登录：{error.smtp_code} {_words(error.smtp_error)}") from error
        except smtplib.SMTPResponseException as error:
            raise _failure(error.smtp_code, f"邮件服务器拒绝：{error.smtp_code} {_words(error.smtp_error)}") from error
        except ssl.SSLError as error:
            raise MailUndelivered(f"与邮件服务器的加密连接失败：{error.reason or error}") from error
        except (OSError, smtplib.SMTPException) as error:
            raise MailUndelivered(f"连接不到邮件服务器：{error}") from error

    def _connect(self) -> smtplib.SMTP:
        if self.security == "tls":
            return smtplib.SMTP_SSL(self.host, self.port, timeout=self.timeout, context=self._context())
        server = smtplib.SMTP(self.host, self.port, timeout=self.timeout)
        if self.security == "starttls":
            try:
                server.starttls(context=self._context())
            except BaseException:
                server.close()
                raise
        return server

    def _context(self) -> ssl.SSLContext:
        """Made only where it is used: reading the system's authorities takes longer than handing over a mail."""
        return self.trusted or ssl.create_default_context()


def _compose(mail: Mail, sender: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = formataddr(parseaddr(sender))
    message["To"] = mail.recipient
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(mail.created_at)
    message["Message-ID"] = f"<{mail.id}@{parseaddr(sender)[1].rpartition('@')[2] or 'localhost'}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.text)
    if mail.html:
        message.add_alternative(mail.html, subtype="html")
    if mail.calendar:
        # An attachment and no alternative: an alternative of this type is an invitation, which asks for an answer.
        calendar = mail.calendar.encode("utf-8")
        message.add_attachment(
            calendar, maintype="text", subtype="calendar", filename="reminders.ics", params={"charset": "utf-8"}
        )
    return message


def _failure(code: int, why: str) -> MailRefused | MailUndelivered:
    """5xx is the server's last word (RFC 5321 §4.2.1), 4xx asks to come again."""
    return MailRefused(why) if 500 <= code < 600 else MailUndelivered(why)


def _words(answer: bytes | str) -> str:
    return (answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer)[:300]
