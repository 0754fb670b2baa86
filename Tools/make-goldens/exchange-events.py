"""Writes a TensorBoard log by TensorBoard's own writer.

pip install tensorboard==2.21.0

Writes SampleData/Golden/events/three-steps.tfevents, whose bytes our writer must match.
"""

import io
import pathlib

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary
from tensorboard.summary.writer.record_writer import RecordWriter

FOLDER = pathlib.Path(__file__).parents[2] / "SampleData/Golden/events"

stream = io.BytesIO()
stream.close = lambda: None
writer = RecordWriter(stream)
writer.write(Event(wall_time=1000.5, file_version="brain.Event:2").SerializeToString())
for step, loss, accuracy in [(1, 2.25, 0.25), (200, 1.5, 0.5), (70000, 0.125, 0.9375)]:
    values = [
        Summary.Value(tag="loss/student", simple_value=loss),
        Summary.Value(tag="accuracy", simple_value=accuracy),
    ]
    event = Event(wall_time=1000.5 + step, step=step, summary=Summary(value=values))
    writer.write(event.SerializeToString())
FOLDER.mkdir(parents=True, exist_ok=True)
(FOLDER / "three-steps.tfevents").write_bytes(stream.getvalue())
