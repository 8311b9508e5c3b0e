"""A process of its own that measures four tasks, one at a time: lab_child.py BASE_URL RECORDS."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from lab_kit import ARMS, make_tasks

from triptych import chat_model
from triptych.lab import Experiment, RecordFile

if __name__ == "__main__":
    model = chat_model(base_url=sys.argv[1], model="scripted", temperature=0, seed=1)
    with RecordFile(Path(sys.argv[2])) as file:
        asyncio.run(Experiment(make_tasks(4), model, ARMS).run(file, at_once=1))
