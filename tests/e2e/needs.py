"""What tests of the whole pipe need of the machine."""

import pytest

from app import broker

mosquitto = pytest.mark.skipif(broker.installed() is None, reason="mosquitto is not installed")
