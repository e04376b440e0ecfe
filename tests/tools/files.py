"""Files as people bring them, made for tests."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np


def fitted_file(path: Path, names: list[str], **changes: object) -> Path:
    """A calibration whose models have these names; ceilings fall from 0.9 to 0.5."""
    law = {"lower": 0.1, "upper_stderr": 0.01, "intercept": -5.0, "slope": 1.0}
    fit = {"checkpoints": 9, "first_steps": 0, "last_steps": 1000, "rms_residual": 1, "max_residual": 1}
    ceilings = np.linspace(0.9, 0.5, len(names)).tolist()
    report = [{"name": n, "upper": u, **law, **fit} for n, u in zip(names, ceilings, strict=True)]
    content = {"benchmark": "tëst", "report": report, "rejected": {}, "source": ""}
    path.write_text(json.dumps(content | changes), encoding="utf-8")
    return path
