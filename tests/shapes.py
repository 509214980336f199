"""Marks for tests that hold in one shape of the service alone."""

import pytest

from tests import environment

# Those that look at its metrics and services, or change something in it, beside what it answers.
looks_into_the_process = pytest.mark.skipif(environment.is_split(), reason="looks into the one process")
