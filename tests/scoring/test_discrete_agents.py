"""Trained agents that choose among actions: REINFORCE's, really trained, in a real sandbox on CartPole."""

import base64

import gymnasium
import numpy as np
import pytest
from safetensors.numpy import load
from safetensors.torch import save

from autograder.demo.made_up_class import AGENT
from autograder.sandbox.student import Fitted, Student
from autograder.scoring.play import play
from autograder.scoring.seeds import hidden_seeds
from solutions import reinforce
from tests.cartpole_agent import trained_agent
from tests.scoring.submitted import CARTPOLE
from tests.untranslated import untranslated


def acting(body: str) -> str:
    """The reference's Actor with another ``get_action``."""
    return f"class Actor(Actor):\n    def get_action(self, obs, greedy=False):\n        {body}\n"


def built_with(weights: str) -> str:
    """The reference's Actor, whose constructor does this after the rest."""
    return f"class Actor(Actor):\n    def __init__(self, *sizes):\n        super().__init__(*sizes)\n{weights}"


def return_in_numpy(content: bytes, seed: int) -> int:
    """Steps that the file's network balances, without torch and without the student's code."""
    weights = load(content)
    env = gymnasium.make("CartPole-v1")
    obs, _ = env.reset(seed=seed)
    total = 0
    while True:
        hidden = np.tanh(weights["logits.0.weight"] @ obs + weights["logits.0.bias"])
        logits = weights["logits.2.weight"] @ hidden + weights["logits.2.bias"]
        obs, _, terminated, truncated, _ = env.step(int(logits.argmax()))
        total += 1
        if terminated or truncated:
            env.close()
            return total


def test_a_trained_agent_reaches_the_return_and_its_training_is_shown(balancing):
    found = balancing.player(episodes=10).judge_file(trained_agent())
    assert (found.status, found.share, found.message, found.mean_return) == ("passed", 1.0, "", 500.0)
    returns, curve = found.evidence
    assert returns["returns"] == [500.0] * 10
    assert (returns["threshold"], curve["kind"]) == (CARTPOLE.full_at, "learning_curve")
    assert curve["returns"][0] < 50 < 300 < curve["returns"][-1] <= 500
    assert len(found.states) == 500  # 10 seconds
    assert {state.shape for state in found.states} == {(4,)}


@pytest.mark.parametrize("epochs", [0, 8])
def test_an_agent_with_little_or_no_training_gets_the_returns_of_its_network(balancing, epochs):
    seeds = hidden_seeds(b"secret", "test", 6)
    process = balancing.process.open_check()
    fitted = Student(process).fit_policy("Actor", trained_agent(epochs), [4, 2])
    assert isinstance(fitted, Fitted)
    played = play(fitted.actor, "CartPole-v1", seeds)
    process.close()
    assert played.returns == played.projected == tuple(return_in_numpy(trained_agent(epochs), seed) for seed in seeds)
    assert played.steps == played.returns


def test_an_episode_that_goes_on_is_projected_and_one_that_has_ended_is_not(balancing):
    process = balancing.process.open_check()
    fitted = Student(process).fit_policy("Actor", trained_agent(), [4, 2])
    assert isinstance(fitted, Fitted)
    assert play(fitted.actor, "CartPole-v1", [1, 2], max_steps=50).projected == (500.0, 500.0)
    process.close()
    pushed = balancing.opener(acting("return 1"))()
    actor = Student(pushed).keep.Actor(4, 2, 8)
    played = play(actor, "CartPole-v1", [1, 2], max_steps=50)
    pushed.close()
    assert played.projected == played.returns
    assert max(played.returns) <= 11


FOREIGN = {
    "HalfCheetah's agent": (AGENT.read_bytes(), "received others"),
    "another architecture": (
        save({name: each.clone() for name, each in reinforce.ValueNetwork(4).state_dict().items()}),
        "received others",
    ),
    "three actions": (
        save({name: each.clone() for name, each in reinforce.Actor(4, 3).state_dict().items()}),
        "as in your Actor, received [3",
    ),
    "a pickle": (b"\x80\x04cos\nsystem\n(S'true'\ntR.", "received a pickle"),
    "cut short": (AGENT.read_bytes()[:-7], "expected a file in safetensors' format"),
}


@pytest.mark.parametrize(("content", "said"), FOREIGN.values(), ids=FOREIGN)
def test_a_file_that_does_not_fit_is_said_to_the_student(balancing, content, said):
    found = balancing.player().judge_file(content)
    assert (found.status, found.share, found.mean_return) == ("failed", 0.0, None)
    assert said in found.message
    assert found.obstacle == found.message
    assert untranslated(found.message) == []


BAD_CHOICES = {
    "nothing": ("return None", "received None"),
    "a third action": ("return 2", "from 0 to 1, received 2"),
    "a negative one": ("return -1", "received -1"),
    "something between": ("return 0.5", "received 0.5"),
    "NaN": ("return float('nan')", "received nan"),
    "two actions": ("return torch.tensor([0, 1])", "received a torch tensor of shape [2]"),
    "an exception": ("raise ValueError", "Your code raised ValueError."),
}


@pytest.mark.parametrize(("body", "said"), BAD_CHOICES.values(), ids=BAD_CHOICES)
def test_what_is_no_action_ends_playing_with_a_reason(balancing, body, said):
    found = balancing.player(acting(body)).judge_file(trained_agent())
    assert (found.status, found.share, found.mean_return) == ("failed", 0.0, None)
    assert said in found.message
    assert untranslated(found.message) == []


@pytest.mark.parametrize("wrapped", ["torch.tensor({})", "np.array([{}])", "float({})", "bool({})", "np.int64({})"])
def test_the_number_of_an_action_is_taken_in_any_clothes(balancing, wrapped):
    body = f"return {wrapped.format('super().get_action(obs, greedy)')}"
    assert balancing.player(acting(body)).judge_file(trained_agent()).mean_return == 500.0


def test_an_untrained_actor_is_not_suspicious_and_one_with_trained_weights_in_its_text_is(balancing):
    """Wrongly suspected with a probability below 1e-6 (``python -m benchmarks.untrained_actors``)."""
    assert balancing.player().untrained_share() < 0.5
    text = base64.b64encode(trained_agent()).decode()
    load_them = (
        "        import base64, safetensors.torch\n"
        f"        weights = safetensors.torch.load(base64.b64decode('{text}'))\n"
        "        self.logits = nn.Sequential(nn.Linear(4, 32), nn.Tanh(), nn.Linear(32, 2))\n"
        "        self.load_state_dict(weights)\n"
    )
    assert balancing.player(built_with(load_them)).untrained_share() == 1.0


def test_an_actor_that_is_lucky_once_is_not_suspicious(balancing):
    """The first one that is built balances: its logits are angle and angular velocity, and the last ones fall."""
    once = (
        "        weight, bias = torch.zeros(2, 4), torch.zeros(2)\n"
        "        if not hasattr(Actor, 'built'): weight[1] = torch.tensor([0.0, 0.2, 1.0, 0.8])\n"
        "        else: bias[1] = 1.0\n"
        "        Actor.built = True\n"
        "        self.logits = nn.Linear(4, 2)\n"
        "        self.logits.load_state_dict({'weight': weight, 'bias': bias})\n"
    )
    always = once.replace("not hasattr(Actor, 'built')", "True")
    assert balancing.player(built_with(always)).untrained_share() == 1.0
    assert balancing.player(built_with(once)).untrained_share() < 0.1
