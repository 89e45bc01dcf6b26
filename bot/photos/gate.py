"""The gate that every photo passes before anything else may look at it.

It keeps the worker process that decodes, checks what that process says, and names digests. No
stranger's byte is decoded in this process.
"""

from __future__ import annotations

import hashlib
import json
import queue
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO

import msgspec
import structlog

from bot.photos.wire import LONGEST_LINE, Answer, Facts, Order, answer_of, line
from store.errors import PhotoRefused, PhotoUnavailable
from store.records.photo import Photo

log = structlog.get_logger(__name__)

_BOOT = """
import json, sys
sys.path[:] = json.loads(sys.argv[1])
try:
    from bot.photos.worker import main
except ImportError as error:
    print(json.dumps({"refused": str(error)}), flush=True)
else:
    main(float(sys.argv[2]))
"""
_ROOT = Path(__file__).resolve().parents[2]
# Nothing of our environment reaches the worker: it may hold secrets.
_ENVIRONMENT = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
_START_TIMEOUT_S = 60.0
_MAX_SERVED_BYTES = 16_000_000
_MIMES = frozenset({"image/jpeg", "image/png", "image/webp", "image/heic"})
_HASH = re.compile(r"[0-9a-f]{16}\Z")
_PDQ = re.compile(r"[0-9a-f]{64}\Z")
_PDQ_HASHES = 8


@dataclass(frozen=True, slots=True)
class GateLimits:
    """What one photo may cost.

    Megabytes (10^6) of the file and of the worker's memory, megapixels before decoding, seconds of
    processor and of wall clock for one photo. `max_side_px` and `quality` shape the served JPEG;
    `workers` is the number of processes.
    """

    max_photo_mb: float = 20.0
    max_megapixels: float = 64.0
    max_side_px: int = 1280
    quality: int = 85
    cpu_s: float = 10.0
    timeout_s: float = 30.0
    memory_mb: float = 1000.0
    workers: int = 1


@dataclass(frozen=True, slots=True)
class Examined:
    """A photo that passed, and the clean JPEG made from it: the only form in which it is shown.

    `pdq` and `pdq_quality` as in bot/photos/wire.py: by them it is compared with hash lists first.
    """

    photo: Photo
    served_jpeg: bytes
    pdq: tuple[str, ...] = ()
    pdq_quality: int = 0


class PhotoGate:
    """Examines photos in worker processes that live from one photo to the next.

    Safe to share between threads; a call waits for a free worker. `now` bounds camera clocks: without
    it no photo is called taken in the future. Close it when done, or use it as a context manager.
    """

    def __init__(self, limits: GateLimits, *, now: Callable[[], datetime] | None = None) -> None:
        self._limits = limits
        self._now = now
        self._workers = [_Worker(limits) for _ in range(max(1, limits.workers))]
        self._idle: queue.SimpleQueue[_Worker] = queue.SimpleQueue()
        for worker in self._workers:
            self._idle.put(worker)
        self._closed = False

    def examine(self, data: bytes) -> Examined:
        """Decode, check, hash and re-encode a photo.

        Raises PhotoRefused with the reason in words (limits, damage, not a photo: never again) and
        PhotoUnavailable when the worker could not do its work just now.
        """
        digest = hashlib.sha256(data).hexdigest()
        subject = f"photo {digest[:12]}"
        if not data:
            raise PhotoRefused(subject, "the file is empty")
        if len(data) > self._limits.max_photo_mb * 1_000_000:
            raise PhotoRefused(subject, f"larger than {self._limits.max_photo_mb:g} MB")
        answer, served = self._ask(subject, data)
        if answer.refused:
            raise PhotoRefused(subject, answer.refused)
        facts = _checked(subject, answer, served)
        photo = Photo(
            digest=digest,
            served=hashlib.sha256(served).hexdigest(),
            mime=facts.mime,
            size_bytes=len(data),
            width=facts.width,
            height=facts.height,
            phash=facts.phash,
            exif=facts.exif,
        )
        return Examined(photo=photo, served_jpeg=served, pdq=facts.pdq, pdq_quality=facts.pdq_quality)

    def close(self) -> None:
        """End the workers, also one that is busy. Safe to call twice."""
        self._closed = True
        for worker in self._workers:
            worker.stop()

    def __enter__(self) -> PhotoGate:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _ask(self, subject: str, data: bytes) -> tuple[Answer, bytes]:
        worker = self._idle.get()
        try:
            # A worker may have died of something else (memory of the machine): one more, fresh, try.
            for _ in range(2):
                if self._closed:
                    raise PhotoUnavailable(subject, "the photo gate is closed")
                try:
                    return worker.ask(self._order(data), data)
                except _Died as death:
                    log.warning("photo worker died", photo=subject, how=death.how)
                    if death.verdict is not None:
                        raise death.verdict(subject, death.how) from death
                    how = death.how
            raise PhotoRefused(subject, f"its decoder died of it twice ({how})")
        finally:
            self._idle.put(worker)

    def _order(self, data: bytes) -> Order:
        limits = self._limits
        return Order(
            size=len(data),
            max_pixels=int(limits.max_megapixels * 1_000_000),
            max_side_px=limits.max_side_px,
            quality=limits.quality,
            cpu_s=limits.cpu_s,
            now=None if self._now is None else self._now(),
        )


