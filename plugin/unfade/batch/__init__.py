"""Files and folders in, files out: which picture goes where, and doing them one after the other."""

from unfade.batch.plan import FALLBACK_FORMAT, Job, Plan, pictures_in, plan
from unfade.batch.process import Record, explain, run

__all__ = ["FALLBACK_FORMAT", "Job", "Plan", "Record", "explain", "pictures_in", "plan", "run"]
