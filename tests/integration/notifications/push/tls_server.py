"""A TLS server with a certificate for one name, which keeps what it is asked under which name."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from app.core.clock import SystemClock


@dataclass
class TlsServer:
    """What reached it: names in handshakes (SNI), the headers `Host` and `Cookie`, addresses connected to."""

    port: int = 0
    names: list[str | None] = field(default_factory=list)
    hosts: list[str] = field(default_factory=list)
    addresses: list[str] = field(default_factory=list)
    cookies: list[str] = field(default_factory=list)
    answer_headers: bytes = b""
    trust: ssl.SSLContext = field(default_factory=lambda: ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))

    async def answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.addresses.append(writer.get_extra_info("sockname")[0])
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                lines = head.decode().split("\r\n")
                self.hosts += [line.partition(": ")[2] for line in lines if line.lower().startswith("host:")]
                self.cookies += [line for line in lines if line.lower().startswith("cookie:")]
                writer.write(b"HTTP/1.1 201 Created\r\nContent-Length: 0\r\n" + self.answer_headers + b"\r\n")
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


@asynccontextmanager
async def serve_tls(directory: Path, name: str) -> AsyncIterator[TlsServer]:
    """Serve at 127.0.0.1 and 127.0.0.2, both of this machine, as `name`; `server.trust` trusts the certificate."""
    certificate, key = directory / "tls.crt", directory / "tls.key"
    _make_certificate(certificate, key, name)
    server = TlsServer()
    server.trust.load_verify_locations(certificate)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    context.sni_callback = lambda _socket, asked, _context: server.names.append(asked)
    first = await asyncio.start_server(server.answer, "127.0.0.1", 0, ssl=context)
    server.port = first.sockets[0].getsockname()[1]
    second = await asyncio.start_server(server.answer, "127.0.0.2", server.port, ssl=context)
    async with first, second:
        yield server


def _make_certificate(certificate: Path, key_file: Path, name: str) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = SystemClock().now()
    signed = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    certificate.write_bytes(signed.public_bytes(Encoding.PEM))
    key_file.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
