"""What goes in and out of the routes of subscriptions."""

from typing import Annotated

from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from app.api.schemas import Id, Instant, StrictModel
from app.notifications.push.base64url import decode_base64url
from app.notifications.push.encryption import BrowserKeys
from app.notifications.push.endpoints import MAX_ENDPOINT_LENGTH

# An uncompressed point on P-256 and a secret (RFC 8291, section 3.1), and the longest texts that hold them.
_POINT_BYTES = 65
_SECRET_BYTES = 16
_MAX_KEY_LENGTH = 96

_EXAMPLE_ENDPOINT = "https://push.example.com/send/9f1a6d0c"


def _check_point(text: str) -> str:
    point = decode_base64url(text)
    if len(point) != _POINT_BYTES:
        raise ValueError("must be an uncompressed point of 65 bytes")
    try:
        ec.EllipticCurvePublicKey.from_encoded_point(ec.SECP256R1(), point)
    except ValueError:
        raise ValueError("must be a point on the curve P-256") from None
    return text


def _check_secret(text: str) -> str:
    if len(decode_base64url(text)) != _SECRET_BYTES:
        raise ValueError("must be a secret of 16 bytes")
    return text


EndpointText = Annotated[str, Field(min_length=1, max_length=MAX_ENDPOINT_LENGTH, examples=[_EXAMPLE_ENDPOINT])]


class SubscriptionKeys(StrictModel):
    """The keys that a browser has made for a subscription, in base64url."""

    p256dh: Annotated[
        str,
        AfterValidator(_check_point),
        Field(
            max_length=_MAX_KEY_LENGTH,
            description="A public key: an uncompressed point on P-256",
            examples=["BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"],
        ),
    ]
    auth: Annotated[
        str,
        AfterValidator(_check_secret),
        Field(max_length=_MAX_KEY_LENGTH, description="A secret of 16 bytes", examples=["BTBZMqHH6r4Tts7J_aSIgg"]),
    ]


class SubscriptionDraft(StrictModel):
    """A browser's `PushSubscription`, as its `toJSON()` gives it."""

    # Its name is the browser's.
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=False)

    endpoint: EndpointText
    expiration_time: Annotated[
        float | None,
        Field(alias="expirationTime", description="Passed over: the push service tells when it is over"),
    ] = None
    keys: SubscriptionKeys

    def to_keys(self) -> BrowserKeys:
        """Return the keys as bytes."""
        return BrowserKeys(decode_base64url(self.keys.p256dh), decode_base64url(self.keys.auth))


class SubscriptionOut(BaseModel):
    """A browser that pushes go to."""

    id: Id
    endpoint: EndpointText
    created_at: Instant
    user_agent: Annotated[str, Field(examples=["Mozilla/5.0 (X11; Linux x86_64)"])]


class SubscriptionList(BaseModel):
    """The browsers that pushes go to, the newest first."""

    items: list[SubscriptionOut]


class SubscriptionChoice(BaseModel):
    """Which subscriptions to remove."""

    model_config = ConfigDict(extra="forbid")

    endpoint: Annotated[EndpointText | None, Field(description="This one alone; otherwise all")] = None


class PublicKeyOut(BaseModel):
    """The key that browsers subscribe with."""

    public_key: Annotated[
        str,
        Field(
            description="`applicationServerKey` of `PushManager.subscribe()`: a point on P-256, in base64url",
            examples=["BGsX0fLhLEJH-Lzm5WOkQPJ3A32BLeszoPShOUXYmMKWT-NC4v4af5uO5-tKfA-eFivOM1drMV7Oy7ZAaDe_UfU"],
        ),
    ]
