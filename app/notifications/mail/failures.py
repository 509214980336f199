"""What it means for a mail when the server refuses, does not answer, or is not who it should be."""

import re
import ssl
from collections.abc import Iterator
from contextlib import contextmanager

from aiosmtplib import (
    SMTPDataError,
    SMTPException,
    SMTPNotSupported,
    SMTPRecipientRefused,
    SMTPResponseException,
    SMTPSenderRefused,
)

from app.notifications.channel import DeliveryError, PermanentDeliveryError, TemporaryDeliveryError

# RFC 3463: the class, the subject and the detail.
_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b", re.ASCII)

# Refusals of this mail. What is refused ahead of it (the connection, the greeting, the password) does not concern it.
_OF_THE_MAIL: dict[type[SMTPResponseException], str] = {
    SMTPSenderRefused: "the sender was refused",
    SMTPRecipientRefused: "the recipient was refused",
    SMTPDataError: "the mail was refused",
}


OF_ONE_MAIL = tuple(_OF_THE_MAIL)

# Enhanced codes (RFC 3463) that concern all mails, whatever step they come at: of the sender, which is always ours
# (5.1.7, 5.1.8), of having sent too many (5.4.5), of what policy forbids (5.7).
_OF_THE_INSTALLATION = re.compile(r"5\.(?:1\.[78]|4\.5|7\.\d{1,3})", re.ASCII)


@contextmanager
def telling_failures() -> Iterator[None]:
    """Turn what goes wrong into what a channel raises."""
    try:
        yield
    except (SMTPException, OSError) as error:  # `TimeoutError` and `ssl.SSLError` are among the latter
        raise explain(error) from error


def explain(error: Exception) -> DeliveryError:
    """Return what becomes of a mail; nothing that the server wrote is told, for it may name the recipient."""
    match error:
        case SMTPResponseException():
            return _explain_reply(error)
        case SMTPNotSupported():
            return PermanentDeliveryError("the mail server takes no addresses beyond ASCII")
        case TimeoutError():
            return TemporaryDeliveryError("the mail server did not answer in time")
    if (tls_error := _find_tls_error(error)) is not None:
        return TemporaryDeliveryError(_describe_tls_error(tls_error))
    if isinstance(error, OSError):  # `SMTPServerDisconnected` and `SMTPConnectError` are such as well
        return TemporaryDeliveryError("the mail server is away, or closed the connection")
    # Without STARTTLS or AUTH, which were asked for.
    return TemporaryDeliveryError("the mail server does not offer what the settings ask for")


def _describe_tls_error(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate of the mail server is not valid: {error.verify_message}"
    return f"no TLS with the mail server: {error.reason or 'the handshake failed'}"


def _explain_reply(error: SMTPResponseException) -> DeliveryError:
    """Go by the first digit (RFC 5321, section 4.2.1).

    A refusal that concerns all mails is for administrators to mend, and must not cost those that wait meanwhile.
    """
    if error.code < 200:
        return TemporaryDeliveryError("the mail server answered what cannot be read")
    what = _OF_THE_MAIL.get(type(error))
    enhanced = _ENHANCED_CODE.match(error.message)
    code = f"{error.code} {enhanced.group()}" if enhanced else str(error.code)
    reason = f"{what or 'the mail server refused us'}: {code}"
    is_final = 500 <= error.code <= 599 and _concerns_the_mail(error, enhanced.group() if enhanced else "")
    return PermanentDeliveryError(reason) if is_final else TemporaryDeliveryError(reason)


def _concerns_the_mail(error: SMTPResponseException, enhanced_code: str) -> bool:
    """Return whether others may get through that come from the same sender and the same server."""
    is_of_one = isinstance(error, SMTPRecipientRefused | SMTPDataError)
    return is_of_one and not _OF_THE_INSTALLATION.fullmatch(enhanced_code)


def _find_tls_error(error: BaseException | None) -> ssl.SSLError | None:
    while error is not None:
        if isinstance(error, ssl.SSLError):
            return error
        error = error.__cause__
    return None
