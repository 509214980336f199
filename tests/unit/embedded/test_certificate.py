"""The certificate of a gateway on a laptop: made once, and anew when it no longer fits."""

import ssl
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509

from app.embedded.certificate import ensure_certificate
from tests.fakes.clock import FakeClock

HOSTS = ["localhost", "127.0.0.1", "::1"]


class TestACertificate:
    def test_names_hosts_and_addresses_and_goes_with_its_key(self, tmp_path: Path) -> None:
        files = ensure_certificate(tmp_path, HOSTS, FakeClock())
        certificate = x509.load_pem_x509_certificate(files.certificate.read_bytes())
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        assert names.get_values_for_type(x509.DNSName) == ["localhost"]
        assert [str(address) for address in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1", "::1"]
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)

    def test_is_readable_for_its_owner_alone(self, tmp_path: Path) -> None:
        files = ensure_certificate(tmp_path, HOSTS, FakeClock())
        assert files.key.stat().st_mode & 0o077 == 0

    def test_stays_the_same_from_start_to_start(self, tmp_path: Path) -> None:
        clock = FakeClock()
        before = ensure_certificate(tmp_path, HOSTS, clock).certificate.read_bytes()
        assert ensure_certificate(tmp_path, HOSTS, clock).certificate.read_bytes() == before

    @pytest.mark.parametrize(
        ("hosts", "later"),
        [(["127.0.0.1"], timedelta(0)), (HOSTS, timedelta(days=380)), (HOSTS, timedelta(days=900))],
    )
    def test_is_made_anew_for_other_hosts_and_ahead_of_its_end(
        self, hosts: list[str], later: timedelta, tmp_path: Path
    ) -> None:
        clock = FakeClock()
        before = ensure_certificate(tmp_path, HOSTS, clock).certificate.read_bytes()
        clock.advance(later.total_seconds())
        files = ensure_certificate(tmp_path, hosts, clock)
        assert files.certificate.read_bytes() != before
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(files.certificate, files.key)

    @pytest.mark.parametrize("damage", ["", "no certificate"])
    def test_is_made_anew_when_it_is_damaged(self, damage: str, tmp_path: Path) -> None:
        files = ensure_certificate(tmp_path, HOSTS, FakeClock())
        files.certificate.write_text(damage)
        ensure_certificate(tmp_path, HOSTS, FakeClock())
        assert files.certificate.read_text().startswith("-----BEGIN CERTIFICATE-----")
