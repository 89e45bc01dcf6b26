"""A process that has everything imported and forks a child for each order: fast, clean kills.

Orders come as JSON lines on standard input: {"program", "arguments", "kill": [step, n] or null}.
Answers go out likewise: {"killed": bool, "code": int, "steps": {name: count}}.
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import sys
from collections import Counter
from typing import Any

from bot.observe import set_up_logs
from store import steps


def main(programs: list[str]) -> None:
    """Serve orders until standard input ends."""
    set_up_logs(level="ERROR")  # Standard output is for answers alone.
    loaded = {name: importlib.import_module(f"tests.chaos.{name}") for name in programs}
    for line in sys.stdin:
        order = json.loads(line)
        sys.stdout.write(json.dumps(_fork(loaded[order["program"]], order)) + "\n")
        sys.stdout.flush()


def _fork(module: Any, order: dict[str, Any]) -> dict[str, Any]:
    out, into = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(out)
        _child(module, order, into)
    os.close(into)
    with os.fdopen(out) as pipe:
        counts = Counter(word for word in pipe.read().split("\n") if word)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    code = -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
    return {"killed": killed, "code": code, "steps": counts}


def _child(module: Any, order: dict[str, Any], into: int) -> None:
    """Run the program; die by SIGKILL at the n-th time that the named step is reached."""
    code = 1
    try:
        name, left = order["kill"] or ("", 0)

        def reached(step: str) -> None:
            nonlocal left
            os.write(into, f"{step}\n".encode())
            if step == name:
                left -= 1
                if left == 0:
                    os.kill(os.getpid(), signal.SIGKILL)

        steps.listen(reached)
        module.run(*order["arguments"])
        code = 0
    except BaseException:  # noqa: BLE001  (whatever it was, the parent must hear of it and go on)
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


if __name__ == "__main__":
    main(sys.argv[1:])
