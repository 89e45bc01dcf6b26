"""Run a network by onnxruntime: ONNX bytes in, an object that maps one input to its outputs.

It knows neither faces nor files. Several threads may run one network at once.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from store.errors import ModelError

Values = NDArray[np.float32]

_ERRORS_ONLY = 3


class Network:
    """One network with one input. `threads`: how many one run may use; `subject` names it in errors.

    Raises ModelError when the bytes are no network that the installed onnxruntime can run.
    """

    def __init__(self, data: bytes, *, threads: int, subject: str) -> None:
        runtime = _runtime(subject)
        self._subject = f"{subject} (onnxruntime {runtime.__version__})"
        self._failures = _failures(runtime)
        try:
            self._session = runtime.InferenceSession(
                data, _options(runtime, threads), providers=["CPUExecutionProvider"]
            )
        except self._failures as error:
            raise ModelError(self._subject, "is no network that can be run") from error
        self._input = self._session.get_inputs()[0].name
        self.outputs: tuple[str, ...] = tuple(each.name for each in self._session.get_outputs())
        self._giving_back = runtime.RunOptions()
        self._giving_back.add_run_config_entry("memory.enable_memory_arena_shrinkage", "cpu:0")

    def run(self, values: Values, *, gives_back: bool = False) -> Sequence[Values]:
        """The outputs, in the order of `outputs`, of an input of the network's shape.

        `gives_back`: memory that this run took is given back instead of kept for the next. Raises ModelError.
        """
        given = {self._input: np.ascontiguousarray(values)}
        try:
            found = self._session.run(None, given, self._giving_back if gives_back else None)
        except self._failures as error:
            raise ModelError(self._subject, f"cannot be run on an input of shape {values.shape}") from error
        return [np.asarray(each, dtype=np.float32) for each in found]


def _runtime(subject: str) -> Any:
    try:
        return importlib.import_module("onnxruntime")
    except ImportError as error:
        raise ModelError(
            subject,
            "needs the package onnxruntime; run `make setup` again (none is made for Macs of Intel)",
        ) from error


def _options(runtime: Any, threads: int) -> Any:
    options = runtime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = _ERRORS_ONLY
    # Threads that wait for work would otherwise spin and take time from the rest of the program.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    return options


def _failures(runtime: Any) -> tuple[type[Exception], ...]:
    """What it raises: one class a kind of failure, with nothing above them but Exception."""
    known = vars(runtime.capi.onnxruntime_pybind11_state).values()
    own = (each for each in known if isinstance(each, type) and issubclass(each, Exception))
    return (RuntimeError, ValueError, *own)
