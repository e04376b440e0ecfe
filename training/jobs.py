"""Jobs in processes of their own, on this machine or on a Ray cluster, by one interface.

A job is a callable that can be pickled. One that fails, or whose process dies, says so and harms no
other. No process outlives the one that started it.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection
from pathlib import Path
from typing import Any, Protocol

from benchgame_env.validate import choice

Job = Callable[[], None]
Outcome = tuple[Job, str]  # a job that is over, and what went wrong, in one line; empty if nothing did

ROOT = Path(__file__).parent.parent


class Pool(Protocol):
    """Where jobs run."""

    def has_room(self) -> bool:
        """Whether another job would start at once."""

    def start(self, job: Job) -> None:
        """Run ``job``; it comes out of `wait`."""

    def wait(self, seconds: float) -> list[Outcome]:
        """Jobs that are over, as soon as there are any; none after ``seconds``."""

    def close(self) -> None:
        """Stop whatever still runs, at once."""


class Local:
    """Processes of this machine, at most ``workers`` jobs at a time."""

    def __init__(self, workers: int) -> None:
        self._workers = workers
        self._idle: list[_Worker] = []
        self._busy: dict[Any, tuple[_Worker, Job]] = {}

    def has_room(self) -> bool:
        return len(self._busy) < self._workers

    def start(self, job: Job) -> None:
        self._idle = [worker for worker in self._idle if worker.process.is_alive()]
        worker = self._idle.pop() if self._idle else _Worker()
        worker.connection.send(job)
        self._busy[worker.connection] = worker, job

    def wait(self, seconds: float) -> list[Outcome]:
        return [self._outcome(ready) for ready in connection.wait(list(self._busy), seconds)]

    def _outcome(self, ready: Any) -> Outcome:
        worker, job = self._busy.pop(ready)
        try:
            error = worker.connection.recv()
        except (EOFError, OSError):
            return job, worker.cause_of_death()
        self._idle.append(worker)
        return job, error

    def close(self) -> None:
        workers = self._idle + [worker for worker, _ in self._busy.values()]
        for worker in workers:
            worker.process.kill()  # what they write is whole or absent
        for worker in workers:
            worker.process.join()


class _Worker:
    """A process that runs one job after another, and the way to it."""

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # inherited: as many processes as cores
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=_serve, args=(theirs,), daemon=True)
        with _deaf_to_interrupts():
            self.process.start()
        theirs.close()  # so that its death closes the pipe

    def cause_of_death(self) -> str:
        self.process.join()
        status = self.process.exitcode or 0
        if status < 0:
            name = signal.Signals(-status).name
            hint = ", as when memory runs out" if name == "SIGKILL" else ""
            return f"its process was ended by {name}{hint}"
        return f"its process ended with status {status}"


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """Processes started within ignore Ctrl-C, from their first instruction on: who started them decides
    when they stop."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(asked: Any) -> None:
    threading.Thread(target=_leave_with_parent, daemon=True).start()
    while True:
        try:
            job = asked.recv()
        except EOFError:
            return
        asked.send(_error_of(job))


def _leave_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    connection.wait([parent.sentinel])
    os._exit(1)


def _error_of(job: Job) -> str:
    try:
        job()
    except Exception as error:  # whatever it is, the other jobs go on
        return one_line(error)
    return ""


def one_line(error: BaseException) -> str:
    """The kind of an error and what it says, not too long."""
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


class Ray:
    """A Ray cluster, one CPU a job. Our code goes along; what it imports must be there, and the files
    that jobs write must lie where all machines see them.

    Parameters
    ----------
    address: of the cluster; None: what RAY_ADDRESS says, else a Ray started here and ended by `close`.
    """

    def __init__(self, address: str | None = None) -> None:
        try:
            import ray
        except ImportError:
            raise ValueError("--backend ray: Ray is not installed: pip install '.[cluster]'") from None
        code = {"py_modules": [str(ROOT / name) for name in ("benchgame_env", "agents", "training")]}
        environment = {**code, "env_vars": {"OMP_NUM_THREADS": "1"}}
        ray.init(address, runtime_env=environment, log_to_driver=False, logging_level="ERROR")
        self._ray = ray
        self._run = ray.remote(num_cpus=1, max_retries=0)(_error_of)
        self._room = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._busy: dict[Any, Job] = {}

    def has_room(self) -> bool:
        return len(self._busy) < self._room

    def start(self, job: Job) -> None:
        self._busy[self._run.remote(job)] = job

    def wait(self, seconds: float) -> list[Outcome]:
        ready, _ = self._ray.wait(list(self._busy), timeout=seconds)
        return [(self._busy.pop(one), self._result(one)) for one in ready]

    def _result(self, ready: Any) -> str:
        try:
            return self._ray.get(ready)
        except self._ray.exceptions.RayError as error:  # its process or machine is gone
            return one_line(error)

    def close(self) -> None:
        for running in self._busy:
            self._ray.cancel(running, force=True)
        self._ray.shutdown()


BACKENDS = ("local", "ray")


def open_pool(backend: str, workers: int, address: str | None = None) -> Pool:
    """The pool called ``backend``: ``local`` with so many ``workers``, or ``ray`` at ``address``."""
    if choice("--backend", backend, BACKENDS) == "ray":
        return Ray(address)
    if address is not None:
        raise ValueError("--address: only of --backend ray")
    return Local(workers)


def run_all(pool: Pool, jobs: Sequence[Job], tick: Callable[[], None]) -> Iterator[Outcome]:
    """Outcomes of ``jobs`` as they come; ``tick`` is called every second or so."""
    waiting, running = list(reversed(jobs)), 0
    while waiting or running:
        while waiting and pool.has_room():
            pool.start(waiting.pop())
            running += 1
        over = pool.wait(1.0)
        running -= len(over)
        tick()
        yield from over
