"""A self-signed certificate for a laptop, as browsers and curl want it: with the names in `subjectAltName`."""

import datetime
import ipaddress
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, EllipticCurvePrivateKey, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.core.clock import Clock
from app.embedded.data_directory import OWNER_ONLY_FILE

# Apple's bound for certificates of servers, which other browsers followed.
_LIFETIME = datetime.timedelta(days=397)
# One that ends soon is replaced at the next start.
_RENEWED_BEFORE_END = datetime.timedelta(days=30)
# Clocks of machines differ.
_BACKDATED = datetime.timedelta(hours=1)


@dataclass(frozen=True)
class CertificateFiles:
    """Where a certificate and its private key are, as PEM."""

    certificate: Path
    key: Path


def ensure_certificate(directory: Path, hosts: Sequence[str], clock: Clock) -> CertificateFiles:
    """Return a certificate for these hosts, kept in the directory and made anew when it no longer fits.

    It does not change from start to start, so that an exception which somebody made for it in a browser stays good.
    Raises `OSError`.
    """
    files = CertificateFiles(directory / "certificate.pem", directory / "certificate-key.pem")
    if not _still_fits(files, hosts, clock):
        key = generate_private_key(SECP256R1())
        _write(files.key, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        _write(files.certificate, _sign(key, hosts, clock.now()).public_bytes(Encoding.PEM))
    return files


def _still_fits(files: CertificateFiles, hosts: Sequence[str], clock: Clock) -> bool:
    if not files.key.exists():
        return False
    try:
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound):
        return False
    ends_late_enough = clock.now() + _RENEWED_BEFORE_END < certificate.not_valid_after_utc
    return ends_late_enough and list(names) == [_general_name(host) for host in hosts]


def _sign(key: EllipticCurvePrivateKey, hosts: Sequence[str], now: datetime.datetime) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Taskfleet on this machine")])
    names = x509.SubjectAlternativeName([_general_name(host) for host in hosts])
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _BACKDATED)
        .not_valid_after(now + _LIFETIME)
        .add_extension(names, critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(key, SHA256())
    )


def _general_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _write(file: Path, content: bytes) -> None:
    """Replace a file at once, readable for its owner alone."""
    unfinished = file.with_suffix(".new")
    unfinished.unlink(missing_ok=True)
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, OWNER_ONLY_FILE)
    with os.fdopen(descriptor, "wb") as output:
        output.write(content)
    unfinished.replace(file)
