"""The lab: tasks with hidden checks, arms that try them side by side, records and tables.

from triptych.lab import Experiment, RecordFile, humaneval, summarise
"""

from __future__ import annotations

from triptych.lab import humaneval
from triptych.lab.arms import ARMS, Arm
from triptych.lab.experiment import Experiment
from triptych.lab.records import Record, RecordFile
from triptych.lab.report import summarise
from triptych.lab.tasks import HiddenCheck, LabTask, TaskSet

__all__ = [
    "ARMS",
    "Arm",
    "Experiment",
    "HiddenCheck",
    "LabTask",
    "Record",
    "RecordFile",
    "TaskSet",
    "humaneval",
    "summarise",
]
