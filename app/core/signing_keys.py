"""The ES256 key pair that signs access tokens: made once, kept in a file that only its owner can read."""

import os
import secrets
import stat
from pathlib import Path

import structlog
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.core.settings import SettingsError

OWNER_ONLY = 0o600

# A P-256 key takes some 240 bytes in PEM; whatever is much larger is no key and need not be read.
MAX_KEY_FILE_BYTES = 16_384

log = structlog.stdlib.get_logger(__name__)


def generate_signing_key(path: Path) -> None:
    """Write a new P-256 private key (PEM, PKCS #8) to a file that did not exist before.

    The file appears complete or not at all. Raises `FileExistsError` when there is one already: replacing a
    key ends every session. Raises another `OSError` when it cannot be written.
    """
    pem = ec.generate_private_key(ec.SECP256R1()).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY)
        with os.fdopen(descriptor, "wb") as file:
            file.write(pem)
            file.flush()
            os.fsync(descriptor)
        path.hardlink_to(unfinished)  # unlike a rename, this refuses to replace a file
    finally:
        unfinished.unlink(missing_ok=True)


def refuse_foreign_writers(path: Path) -> None:
    """Raise `SettingsError` when others than the owner may exchange the key, and thereby sign in as anybody."""
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
    except OSError as error:
        raise SettingsError(f"the signing key {path} cannot be read: {error.strerror}") from None
    if mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise SettingsError(f"the signing key {path} may be written by others than its owner (chmod go-w {path})")


def load_signing_key(path: Path) -> str:
    """The private key in the file as PEM text; raises `SettingsError` when it is none that can sign ES256."""
    pem = _read(path)
    try:
        key = load_pem_private_key(pem, password=None)
        text = pem.decode("ascii")
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise SettingsError(f"the signing key {path} is not an unencrypted private key in PEM") from None
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not isinstance(key.curve, ec.SECP256R1):
        raise SettingsError(f"the signing key {path} is not on the curve P-256, which ES256 needs")
    return text


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            pem = file.read(MAX_KEY_FILE_BYTES)
    except OSError as error:
        raise SettingsError(f"the signing key {path} cannot be read: {error.strerror}") from None
    # Kubernetes lets the group of the process read what it mounts.
    if mode & stat.S_IRWXO or mode & stat.S_IWGRP:
        log.warning("signing key is accessible to others", path=str(path), mode=f"{mode:04o}")
    return pem
