"""Trained agents that are handed in, and what may be handed in in their place; real sandbox, real HalfCheetah."""

import base64
import io

import numpy as np
import pytest
import torch
from safetensors.numpy import load
from safetensors.torch import save

from autograder.demo.made_up_class import AGENT
from autograder.sandbox.student import Fitted, Student
from autograder.scoring.episodes import Episodes
from autograder.scoring.play import play
from autograder.scoring.seeds import hidden_seeds
from solutions import ppo
from tests.scoring.submitted import TASK
from tests.untranslated import untranslated

CONTENT = AGENT.read_bytes()


def weights_with(**changed: torch.Tensor | None) -> bytes:
    """The agent's file with other tensors in it, or without some."""
    from safetensors.torch import load

    names = {name.replace("__", "."): tensor for name, tensor in changed.items()}
    kept = {name: tensor for name, tensor in (load(CONTENT) | names).items() if tensor is not None}
    return save(kept)


def acting(body: str) -> str:
    """The reference's Actor with another ``get_action``."""
    return f"class Actor(Actor):\n    calls = 0\n    def get_action(self, obs, greedy=False):\n{body}"


def greedy_in_numpy(observation: np.ndarray) -> np.ndarray:
    """The mean action of the file's network, without torch and without the student's code."""
    weights = {name: value.astype(np.float64) for name, value in load(CONTENT).items()}
    spread = np.sqrt(weights["normalise.variance"] + 1e-8)
    hidden = np.clip((observation - weights["normalise.mean"]) / spread, -10, 10)
    for layer in (0, 2, 4):
        hidden = weights[f"policy.{layer}.weight"] @ hidden + weights[f"policy.{layer}.bias"]
        hidden = np.tanh(hidden) if layer < 4 else hidden
    return hidden


def test_a_trained_agent_earns_all_points_and_an_untrained_one_nothing(submitted):
    found = submitted.player().judge_file(CONTENT)
    assert (found.status, found.share, found.message) == ("passed", 1.0, "")
    assert found.mean_return is not None and found.mean_return > TASK.full_at
    returns, curve = found.evidence
    assert np.mean(returns["returns"]) == pytest.approx(found.mean_return, abs=0.1)
    assert curve["kind"] == "learning_curve"  # its file tells of its training
    assert curve["steps"][-1] == 296_000
    assert len(found.states) == 200  # 10 seconds
    assert submitted.player().untrained_share() == 0.0


def test_the_return_is_that_of_the_network_in_the_file(submitted):
    """For 40 steps: after that, rounding of float32 can have grown to another gait."""
    import gymnasium

    seeds = hidden_seeds(b"secret", "oracle", 2)
    process = submitted.process.open_check()
    fitted = Student(process).fit_policy("Actor", CONTENT, [17, 6])
    assert isinstance(fitted, Fitted)
    played = play(fitted.actor, "HalfCheetah-v5", seeds, max_steps=40)
    process.close()
    assert played.steps == (40, 40)
    for seed, received in zip(seeds, played.returns, strict=True):
        env = gymnasium.make("HalfCheetah-v5")
        observation, _ = env.reset(seed=seed)
        total = 0.0
        for _ in range(40):
            action = np.clip(greedy_in_numpy(observation.astype(np.float32)), -1, 1)
            observation, reward, *_ = env.step(action.astype(np.float32))
            total += float(reward)
        env.close()
        assert received == pytest.approx(total, abs=0.5)


def test_playing_twice_gives_the_same_returns(submitted):
    first, second = (submitted.player().judge_file(CONTENT).mean_return for _ in range(2))
    assert first == second


def test_a_network_of_another_width_is_recognised_by_its_shapes(submitted):
    torch.manual_seed(0)
    for width in (6, 17, 200):  # those of actions and observations, too
        content = save({name: each.clone() for name, each in ppo.Actor(17, 6, width).state_dict().items()})
        found = submitted.player().judge_file(content)
        assert found.mean_return is not None, (width, found.message)