def _checked(subject: str, answer: Answer, served: bytes) -> Facts:
    """Believe nothing of the worker that can be checked: a photo may have taken it over."""
    facts = answer.facts
    sound = (
        facts is not None
        and facts.mime in _MIMES
        and facts.width > 0
        and facts.height > 0
        and _HASH.match(facts.phash)
        and len(facts.pdq) == _PDQ_HASHES
        and all(_PDQ.match(value) for value in facts.pdq)
        and 0 <= facts.pdq_quality <= 100
        and served[:2] == b"\xff\xd8"
        and served[-2:] == b"\xff\xd9"
    )
    if facts is None or not sound:
        raise PhotoRefused(subject, "its decoder gave no sound answer")
    return facts


class _Died(Exception):
    """The worker is no more. `verdict` is the error to raise, None if another try is fair."""

    def __init__(self, how: str, verdict: type[PhotoRefused] | type[PhotoUnavailable] | None = None) -> None:
        super().__init__(how)
        self.how = how
        self.verdict = verdict


class _Worker:
    """One process of bot/photos/worker.py, started when first needed and again after a death.

    One thread at a time asks; `stop` may come from any thread.
    """

    def __init__(self, limits: GateLimits) -> None:
        self._limits = limits
        self._process: subprocess.Popen[bytes] | None = None
        self._lock = threading.Lock()

    @property
    def pid(self) -> int | None:
        """The process id, None before the first photo."""
        return None if self._process is None else self._process.pid

    def ask(self, order: Order, data: bytes) -> tuple[Answer, bytes]:
        """Send one photo and wait for its answer. Raises _Died."""
        if self._process is None or self._process.poll() is not None:
            self._start()
        return self._exchange(line(order) + data, self._limits.timeout_s)

    def stop(self) -> None:
        """Kill the process and take back its pipes."""
        with self._lock:
            process, self._process = self._process, None
        if process is None:
            return
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            _close(stream)

    def _start(self) -> None:
        self.stop()
        command = [sys.executable, "-I", "-B", "-c", _BOOT]
        # "" would be the worker's own folder, which is none of ours.
        paths = [str(_ROOT), *(entry for entry in sys.path if entry)]
        command += [json.dumps(paths), str(self._limits.memory_mb)]
        try:
            process = subprocess.Popen(  # noqa: S603 - our own interpreter, our own words
                command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=_ENVIRONMENT,
                cwd="/",
                start_new_session=True,  # Ctrl-C is for us: the photo at hand is finished first
            )
        except OSError as error:
            raise _Died(f"the photo worker cannot be started ({error.strerror})", PhotoUnavailable) from error
        with self._lock:
            self._process = process
        try:
            greeting, _ = self._exchange(b"", _START_TIMEOUT_S)
        except _Died as death:
            raise _Died(f"the photo worker did not start ({death.how})", PhotoUnavailable) from death
        if greeting.refused:
            raise _Died(f"the photo worker did not start ({greeting.refused})", PhotoUnavailable)

    def _exchange(self, message: bytes, timeout_s: float) -> tuple[Answer, bytes]:
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            raise _Died("it was stopped", PhotoUnavailable)
        late = threading.Event()

        def expire() -> None:
            late.set()
            process.kill()

        timer = threading.Timer(timeout_s, expire)
        timer.daemon = True
        timer.start()
        try:
            process.stdin.write(message)
            process.stdin.flush()
            return _read_answer(process.stdout)
        except (OSError, ValueError, msgspec.DecodeError) as error:
            raise self._death(process, late.is_set(), timeout_s) from error
        finally:
            timer.cancel()
            if late.is_set():
                self.stop()

    def _death(self, process: subprocess.Popen[bytes], late: bool, timeout_s: float) -> _Died:
        self.stop()
        if late:
            return _Died(f"not decoded within {timeout_s:g} s", PhotoUnavailable)
        code = process.wait()
        if code == -signal.SIGXCPU:
            return _Died(f"decoding it takes more than {self._limits.cpu_s:g} s of work", PhotoRefused)
        return _Died(f"ended by signal {-code}" if code < 0 else f"ended with {code}")


def _read_answer(stream: IO[bytes]) -> tuple[Answer, bytes]:
    """Read one answer; ValueError when the stream ends or says too much."""
    text = stream.readline(LONGEST_LINE)
    if not text.endswith(b"\n"):
        raise ValueError("no whole line")
    answer = answer_of(text)
    if not 0 <= answer.size <= _MAX_SERVED_BYTES:
        raise ValueError("a size out of bounds")
    served = stream.read(answer.size) if answer.size else b""
    if len(served) != answer.size:
        raise ValueError("fewer bytes than announced")
    return answer, served


def _close(stream: IO[bytes] | None) -> None:
    if stream is None:
        return
    try:
        stream.close()
    except OSError:
        # What was not written yet has nobody left to read it.
        return
