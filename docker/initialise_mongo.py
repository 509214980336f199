"""Makes sets, users and a sharded cluster of MongoDB servers that run; it may be run again, and does what is missing.

    initialise_mongo.py set taskfleet/mongo:27017
    initialise_mongo.py cluster mongos:27017 config/config:27017 taskfleet/mongo:27017 shard-2/shard-2:27017

`set` makes one replica set and its users; `cluster` makes the sets, users on the first of them, that of the config
servers, and shards of the others through the mongos. Passwords become those of the files in `SECRETS` (/run/secrets).
"""

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

Client = MongoClient[dict[str, Any]]

# MongoDB's error codes (src/mongo/base/error_codes.yml).
AUTHENTICATION_FAILED = 18
NOT_YET_INITIALIZED = 94

# A server reads its journal after a crash, a new primary is elected 10 s after the last one, a mongos waits for both.
PATIENCE_SECONDS = float(os.environ.get("PATIENCE_SECONDS", "120"))
ATTEMPT_MS = 2_000

DATABASE = "taskfleet"
READ_AND_WRITE = {"role": "readWrite", "db": DATABASE}
# docs/operations.md, "Sharded clusters", says what each may do.
ROLES = {
    "admin": [{"role": "root", "db": "admin"}],
    "taskfleet": [READ_AND_WRITE],
    "taskfleet-migrate": [READ_AND_WRITE, {"role": "clusterManager", "db": "admin"}],
}


class InitialisationError(Exception):
    """What the operator has to mend, in one line."""


def main(arguments: list[str]) -> None:
    """Do what the arguments say; raises `InitialisationError`."""
    secrets = Path(os.environ.get("SECRETS", "/run/secrets"))
    match arguments:
        case ["set", description]:
            server = make_set(description, secrets)
            refuse_a_shard_by_itself(server, description)
            make_users(server, secrets)
        case ["cluster", router, config, *shards] if shards:
            config_server = make_set(config, secrets)
            for description in shards:
                make_set(description, secrets)
            make_users(config_server, secrets)
            add_shards(router, shards, secrets)
        case _:
            raise InitialisationError("usage: set NAME/HOST:PORT | cluster MONGOS NAME/HOST:PORT NAME/HOST:PORT...")


def make_set(description: str, secrets: Path) -> Client:
    """Initiate a set, `name/host:port,host:port`, unless it is one, and return a client of its primary."""
    name, _, addresses = description.partition("/")
    hosts = addresses.split(",")
    first = as_server(hosts[0], secrets)
    retry(f"{name}: an answer of {hosts[0]}", lambda: first.admin.command("hello"))
    try:
        first.admin.command("replSetGetStatus")
    except OperationFailure as error:
        if error.code != NOT_YET_INITIALIZED:
            raise
        members = [{"_id": number, "host": host} for number, host in enumerate(hosts)]
        first.admin.command("replSetInitiate", {"_id": name, "members": members})
        print(f"{name}: {len(members)} members are a set")
    primary = as_server(retry(f"{name}: a primary", lambda: first.admin.command("hello").get("primary")), secrets)
    # Once elected, it first catches up, and refuses changes until it has.
    retry(f"{name}: a primary that takes changes", lambda: primary.admin.command("hello")["isWritablePrimary"])
    return primary


def refuse_a_shard_by_itself(server: Client, description: str) -> None:
    """Raise where a shard runs without its cluster: mongod only warns, and nobody would ever merge what it takes."""
    is_shard = server.admin["system.version"].find_one({"_id": "shardIdentity"}) is not None
    options = server.admin.command("getCmdLineOpts")["parsed"]
    if is_shard and options.get("sharding", {}).get("clusterRole") != "shardsvr":
        raise InitialisationError(
            f"{description} is a shard of a cluster, and was started without it:"
            " go on with --profile sharded --env-file docker/sharded.env"
        )


def make_users(server: Client, secrets: Path) -> None:
    """Give every account its password and its roles."""
    for user, roles in ROLES.items():
        password = read_secret(secrets / f"{user}-password")
        known = server.admin.command("usersInfo", user)["users"]
        server.admin.command("updateUser" if known else "createUser", user, pwd=password, roles=roles)
        print(f"{user}: the account is as it should be")


def add_shards(router: str, shards: list[str], secrets: Path) -> None:
    """Add the sets that are no shards yet."""
    password = read_secret(secrets / "admin-password")
    client: Client = MongoClient(
        f"mongodb://{router}/", username="admin", password=password, serverSelectionTimeoutMS=ATTEMPT_MS
    )
    listing = retry("mongos", lambda: client.admin.command("listShards"))
    known = {shard["_id"] for shard in listing["shards"]}
    for description in shards:
        name = description.partition("/")[0]
        if name not in known:
            client.admin.command("addShard", description, name=name)
            print(f"{name}: is a shard")


def as_server(address: str, secrets: Path) -> Client:
    """Return a client that comes in as a server of the cluster would: before there is any user, nobody else can."""
    key = "".join(read_secret(secrets / "keyfile").split())
    return MongoClient(
        f"mongodb://{address}/",
        username="__system",
        password=key,
        authSource="local",
        directConnection=True,
        serverSelectionTimeoutMS=ATTEMPT_MS,
    )


def read_secret(path: Path) -> str:
    """Return what a file holds, without the end of its line."""
    try:
        return path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise InitialisationError(f"{path} cannot be read: {error.strerror}") from None


def retry(what: str, attempt: Callable[[], Any]) -> Any:
    """Return the first answer that is not empty; give up after a while, and at once where a password is wrong."""
    end = time.monotonic() + PATIENCE_SECONDS
    while True:
        reason = "it is not there yet"
        try:
            if answer := attempt():
                return answer
        except OperationFailure as error:
            if error.code == AUTHENTICATION_FAILED:
                raise InitialisationError(f"{what}: the key or the password is not the one of the servers") from None
            reason = str(error).partition(", full error")[0]
        except PyMongoError as error:
            reason = str(error).partition(", Timeout")[0]
        if time.monotonic() > end:
            raise InitialisationError(f"{what} takes too long: {reason}")
        time.sleep(0.5)


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InitialisationError as failure:
        sys.exit(f"initialise_mongo.py: {failure}")
    except PyMongoError as failure:
        sys.exit(f"initialise_mongo.py: MongoDB: {str(failure).partition(', full error')[0]}")