def torch_saved() -> bytes:
    stream = io.BytesIO()
    torch.save(ppo.Actor(17, 6, 64).state_dict(), stream)
    return stream.getvalue()


MALFORMED = {
    "empty": (b"", "expected a file in safetensors' format"),
    "cut short": (CONTENT[:-7], "expected a file in safetensors' format"),
    "text": (b"my agent " * 100, "expected a file in safetensors' format"),
    "a header of exabytes": ((1 << 62).to_bytes(8, "little") + b"{}", "expected a file in safetensors' format"),
    "a header of zeros": (bytes(4096), "expected a file in safetensors' format"),
    "torch.save": (torch_saved(), "received a pickle"),
    "a bare pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", "received a pickle"),
    "a name too few": (weights_with(log_std=None), "missing: log_std; unknown: no name"),
    "a name too many": (weights_with(extra=torch.ones(2)), "missing: no name; unknown: extra"),
    "another shape": (weights_with(log_std=torch.zeros(7)), "`log_std`: expected [6] as in your Actor, received [7]"),
    "whole numbers": (weights_with(log_std=torch.zeros(6, dtype=torch.int64)), "received torch.int64"),
    "NaN": (weights_with(policy__4__bias=torch.full((6,), torch.nan)), "`policy.4.bias`: expected finite numbers"),
    "infinity": (weights_with(normalise__mean=torch.full((17,), torch.inf)), "`normalise.mean`: expected finite"),
}


@pytest.mark.parametrize(("content", "said"), MALFORMED.values(), ids=MALFORMED)
def test_a_file_that_cannot_be_used_is_said_to_the_student(submitted, content, said):
    found = submitted.player().judge_file(content)
    assert (found.status, found.share, found.mean_return) == ("failed", 0.0, None)
    assert said in found.message
    assert untranslated(found.message) == []


BAD_ACTIONS = {
    "no action": ("        return None\n", "received None"),
    "one for all": ("        return torch.zeros(6)\n", "received a torch tensor of shape [6]"),
    "those of one too few": ("        return torch.zeros(len(obs) - 1, 6)\n", "expected numbers of shape [2, 6]"),
    "truth values": ("        return torch.zeros(len(obs), 6) > 1\n", "expected numbers of shape [2, 6]"),
    "NaN": ("        return torch.full((len(obs), 6), torch.nan)\n", "received NaN or infinity"),
    "an object": ("        return object()\n", "expected numbers"),
    "megabytes": ("        return torch.zeros(2, 6, 10**6)\n", "cannot be judged"),
    "an exception": ("        raise ValueError(obs)\n", "Your code raised ValueError."),
    "the end of the process": ("        import os; os._exit(0)\n", "ended before it answered"),
}


@pytest.mark.parametrize(("body", "said"), BAD_ACTIONS.values(), ids=BAD_ACTIONS)
def test_what_is_no_action_ends_playing_with_a_reason(submitted, body, said):
    found = submitted.player(acting(body)).judge_file(CONTENT)
    assert (found.status, found.share) == ("failed", 0.0)
    assert said in found.message
    assert untranslated(found.message) == []


def test_an_actor_that_sleeps_is_scored_by_what_it_reached(submitted):
    body = (
        "        Actor.calls += 1\n"
        "        if Actor.calls > 300:\n"
        "            import time; time.sleep(10**6)\n"
        "        return super().get_action(obs, greedy)\n"
    )
    found = submitted.player(acting(body), seconds=8.0).judge_file(CONTENT)
    assert found.status == "timeout"
    assert found.mean_return is not None and 500 < found.mean_return < 2500
    assert found.share == TASK.share(found.mean_return)
    assert "after 300 steps of each episode" in found.message
    assert untranslated(found.message) == []


def test_actions_beyond_the_bounds_are_those_at_the_bounds(submitted):
    moves = "        sign = torch.tensor([1.0, -1, 1, -1, 1, -1]).expand(len(obs), 6)\n"
    returns = [
        submitted.player(acting(f"{moves}        return {factor} * sign\n")).judge_file(CONTENT).mean_return
        for factor in ("1.0", "1e30")
    ]
    assert returns[0] == returns[1]


