"""What the report says of the interpreter."""

import pytest

from bench.versions import is_optimised


class TestAPython:
    @pytest.mark.parametrize(
        ("configure_arguments", "prefix"),
        [
            ("'--build=x86_64-linux-gnu' '--enable-optimizations' '--with-lto'", "/usr/local"),
            ("'--enable-shared' '--prefix=/usr' '--with-computed-gotos'", "/usr"),
        ],
        ids=["official image", "Debian"],
    )
    def test_is_optimised_in_images_and_distributions(self, configure_arguments: str, prefix: str) -> None:
        assert is_optimised(configure_arguments, prefix)

    def test_is_not_as_pyenv_compiles_it(self) -> None:
        assert not is_optimised(
            "'--prefix=/home/ann/.pyenv/versions/3.11.7' '--enable-shared'", "/home/ann/.pyenv/versions/3.11.7"
        )
