"""Files and folders in, files out: which picture goes where, and doing them one after the other."""

from unfade.batch.plan import Job, Plan, plan
from unfade.batch.record import Record
from unfade.batch.run import run

__all__ = ["Job", "Plan", "Record", "plan", "run"]
