"""Words and topics of Modbus dumps; the format does not write, since the gateway's map says what a register is."""

SAYS: dict[str, object] = {}
SPOKEN_ON: dict[str, str] = {}
TOPICS = ["campus/eastron-sdm/up"]
KEYS = ["map", "slave", "function", "start", "registers", "data", "frame", "exception", "72", "73"]
