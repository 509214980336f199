"""The channel of mails: one letter to the account's address, handed over to the mail server."""

from typing import ClassVar
from uuid import UUID

from aiosmtplib import SMTP, SMTPNotSupported, SMTPResponseException

from app.core.errors import UnauthenticatedError
from app.data.changes import Change
from app.data.store import Store
from app.notifications.channel import Message, Recipient
from app.notifications.kinds import ChannelName, kind_of
from app.notifications.mail.connections import MailConnections
from app.notifications.mail.failures import OF_ONE_MAIL, telling_failures
from app.notifications.mail.letters import Letter, Letters
from app.notifications.mail.unsubscribe_token import STOPPABLE_KINDS, UnsubscribeToken, make_unsubscribe_key
from app.notifications.preference_repository import PreferenceRepository


class MailChannel:
    """Implements `Channel`."""

    name: ClassVar[ChannelName] = "email"

    def __init__(self, store: Store, letters: Letters, connections: MailConnections) -> None:
        self._changes = store.changes.of_content()
        self._clock = store.clock
        self._preferences = PreferenceRepository(store.database)
        self._letters = letters
        self._connections = connections

    async def addresses_of(self, user_id: UUID, email: str | None) -> tuple[str, ...]:  # noqa: ARG002 - `Channel`
        """Return one address without a name of its own: that which the account has when the mail goes out."""
        return () if email is None else ("",)

    async def deliver(self, message: Message, recipient: Recipient) -> None:
        """Hand a letter over to the mail server.

        Nothing is sent to an account that has no address by now, or wants no such mails any more.
        Raises `TemporaryDeliveryError` or `PermanentDeliveryError`, `ServiceUnavailableError` if it was not tried.
        """
        if recipient.email is None:
            return
        kind, token = kind_of(message.occasion), None
        if kind in STOPPABLE_KINDS:
            preferences = await self._preferences.find(recipient.user_id)
            if self.name not in preferences.channels_for(kind):
                return
            key = preferences.unsubscribe_key or await self._make_key(recipient.user_id)
            if key is None:
                return
            token = UnsubscribeToken.mint(recipient.user_id, kind, key)
        letter = self._letters.write(message, recipient, recipient.email, token, self._clock.now())
        with telling_failures():
            await self._send(letter)

    async def _make_key(self, user_id: UUID) -> bytes | None:
        """Give the user a key, in a change so that none is left of an account that is being erased; None if it is."""

        async def make(change: Change) -> bytes:
            preferences = await self._preferences.find(user_id, change.session)
            if preferences.unsubscribe_key is not None:
                return preferences.unsubscribe_key
            key = make_unsubscribe_key()
            await self._preferences.add_unsubscribe_key(change, key)
            change.keep()  # nothing that the user sees
            return key

        try:
            return await self._changes.run(user_id, make)
        except UnauthenticatedError:
            return None

    async def _send(self, letter: Letter) -> None:
        refusal: SMTPResponseException | None = None
        async with self._connections.borrow() as client:
            try:
                await _transfer(client, letter)
            except OF_ONE_MAIL as error:  # the connection is as good as before
                refusal = error
        if refusal is not None:
            raise refusal


async def _transfer(client: SMTP, letter: Letter) -> None:
    options: list[str] = []
    if letter.is_international:
        if client.is_ehlo_or_helo_needed:
            await client.ehlo()
        if not client.supports_extension("smtputf8"):
            raise SMTPNotSupported("SMTPUTF8")
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    encoding = "utf-8" if letter.is_international else "ascii"
    await client.mail(letter.sender, options=options, encoding=encoding)
    await client.rcpt(letter.recipient, encoding=encoding)
    await client.data(letter.content)