SPYING = acting(
    "        import gymnasium\n"
    "        if not Actor.calls:\n"
    "            twin = gymnasium.make('HalfCheetah-v5')\n"
    "            starts = ((seed, twin.reset(seed=seed)[0]) for seed in range(300))\n"
    "            Actor.found = [s for s, o in starts if any(np.allclose(o, each, atol=1e-5) for each in obs.numpy())]\n"
    "        Actor.calls += 1\n"
    "        return torch.zeros(len(obs), 6)\n"
)


@pytest.mark.parametrize(("seeds", "found"), [((7, 211), [7, 211]), (hidden_seeds(b"secret", "test", 2), [])])
def test_a_twin_environment_finds_small_seeds_but_no_hidden_ones(submitted, seeds, found):
    process = submitted.opener(SPYING)()
    process.renew(60.0)
    actor = Student(process).keep.Actor(17, 6, 8)
    play(actor, "HalfCheetah-v5", list(seeds), max_steps=2)
    assert actor.attribute("found") == found
    process.close()


def test_hidden_seeds_are_many_and_the_same_in_every_run():
    seeds = hidden_seeds(b"secret", "ppo.policy", 10)
    assert seeds == hidden_seeds(b"secret", "ppo.policy", 10)
    assert not set(seeds) & set(hidden_seeds(b"another", "ppo.policy", 10))
    assert not set(seeds) & set(hidden_seeds(b"secret", "ppo.trainer", 10))
    assert len(set(seeds)) == 10
    assert all(0 <= seed < 2**63 for seed in seeds)
    assert min(seeds) > 2**32  # with probability 1 - 10 / 2^31; this secret is the same in every run


def trained_in_its_text(width):
    """An Actor that acts by trained weights in its text if it is built with this width."""
    text = base64.b64encode(CONTENT).decode()
    return (
        "class Actor(Actor):\n"
        "    def __init__(self, obs_dim, action_dim, hidden_dim=64):\n"
        "        super().__init__(obs_dim, action_dim, hidden_dim)\n"
        f"        if hidden_dim == {width}:\n"
        "            import base64, safetensors.torch\n"
        f"            weights = safetensors.torch.load(base64.b64decode('{text}'))\n"
        "            trained = type(self).__mro__[1](obs_dim, action_dim, 64)\n"
        "            trained.load_state_dict(weights)\n"
        "            self.get_action = trained.get_action\n"
    )


@pytest.mark.parametrize(("width", "known"), [(64, ()), (128, (128,))])
def test_an_actor_with_trained_weights_in_its_text_is_found_out(submitted, width, known):
    player = submitted.player(trained_in_its_text(width), episodes=4, widths=known)
    assert player.untrained_share() > 0.5


def test_the_width_that_a_file_fits_is_tried_too(submitted):
    player = submitted.player(trained_in_its_text(96), episodes=2)
    assert player.untrained_share() == 0.0
    assert player.judge_file(save(ppo.Actor(17, 6, 96).state_dict())).mean_return is not None
    assert player.untrained_share() > 0.5


@pytest.mark.parametrize(
    "code", ["Actor = None", "del Actor", acting("        return None\n"), "import os\nActor = os._exit"]
)
def test_an_actor_that_does_not_play_is_not_suspicious(submitted, code):
    assert submitted.player(code).untrained_share() == 0.0


def test_episodes_that_end_early_go_on_for_the_others():
    """CartPole, pushed to the right only: each episode's return is its own number of steps."""
    with Episodes("CartPole-v1", [1, 2, 3]) as episodes:
        while not episodes.over:
            episodes.step(np.ones(episodes.action_shape))
    assert list(episodes.returns) == list(episodes.steps)
    assert all(8 <= steps <= 11 for steps in episodes.steps)
    assert len(episodes.states) == episodes.steps[0] + 1  # the fall is seen, too
    assert list(episodes.projected()) == list(episodes.returns)
