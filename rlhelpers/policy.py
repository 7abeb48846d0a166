"""A policy as videos and evaluation use it: one observation in, one action out."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor

Policy = Callable[[Any], Any]


class Actor(Protocol):
    """Anything that chooses actions [1, action_dim] for a tensor of observations [1, obs_dim]."""

    def get_action(self, obs: Tensor, greedy: bool = False) -> Tensor:
        """Returns one action per observation; the best one if ``greedy``."""
        ...


ActorOrPolicy = Actor | Policy


def greedy_policy(actor: ActorOrPolicy) -> Policy:
    """Returns a function from one observation of an environment to the action for its ``step``.

    Args:
        actor: An ``Actor``, which is asked for greedy actions on its own device; or already such a function, which is
            returned as it is.

    Raises:
        TypeError: It is neither.
    """
    get_action = getattr(actor, "get_action", None)
    if get_action is None:
        if not callable(actor):
            raise TypeError(
                f"actor: expected a function from an observation to an action, or an object with get_action, received "
                f"{type(actor).__name__}; pass for example lambda obs: env.action_space.sample()"
            )
        return actor
    import torch

    parameters = getattr(actor, "parameters", None)
    first_parameter = next(iter(parameters()), None) if parameters else None
    device = "cpu" if first_parameter is None else first_parameter.device

    def act(obs: Any) -> Any:
        alone = torch.as_tensor(obs, dtype=torch.float32, device=device)
        return get_action(alone[None], greedy=True)[0].cpu().numpy()

    return act
