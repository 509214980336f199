"""The collections of this feature; the outbox is shared, and declared in `app.data.outbox`."""

from datetime import timedelta

from app.data.collections import CollectionSpec, Index

# What nobody has looked at in a season nobody will.
NOTICE_LIFETIME = timedelta(days=90)

NOTIFICATIONS = CollectionSpec(
    name="notifications",
    shard_key="user_id",
    indexes=(
        Index("newest", [("user_id", 1), ("created_at", -1), ("_id", -1)]),
        Index(
            "unread",
            # The flag is part of it so that counting reads no document.
            [("user_id", 1), ("is_unread", 1), ("created_at", -1), ("_id", -1)],
            partial_filter={"is_unread": True},
        ),
        Index("expiry", [("created_at", 1)], expires_after=NOTICE_LIFETIME),
    ),
)

# The id is that of the user, so that there is never a second one.
NOTIFICATION_SETTINGS = CollectionSpec(name="notification_settings", shard_key="user_id")

# The id is derived from user and endpoint, for the same reason.
PUSH_SUBSCRIPTIONS = CollectionSpec(
    name="push_subscriptions",
    shard_key="user_id",
    indexes=(
        Index("user_newest", [("user_id", 1), ("created_at", -1), ("_id", -1)]),
        # A session that was renewed as long as it may be takes its subscriptions with it; one that ends earlier has
        # them removed when there is something to push.
        Index("expiry", [("ends_at", 1)], options={"expireAfterSeconds": 0}),
    ),
)
