"""What logs call a job. Work on cases goes by a keyed digest: few may know that a sealed one is there.

Open and sealed cases are named alike, since a name that only some have would tell which ones they are.
"""

from __future__ import annotations

import traceback

from store.errors import HomewardError
from store.records.work import Job, Stage
from store.seal import SealKey

OF_CASES = frozenset({Stage.ENROL, Stage.GALLERY, Stage.ALERT})
_BESIDE_CASES = OF_CASES | {Stage.MATCH}
"""Whatever goes wrong there may name a case."""


def said(key: SealKey, job: Job, reason: str = "") -> tuple[str, str]:
    """The job's key and a reason as logs may hold them."""
    case_id = job.key.rpartition("|")[2]
    is_of_match = "|" in job.key
    if job.stage not in OF_CASES or not case_id or (job.stage is Stage.ALERT and not is_of_match):
        return job.key, reason
    name = f"case:{key.digest('job', case_id)[:16]}"
    return f"{job.key.removesuffix(case_id)}{name}", reason.replace(case_id, name)


def may_show(job: Job) -> bool:
    """Whether the words of an error may be told with the job: those of work beside cases may name one."""
    return job.stage not in _BESIDE_CASES


def reason_of(job: Job, error: Exception) -> str:
    """Why a job failed, as it is kept with the job: whoever may see the job may see this."""
    if isinstance(error, HomewardError):
        # The job of a post is seen by all, and the case beside which it failed perhaps not.
        return error.detail if job.stage is Stage.MATCH else str(error)
    name = type(error).__name__
    return f"{name}: {error}" if may_show(job) else f"{name} at {place(error)}"


def place(error: Exception) -> str:
    """Where an error came from, without its words: file, line and function, the innermost first."""
    frames = reversed(traceback.extract_tb(error.__traceback__)[-4:])
    return " < ".join(f"{each.filename.rsplit('/', 1)[-1]}:{each.lineno} {each.name}" for each in frames)
