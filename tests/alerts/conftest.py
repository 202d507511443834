"""Mail servers and certificates for the tests of sending."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from tests.alerts.servers import Certificate, Office, certificate


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A mail server's behaviour and its Maildir, not yet serving."""
    return Office(tmp_path / "maildir")


@pytest.fixture(scope="session")
def openssl() -> None:
    """What makes certificates; where it is missing a test run for others fails, one's own says why it is skipped."""
    if not shutil.which("openssl") and not os.environ.get("CI"):
        pytest.skip("needs openssl on the path")


@pytest.fixture(scope="session")
def localhost(openssl: None, tmp_path_factory: pytest.TempPathFactory) -> Certificate:  # noqa: ARG001
    """A certificate of localhost, good for two days."""
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.fixture(scope="session")
def expired(openssl: None, tmp_path_factory: pytest.TempPathFactory) -> Certificate:  # noqa: ARG001
    """A certificate of localhost that ended yesterday."""
    return certificate(tmp_path_factory.mktemp("certificate"), days=-1)


@pytest.fixture(scope="session")
def elsewhere(openssl: None, tmp_path_factory: pytest.TempPathFactory) -> Certificate:  # noqa: ARG001
    """A good certificate of another host."""
    return certificate(tmp_path_factory.mktemp("certificate"), name="mail.other.example")
