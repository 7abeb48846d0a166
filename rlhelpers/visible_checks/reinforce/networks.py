"""Visible checks of the Actor and the ValueNetwork."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rlhelpers.language import translate as _
from rlhelpers.visible_checks.case import Case, Comparison, Notebook, close, first_failure, shape, that

OBS_DIM, ACTION_DIM, HIDDEN_DIM, BATCH, DRAWS = 4, 3, 8, 5, 200


def _observations() -> Any:
    import torch

    return torch.tensor(np.random.default_rng(1).normal(size=(BATCH, OBS_DIM)), dtype=torch.float32)


def _actor(notebook: Notebook, spread: float = 1.0) -> Any:
    return _redrawn(notebook.Actor(OBS_DIM, ACTION_DIM, HIDDEN_DIM), spread)


def _values(notebook: Notebook, spread: float = 1.0) -> Any:
    return _redrawn(notebook.ValueNetwork(OBS_DIM, HIDDEN_DIM), spread)


def _redrawn(network: Any, spread: float) -> Any:
    """The network with other weights, so that nothing depends on how they were initialised."""
    import torch

    rng = np.random.default_rng(2)
    for each in network.parameters():
        each.data = torch.tensor(rng.normal(0.0, spread, tuple(each.shape)), dtype=torch.float32)
    return network


# Both


def _trained(network: Any, result: Any) -> Comparison:
    count = len(list(network.parameters()))
    if not count or not result.requires_grad:
        return that(False, _("gradients for all parameters"), _("none"))
    result.sum().backward()
    idle = [name for name, each in network.named_parameters() if each.grad is None]
    missing = _("none for {names}").format(names=", ".join(idle))
    return that(not idle, _("gradients for all parameters"), missing if idle else _("for all"))


def _width(name: str, *sizes: int) -> Callable[[Notebook], Comparison]:
    def run(notebook: Notebook) -> Comparison:
        counts = [
            sum(each.numel() for each in getattr(notebook, name)(*sizes, *hidden).parameters())
            for hidden in ((8,), (32,), ())
        ]
        right = counts[0] < counts[1] == counts[2]
        told = _("fewer parameters for hidden_dim 8 than for 32, and 32 if nothing is said")
        return that(right, told, _("for 8, 32, and nothing said: {counts}").format(counts=counts))

    return run


# Actor


def _distribution(notebook: Notebook) -> Comparison:
    from torch.distributions import Categorical

    actor, obs = _actor(notebook), _observations()
    for rows in (BATCH, 1):
        dist = actor(obs[:rows])
        if not isinstance(dist, Categorical):
            return that(False, "torch.distributions.Categorical", type(dist).__name__)
        compared = shape(dist.probs, [rows, ACTION_DIM])
        if not compared.passed:
            return compared
    return compared


def _sure(notebook: Notebook) -> Comparison:
    likeliest = float(_actor(notebook, 20.0)(_observations()).probs.max(dim=-1).values.median().detach())
    return that(likeliest > 0.9, _("above {number}").format(number=0.9), f"{likeliest:.2f}")


def _actor_trained(notebook: Notebook) -> Comparison:
    import torch

    actor = _actor(notebook)
    return _trained(actor, actor(_observations()).log_prob(torch.zeros(BATCH, dtype=torch.int64)))


def _actor_rows(notebook: Notebook) -> Comparison:
    actor, obs = _actor(notebook), _observations()
    together = actor(obs).probs.detach()
    return first_failure(close(actor(obs[:1]).probs, together[:1]), close(actor(obs).probs, together))


def _kinds(notebook: Notebook) -> Comparison:
    actor, obs = _actor(notebook), _observations()[0].numpy()
    taken = [
        actor.get_action(obs.astype(dtype), greedy) for dtype in ("float32", "float64") for greedy in (True, False)
    ]
    names = sorted({type(each).__name__ for each in taken})
    return that(names == ["int"], "int", ", ".join(names))


def _greedy(notebook: Notebook) -> Comparison:
    """Samples are the likeliest actions of all observations, 20 times over, with a probability of 3e-22."""
    actor, obs = _actor(notebook, 0.5), _observations()
    wanted = [int(actor(each[None]).probs.argmax()) for each in obs]
    for _again in range(20):
        taken = [int(actor.get_action(each.numpy(), greedy=True)) for each in obs]
        if taken != wanted:
            break
    return that(taken == wanted, str(wanted), str(taken))


def _samples(notebook: Notebook) -> Comparison:
    """A frequency of 200 draws is off by more than 0.15 with a probability below 2 exp(-2 * 200 * 0.15^2) = 0.03%."""
    import torch

    torch.manual_seed(0)
    actor, obs = _actor(notebook, 0.5), _observations()[0]
    wanted = actor(obs[None]).probs[0].detach().numpy()
    taken = [int(actor.get_action(obs.numpy())) for _draw in range(DRAWS)]
    came = np.bincount(taken, minlength=ACTION_DIM) / DRAWS
    right = bool((abs(came - wanted) < 0.15).all())
    return that(right, _("about {numbers}").format(numbers=wanted.round(2).tolist()), str(came.round(2).tolist()))


ACTOR_CASES: tuple[Case, ...] = (
    Case(
        "forward: a Categorical over 3 actions for 5 observations, and for one, [1, 4]",
        _distribution,
        "Categorical(logits=...), logits of shape [N, action_dim]; the axis of the batch stays for N = 1.",
    ),
    Case(
        "with large weights, the probability of the likeliest action",
        _sure,
        "Logits are the last layer's output as it is: no softmax, tanh or other bound on it.",
    ),
    Case(
        "every parameter is used and gets a gradient", _actor_trained, "Layers are attributes; no no_grad in forward."
    ),
    Case(
        "each row by itself: the same as in the batch, and when asked again",
        _actor_rows,
        "No mean or softmax over axis 0, no BatchNorm, no dropout.",
    ),
    Case(
        "get_action: a Python int, for float32 and float64",
        _kinds,
        "torch.as_tensor(obs, dtype=torch.float32) takes both; int(...) or .item() makes an int of a tensor.",
    ),
    Case("get_action, greedy: the likeliest action", _greedy, "argmax over the actions, every time."),
    Case("get_action: how often 200 samples take each action", _samples, "dist.sample() unless greedy."),
    Case("hidden_dim sets the width", _width("Actor", OBS_DIM, ACTION_DIM), "Use hidden_dim, with its default of 32."),
)


# ValueNetwork


def _value_shapes(notebook: Notebook) -> Comparison:
    network, obs = _values(notebook), _observations()
    return first_failure(shape(network(obs), [BATCH]), shape(network(obs[:1]), [1]))


def _value_trained(notebook: Notebook) -> Comparison:
    network = _values(notebook)
    return _trained(network, network(_observations()))


def _value_rows(notebook: Notebook) -> Comparison:
    network, obs = _values(notebook), _observations()
    together = network(obs).detach()
    spread = float(together.max() - together.min())
    differ = that(spread > 1e-4, _("several values"), _("the same value for all observations"))
    if together.ndim != 1 or not differ.passed:
        return first_failure(shape(together, [BATCH]), differ)
    return first_failure(close(network(obs[:1]), together[:1]), close(network(obs), together))


def _wide(notebook: Notebook) -> Comparison:
    found = _values(notebook, 20.0)(_observations()).detach()
    # The sign of the last layer's weights is turned round, and with it that of a value without bounds.
    network = _values(notebook, 20.0)
    *_others, last = [each for each in network.parameters() if each.ndim <= 2 and each.numel() >= HIDDEN_DIM]
    last.data = -last.data
    turned = network(_observations()).detach()
    high, low = float(max(found.max(), turned.max())), float(min(found.min(), turned.min()))
    told = _("below {low} and above {high}")
    return that(
        low < -2.0 and high > 2.0,
        told.format(low=-2, high=2),
        _("from {low:.2f} to {high:.2f}").format(low=low, high=high),
    )


VALUE_CASES: tuple[Case, ...] = (
    Case("shape [5] for 5 observations, [1] for one", _value_shapes, "The last layer gives [N, 1]: .squeeze(-1)."),
    Case("every parameter is used and gets a gradient", _value_trained, "Layers are attributes; no detach in forward."),
    Case(
        "each row by itself: the same as in the batch, and when asked again",
        _value_rows,
        "No mean over axis 0, no BatchNorm, no dropout.",
    ),
    Case("with large weights, values go far", _wide, "No activation after the last layer: a value is any real number."),
    Case("hidden_dim sets the width", _width("ValueNetwork", OBS_DIM), "Use hidden_dim, with its default of 32."),
)
