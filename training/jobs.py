"""The pool of processes of this project: jobs on this machine or on a Ray cluster, by one interface.

A job is a callable without arguments that can be pickled, so it comes from a module that a new process
can import (not from ``__main__``). A job that fails, or whose process dies, is reported and does not
affect other jobs. No process outlives the one that started it.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import signal
import sys
import threading
import types
from collections.abc import Callable, Iterator, Sequence
from multiprocessing import connection
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

from benchgame_env.training.worker import answer, error_line, serve
from benchgame_env.validate import choice, integer

Job = Callable[[], Any]
PACKAGE = Path(__file__).parents[1]  # benchgame_env, which has this folder


class Outcome(NamedTuple):
    """A finished job.

    Attributes
    ----------
    job : Job
        The job.
    error : str
        What went wrong, in one line; empty if nothing did.
    result : object
        What the job returned; None if it failed.
    """

    job: Job
    error: str
    result: Any = None


class Local:
    """Processes on this machine; `Ray` has the same methods.

    Parameters
    ----------
    workers : int
        Jobs that run at the same time.
    """

    def __init__(self, workers: int) -> None:
        self.workers = workers
        self._idle: list[_Worker] = []
        self._busy: dict[Any, tuple[_Worker, Job]] = {}

    def has_room(self) -> bool:
        """Whether another job would start at once."""
        return len(self._busy) < self.workers

    def start(self, job: Job) -> None:
        """Start ``job``; `wait` returns its outcome."""
        self._idle = [worker for worker in self._idle if worker.process.is_alive()]
        worker = self._idle.pop() if self._idle else _Worker()
        worker.connection.send(job)
        self._busy[worker.connection] = worker, job

    def wait(self, seconds: float) -> list[Outcome]:
        """Outcomes of finished jobs, as soon as there is one; an empty list after ``seconds``."""
        return [self._outcome(ready) for ready in connection.wait(list(self._busy), seconds)]

    def _outcome(self, ready: Any) -> Outcome:
        worker, job = self._busy.pop(ready)
        try:
            answer = worker.connection.recv()
        except (EOFError, OSError):
            return Outcome(job, worker.cause_of_death())
        self._idle.append(worker)
        return Outcome(job, *answer)

    def close(self) -> None:
        """Stop all processes at once."""
        workers = self._idle + [worker for worker, _ in self._busy.values()]
        for worker in workers:
            worker.process.kill()  # what they write is whole or absent
        for worker in workers:
            worker.process.join()


class _Worker:
    """A process that runs one job after another, and the connection to it."""

    def __init__(self) -> None:
        os.environ.setdefault("OMP_NUM_THREADS", "1")  # inherited: as many processes as cores
        context = multiprocessing.get_context("spawn")
        self.connection, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        with _undisturbed(), _without_main(), _not_from_this_folder():
            self.process.start()
        theirs.close()  # so that its death closes the pipe

    def cause_of_death(self) -> str:
        """Why the process ended, in one line."""
        self.process.join()
        status = self.process.exitcode or 0
        if status < 0:
            name = signal.Signals(-status).name
            hint = ", as when memory runs out" if name == "SIGKILL" else ""
            return f"its process was ended by {name}{hint}"
        return f"its process ended with status {status}"


HELD_BACK = (signal.SIGINT, signal.SIGTERM)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Signals that would end this process wait until a process has started whole. That process ignores
    Ctrl-C for good: only the one that started it stops it."""
    if threading.current_thread() is not threading.main_thread() or not hasattr(
        signal, "pthread_sigmask"
    ):
        yield
        return
    came: list[int] = []
    # A mask is inherited, but holds for one thread; a signal to another one still calls the handler.
    handlers = {one: signal.signal(one, lambda number, _: came.append(number)) for one in HELD_BACK}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, HELD_BACK)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        for one, handler in handlers.items():
            signal.signal(one, handler)
    for number in came:
        signal.raise_signal(number)


