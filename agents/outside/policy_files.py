"""Policies in files of stable-baselines3 and of torch. Loading one can run any code that it names."""

from __future__ import annotations

import io
import warnings
import zipfile
from typing import Any

import torch


def load(file: io.BytesIO) -> Any:
    """The policy in a file.

    Parameters
    ----------
    file : bytes in memory
        What stable-baselines3's ``model.save``, ``torch.save`` of a whole module, or ``torch.jit.save``
        wrote.

    Returns
    -------
    object
        The policy.

    Raises
    ------
    ValueError
        It is none of these.
    """
    names = zipfile.ZipFile(file).namelist() if zipfile.is_zipfile(file) else []
    file.seek(0)
    with warnings.catch_warnings(action="ignore"):  # about how the file was made
        if {"data", "policy.pth"} <= set(names):
            return _of_sb3(file)
        if any(name.endswith("/constants.pkl") for name in names):
            return torch.jit.load(file, map_location="cpu")
        found = torch.load(file, map_location="cpu", weights_only=False)
    if not isinstance(found, torch.nn.Module):
        raise ValueError(f"it holds a {type(found).__name__}; expected a whole module, not its weights")
    return found


def _of_sb3(file: io.BytesIO) -> Any:
    """The policy alone: which algorithm made it, its file does not say."""
    from stable_baselines3.common.save_util import load_from_zip_file

    data, parameters, _ = load_from_zip_file(file, device="cpu")
    assert data is not None
    settings = dict(data["policy_kwargs"]) | ({"use_sde": True} if data.get("use_sde") else {})
    spaces = data["observation_space"], data["action_space"]
    policy = data["policy_class"](*spaces, lambda _: 0.0, **settings)
    policy.load_state_dict(parameters["policy"])
    return policy
