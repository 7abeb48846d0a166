"""Visible checks of make_env, rollout and evaluate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, equal, first_failure, shape, that


class RecordingActor:
    """Acts with zeros and remembers how it was asked."""

    def __init__(self) -> None:
        self.shapes: list[tuple[int, ...]] = []
        self.greedy: list[bool] = []

    def get_action(self, obs: Any, greedy: bool = False) -> Any:
        """Returns zeros [B, 1] for observations [B, 1]."""
        import torch

        self.shapes.append(tuple(obs.shape))
        self.greedy.append(greedy)
        return torch.zeros(len(obs), 1)


# make_env


def _clipped(notebook: Notebook) -> Comparison:
    return _echo(notebook, [3.0, -3.0], [0.5, -0.5])


def _unclipped(notebook: Notebook) -> Comparison:
    return _echo(notebook, [0.25, -0.5], [0.25, -0.5])


def _echo(notebook: Notebook, action: list[float], expected: list[float]) -> Comparison:
    import numpy as np
    import torch

    from rlhelpers.visible_checks.ppo.probes import EchoEnv, probe

    with probe(EchoEnv) as env_id, notebook.make_env(env_id) as env:
        env.reset(seed=0)
        obs, reward, *_ = env.step(np.array(action, np.float32))
        return first_failure(close(torch.as_tensor(obs), expected), equal(float(reward), 7.0))


def _render_mode(notebook: Notebook) -> Comparison:
    from rlhelpers.visible_checks.ppo.probes import EchoEnv, probe

    with probe(EchoEnv) as env_id, notebook.make_env(env_id, render_mode="rgb_array") as env:
        return equal(env.render_mode, "rgb_array")


# rollout


def _return(truncates: bool) -> Case:
    def run(notebook: Notebook) -> Comparison:
        from rlhelpers.visible_checks.ppo.probes import SeedEnv

        total = notebook.rollout(SeedEnv(truncates), RecordingActor(), 6, "cpu")
        if not isinstance(total, float):
            return that(False, _("a float"), f"{type(total).__name__}: {total!r}")
        return that(abs(total - 6.0) < 1e-6, "6.0", f"{total:g}")

    how = "truncated" if truncates else "terminated"
    hint = "Reset with seed=seed, add every reward (the last one too), stop at terminated or truncated."
    return Case(f"three rewards of seed / 3, then the episode is {how}; seed 6", run, hint)


def _greedy(notebook: Notebook) -> Comparison:
    from rlhelpers.visible_checks.ppo.probes import SeedEnv

    actor = RecordingActor()
    notebook.rollout(SeedEnv(), actor, 0, "cpu")
    return first_failure(
        that(actor.greedy == [True] * 3, _("3 times greedy=True"), f"greedy: {actor.greedy}"),
        that(
            actor.shapes == [(1, 1)] * 3,
            _("3 observations of shape [1, 1]"),
            _("shapes {shapes}").format(shapes=list(map(list, actor.shapes))),
        ),
    )


# evaluate


def _seeds(notebook: Notebook) -> Comparison:
    import torch

    from rlhelpers.visible_checks.ppo.probes import SeedEnv, probe

    with probe(SeedEnv) as env_id:
        returns = notebook.evaluate(RecordingActor(), 3, 30, "cpu", env_id=env_id)
    return first_failure(shape(returns, [3]), close(torch.as_tensor(returns), [30.0, 31.0, 32.0]))


def _array(notebook: Notebook) -> Comparison:
    import numpy as np

    from rlhelpers.visible_checks.ppo.probes import SeedEnv, probe

    with probe(SeedEnv) as env_id:
        returns = notebook.evaluate(RecordingActor(), 1, 30, "cpu", env_id=env_id)
    kind, text = type(returns).__name__, _("{kind} of {dtype}")
    received = text.format(kind=kind, dtype=returns.dtype) if isinstance(returns, np.ndarray) else kind
    expected = text.format(kind="ndarray", dtype="float64")
    return that(received == expected, expected, received)


MAKE_ENV_CASES: tuple[Case, ...] = (
    Case(
        "bounds [-0.5, 0.5], action [3, -3]: what arrives", _clipped, "Wrap the environment in gym.wrappers.ClipAction."
    ),
    Case(
        "action [0.25, -0.5] within the bounds: what arrives", _unclipped, "Clipping changes nothing within the bounds."
    ),
    Case("render_mode is handed on", _render_mode, "gym.make(env_id, render_mode=render_mode)"),
)

ROLLOUTS: Mapping[str, tuple[Case, ...]] = {
    "rollout": (
        _return(truncates=False),
        _return(truncates=True),
        Case(
            "greedy actions, one observation at a time",
            _greedy,
            "get_action wants a batch [1, obs_dim]; pass greedy=True.",
        ),
    ),
    "evaluate": (
        Case("returns equal to the seed, 3 episodes, seed 30", _seeds, "Episode i is played with seed + i."),
        Case("the kind of the result", _array, "np.array(returns, dtype=np.float64)"),
    ),
}
