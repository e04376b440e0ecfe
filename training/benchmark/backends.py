"""Where the cells of a benchmark are worked out: processes of this machine, or a Ray cluster."""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Outcome = tuple[int, str]  # which job, and the line it failed by, empty if it did not


def completed(
    task: Callable[[Any], None], jobs: Sequence[Any], backend: str, workers: int, address: str | None
) -> Iterator[Outcome]:
    """Do ``task`` on all ``jobs``, at most ``workers`` at once here or as many as the Ray cluster at
    ``address`` has room for (default: one started here); outcomes as they come. A job that raises fails
    alone. Code of ours goes to the cluster, what it imports must be there.

    Raises
    ------
    ValueError: a worker of this machine died, or Ray is not installed.
    """
    return BACKENDS[backend](task, jobs, workers, address)


def _here(
    task: Callable[[Any], None], jobs: Sequence[Any], workers: int, address: str | None
) -> Iterator[Outcome]:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(max(min(workers, len(jobs)), 1), context, _start_worker) as pool:
        number = {pool.submit(attempt, task, job): k for k, job in enumerate(jobs)}
        try:
            for future in as_completed(number):
                yield number[future], future.result()
        except BrokenProcessPool:
            raise ValueError(
                "a worker died, perhaps for want of memory: go on with fewer --workers"
            ) from None
        finally:
            pool.shutdown(wait=False, cancel_futures=True)
            for process in list((pool._processes or {}).values()):
                process.terminate()


def _on_ray(
    task: Callable[[Any], None], jobs: Sequence[Any], workers: int, address: str | None
) -> Iterator[Outcome]:
    try:
        import ray
    except ImportError:
        raise ValueError("--backend ray: Ray is not installed; pip install '.[cluster]'") from None
    code = {"py_modules": [str(ROOT / name) for name in ("benchgame_env", "agents", "training")]}
    ray.init(address=address, runtime_env=code, log_to_driver=False)
    try:
        remote = ray.remote(num_cpus=1)(attempt)
        number = {remote.remote(task, job): k for k, job in enumerate(jobs)}
        waiting = list(number)
        while waiting:
            done, waiting = ray.wait(waiting)
            for one in done:
                yield number[one], _result(ray, one)
    finally:
        ray.shutdown()


def _result(ray: Any, reference: Any) -> str:
    """What a Ray task says; that its machine was lost is a failure of the job alone."""
    try:
        return ray.get(reference)
    except ray.exceptions.RayError as error:
        return one_line(error)


BACKENDS: dict[str, Callable[..., Iterator[Outcome]]] = {"local": _here, "ray": _on_ray}


def attempt(task: Callable[[Any], None], job: Any) -> str:
    """Do a job; empty, or the line that it failed by."""
    try:
        task(job)
    except Exception as error:
        return one_line(error)
    return ""


def one_line(error: BaseException) -> str:
    """The kind of an error and what it says."""
    return f"{type(error).__name__}: {' '.join(str(error).split())}"


def _start_worker() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to stop
