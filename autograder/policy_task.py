"""PolicyTask: what an assignment asks of the trained agent that is handed in, and what its return is worth."""

from __future__ import annotations

from dataclasses import dataclass

from autograder.toml_table import TomlTable

POLICY = "policy"  # the name of what it gives points for, beside the names of exercises


@dataclass(frozen=True, kw_only=True)
class PolicyTask:
    """What is asked of ``policy.safetensors``: ``[assignments.X.policy]`` in course.toml.

    Attributes:
        env_id: Gymnasium id of the environment in which the grader plays it.
        points: What it can give; 0: it is scored for the report only.
        full_at: Mean return of the greedy policy that gives all points.
        zero_at: Mean return up to which there are none; in between they rise in proportion.
        episodes: Number of hidden episodes; they are played side by side.
        training_timesteps: Transitions of the short run of ``--tier training``.
        training_return: Mean return which that run reaches if the trainer learns; calibrated, see
            docs/instructors.md.
        training_share: Share of the points that reaching it gives to those who hand in no better policy.
        score_timesteps: Transitions of the full run of ``--tier score``.
    """

    env_id: str
    points: float
    full_at: float
    zero_at: float = 0.0
    episodes: int = 10
    training_timesteps: int = 100_000
    training_return: float = 0.0
    training_share: float = 0.5
    score_timesteps: int = 5_000_000

    def share(self, mean_return: float) -> float:
        """Share of the points that a mean return is worth, in [0, 1]."""
        return min(1.0, max(0.0, (mean_return - self.zero_at) / (self.full_at - self.zero_at)))


def read_policy_task(table: TomlTable) -> PolicyTask | None:
    """Reads ``[assignments.X.policy]``; None if there is none.

    Raises:
        InputError: A key is unknown, missing or has no usable value.
    """
    if not table.left:
        return None
    defaults = PolicyTask(env_id="", points=0.0, full_at=1.0)
    task = PolicyTask(
        env_id=table.text("env_id"),
        points=_number(table, "points", 0.0),
        full_at=_number(table, "full_at"),
        zero_at=_number(table, "zero_at", defaults.zero_at),
        episodes=_count(table, "episodes", defaults.episodes),
        training_timesteps=_count(table, "training_timesteps", defaults.training_timesteps),
        training_return=_number(table, "training_return", defaults.training_return),
        training_share=_number(table, "training_share", defaults.training_share),
        score_timesteps=_count(table, "score_timesteps", defaults.score_timesteps),
    )
    table.finish()
    if task.points < 0.0:
        raise table.error("points", "a number that is not negative", task.points)
    if not task.zero_at < task.full_at:
        raise table.error("zero_at", f"a return below full_at, {task.full_at:g}", f"{task.zero_at:g}")
    if not 0.0 <= task.training_share <= 1.0:
        raise table.error("training_share", "a share of the points in [0, 1]", task.training_share)
    if task.episodes > 100:
        raise table.error("episodes", "at most 100 episodes", task.episodes)
    return task


def _number(table: TomlTable, key: str, default: float | None = None) -> float:
    value = table.take(key, (int, float), "a number", default)
    if value is None:
        raise table.error(key, "a number", "nothing", f"add {key} = ...")
    if not abs(value) < float("inf"):
        raise table.error(key, "a finite number", value)
    return float(value)


def _count(table: TomlTable, key: str, default: int) -> int:
    value: int = table.take(key, (int,), "a positive whole number", default)
    if value < 1:
        raise table.error(key, "a positive whole number", value)
    return value