@contextlib.contextmanager
def _without_main() -> Iterator[None]:
    """Processes started inside do not import the command that started them once more."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = types.ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextlib.contextmanager
def _not_from_this_folder() -> Iterator[None]:
    """Processes started inside import what the one that started them would. Else Python looks into the
    current folder first while they begin, and a ``random.py`` may lie there that somebody sent."""
    before = os.environ.get("PYTHONSAFEPATH")
    os.environ["PYTHONSAFEPATH"] = "1"
    try:
        yield
    finally:
        del os.environ["PYTHONSAFEPATH"]
        if before is not None:
            os.environ["PYTHONSAFEPATH"] = before


class Ray:
    """A Ray cluster, with one CPU for each job; a pool with the methods of `Local`.

    The code of this project is sent to the cluster. Its dependencies must be installed there, and jobs
    must write their files to a folder that all machines share.

    Parameters
    ----------
    address : str or None
        Address of the cluster. None: the value of RAY_ADDRESS; without it, Ray is started on this
        machine and ended by `close`.
    """

    def __init__(self, address: str | None = None) -> None:
        import ray

        environment = {"py_modules": [str(PACKAGE)], "env_vars": {"OMP_NUM_THREADS": "1"}}
        ray.init(address, runtime_env=environment, log_to_driver=False, logging_level="ERROR")
        self._ray = ray
        self._run = ray.remote(num_cpus=1, max_retries=0)(answer)
        self.workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
        self._busy: dict[Any, Job] = {}

    def has_room(self) -> bool:
        """Whether another job would start at once."""
        return len(self._busy) < self.workers

    def start(self, job: Job) -> None:
        """Start ``job``; `wait` returns its outcome."""
        self._busy[self._run.remote(job)] = job

    def wait(self, seconds: float) -> list[Outcome]:
        """Outcomes of finished jobs, as soon as there is one; an empty list after ``seconds``."""
        ready, _ = self._ray.wait(list(self._busy), timeout=seconds)
        return [Outcome(self._busy.pop(one), *self._fetched(one)) for one in ready]

    def _fetched(self, ready: Any) -> tuple[str, Any]:
        try:
            return self._ray.get(ready)
        except self._ray.exceptions.RayError as error:  # its process or machine is gone
            return error_line(error), None

    def close(self) -> None:
        """Stop all jobs at once."""
        for running in self._busy:
            self._ray.cancel(running, force=True)
        self._ray.shutdown()


Pool = Local | Ray
BACKENDS = ("local", "ray")


def open_pool(backend: str, workers: int, address: str | None = None) -> Pool:
    """The pool called ``backend``: ``local`` with ``workers`` processes, or ``ray`` at ``address``."""
    if choice("--backend", backend, BACKENDS) == "ray":
        return Ray(address)
    if address is not None:
        raise ValueError("--address: needs --backend ray")
    return Local(workers)


def run_all(pool: Pool, jobs: Sequence[Job], tick: Callable[[], None]) -> Iterator[Outcome]:
    """Outcomes of ``jobs`` as they finish; ``tick`` is called about every second."""
    waiting, running = list(reversed(jobs)), 0
    while waiting or running:
        while waiting and pool.has_room():
            pool.start(waiting.pop())
            running += 1
        over = pool.wait(1.0)
        running -= len(over)
        tick()
        yield from over


@contextlib.contextmanager
def opened(pool: Local | None, workers: int) -> Iterator[Local]:
    """``pool``, which stays open; or if it is None, one with ``workers`` processes, which is closed."""
    with contextlib.nullcontext(pool) if pool else contextlib.closing(Local(workers)) as processes:
        yield processes


def do_all(jobs: Sequence[Job], workers: int, bar: tqdm, pool: Local | None = None) -> list[Any]:
    """Do ``jobs``, and move ``bar``: in so many processes, or those of ``pool`` if there is one; in this
    process if there is one worker or job.

    Returns
    -------
    list
        What the jobs returned, in the order in which they ended.

    Raises
    ------
    ValueError
        A job failed; the first failure stops the others.
    """
    results: list[Any] = []
    if integer("workers", workers, low=1) == 1 or len(jobs) == 1:
        for job in jobs:
            results.append(job())
            bar.update()
        return results
    with opened(pool, workers) as processes:
        for _, error, result in run_all(processes, jobs, lambda: None):
            if error:
                raise ValueError(error)
            results.append(result)
            bar.update()
    return results


def add_workers_option(parser: argparse.ArgumentParser) -> None:
    """Add ``--workers``, by default one for each core."""
    parser.add_argument("--workers", type=int, default=os.cpu_count(), help="processes at the same time")
