"""The key file that signs access tokens."""

import os
import stat
from pathlib import Path

import pytest
import structlog
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from app.core.settings import SettingsError
from app.core.signing_keys import generate_signing_key, load_signing_key, refuse_foreign_writers


class TestANewKey:
    def test_is_an_es256_key_that_loads(self, tmp_path: Path) -> None:
        generate_signing_key(tmp_path / "key.pem")
        key = load_pem_private_key(load_signing_key(tmp_path / "key.pem").encode(), password=None)
        assert isinstance(key, ec.EllipticCurvePrivateKey)
        assert key.curve.name == "secp256r1"

    def test_is_readable_by_its_owner_alone_whatever_the_umask(self, tmp_path: Path) -> None:
        before = os.umask(0)
        try:
            generate_signing_key(tmp_path / "key.pem")
        finally:
            os.umask(before)
        assert stat.S_IMODE((tmp_path / "key.pem").stat().st_mode) == 0o600

    def test_never_replaces_a_file(self, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        path.write_text("precious", encoding="ascii")
        with pytest.raises(FileExistsError):
            generate_signing_key(path)
        assert path.read_text(encoding="ascii") == "precious"

    def test_leaves_nothing_beside_it(self, tmp_path: Path) -> None:
        generate_signing_key(tmp_path / "key.pem")
        with pytest.raises(FileExistsError):
            generate_signing_key(tmp_path / "key.pem")
        assert [path.name for path in tmp_path.iterdir()] == ["key.pem"]


class TestAFileThatCannotSign:
    def write(self, directory: Path, key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> Path:
        path = directory / "key.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.chmod(0o600)
        return path

    def refuse(self, path: Path) -> str:
        with pytest.raises(SettingsError) as caught:
            load_signing_key(path)
        assert str(path) in str(caught.value)
        assert "\n" not in str(caught.value)
        return str(caught.value)

    def test_because_it_is_not_there(self, tmp_path: Path) -> None:
        assert self.refuse(tmp_path / "gone.pem").endswith("cannot be read: No such file or directory")

    def test_because_it_is_a_directory(self, tmp_path: Path) -> None:
        assert self.refuse(tmp_path).endswith("cannot be read: Is a directory")

    @pytest.mark.parametrize("content", [b"", b"no key", b"\xff\xfe", b"-----BEGIN PRIVATE KEY-----\n"])
    def test_because_it_holds_no_key(self, tmp_path: Path, content: bytes) -> None:
        path = tmp_path / "key.pem"
        path.write_bytes(content)
        assert self.refuse(path).endswith("is not an unencrypted private key in PEM")

    def test_because_it_is_encrypted(self, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        key = ec.generate_private_key(ec.SECP256R1())
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")))
        assert self.refuse(path).endswith("is not an unencrypted private key in PEM")

    def test_because_it_is_of_another_curve(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, ec.generate_private_key(ec.SECP384R1()))
        assert self.refuse(path).endswith("is not on the curve P-256, which ES256 needs")

    def test_because_it_is_of_another_kind(self, tmp_path: Path) -> None:
        path = self.write(tmp_path, rsa.generate_private_key(65537, 2048))
        assert self.refuse(path).endswith("is not on the curve P-256, which ES256 needs")


class TestAFileThatOthersCanRead:
    @pytest.mark.parametrize("mode", [0o644, 0o604, 0o620])
    def test_is_used_with_a_warning(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "key.pem"
        generate_signing_key(path)
        path.chmod(mode)
        with structlog.testing.capture_logs() as logs:
            load_signing_key(path)
        assert logs == [
            {
                "event": "signing key is accessible to others",
                "log_level": "warning",
                "path": str(path),
                "mode": f"{mode:04o}",
            }
        ]

    @pytest.mark.parametrize("mode", [0o600, 0o400, 0o440])
    def test_is_no_matter_when_they_are_of_the_owners_group(self, tmp_path: Path, mode: int) -> None:
        generate_signing_key(tmp_path / "key.pem")
        (tmp_path / "key.pem").chmod(mode)
        with structlog.testing.capture_logs() as logs:
            load_signing_key(tmp_path / "key.pem")
        assert logs == []


class TestAFileThatOthersCanWrite:
    @pytest.mark.parametrize("mode", [0o660, 0o620, 0o602, 0o666])
    def test_is_refused_where_that_is_unsafe(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "key.pem"
        generate_signing_key(path)
        path.chmod(mode)
        with pytest.raises(SettingsError, match=f"^the signing key {path} may be written by others than its owner"):
            refuse_foreign_writers(path)

    @pytest.mark.parametrize("mode", [0o600, 0o400, 0o440, 0o444, 0o644])
    def test_is_told_from_one_that_they_can_only_read(self, tmp_path: Path, mode: int) -> None:
        path = tmp_path / "key.pem"
        generate_signing_key(path)
        path.chmod(mode)
        refuse_foreign_writers(path)

    def test_is_told_from_one_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SettingsError, match=r"cannot be read: No such file or directory$"):
            refuse_foreign_writers(tmp_path / "gone.pem")
