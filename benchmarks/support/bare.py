"""The bare subscriber everything is compared with: paho, MQTT 3.1.1, QoS 1, automatic acknowledgement, adds one."""

from __future__ import annotations

import signal
import subprocess
import sys
from typing import NamedTuple

from benchmarks.support.installation import Bench
from benchmarks.support.messages import Message
from benchmarks.support.publisher import PATIENCE_S, publish, session

# Its first message warms it up; then it is halted while the others gather, as ours is.
_SUBSCRIBER = """
import sys, time
from paho.mqtt.client import Client
from paho.mqtt.enums import CallbackAPIVersion
port, wanted = int(sys.argv[1]), int(sys.argv[2])
count, first, last, used = -1, 0.0, 0.0, 0.0
def on_message(client, userdata, message):
    global count, first, last, used
    count += 1
    if count == 1: first, used = time.perf_counter(), time.process_time()
    if count == wanted: last, used = time.perf_counter(), time.process_time() - used
client = Client(CallbackAPIVersion.VERSION2, client_id="bare", clean_session=False)
client.on_message = on_message
client.connect("127.0.0.1", port)
client.loop_start()
while count < 0: time.sleep(0.01)
print("warm", flush=True)
while not last: time.sleep(0.01)
client.disconnect()
client.loop_stop()
print(wanted / (last - first), used / wanted * 1e6)
"""


class Bare(NamedTuple):
    """What a counting subscriber takes per second from its first message to its last, and its processor time [µs]."""

    per_s: float
    cpu_us: float


def bare(bench: Bench, messages: list[Message]) -> Bare:
    """Return how a counting subscriber empties the same queue."""
    port = bench.broker.port
    session(port, "bare", ["bench/#"])
    publish(port, messages[:1])
    command = [sys.executable, "-c", _SUBSCRIBER, str(port), str(len(messages))]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as subscriber:
        try:
            assert subscriber.stdout is not None
            subscriber.stdout.readline()
            subscriber.send_signal(signal.SIGSTOP)
            publish(port, messages)
            subscriber.send_signal(signal.SIGCONT)
            said, _ = subscriber.communicate(timeout=PATIENCE_S)
        finally:
            subscriber.kill()
    session(port, "bare", [], keep=False)
    return Bare(*map(float, said.split()))
