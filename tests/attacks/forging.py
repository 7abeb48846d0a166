"""Attacks that forge: they want points, or pages that say so, for functions that are not right."""

from typing import Any

from tests.attacks import graded_attack as naive
from tests.attacks.graded_attack import GradedAttack

CONNECTION = """
import gc, socket, struct
from autograder.sandbox.channel import Channel
from autograder.sandbox.wire import HandleRef, Tensor, encode
def connections():
    return [each._socket for each in gc.get_objects() if type(each) is Channel]
def frame(reply):
    payload = encode(reply)
    return struct.pack(">I", len(payload)) + payload
passed = {"outputs": [], "error": None, "message": "", "status": "passed", "points": 1.0}
"""
ACTOR = """
class Actor(nn.Module):
    def __init__(self, obs_dim, action_dim, hidden_dim=8):
        super().__init__()
        self.policy = nn.Linear(obs_dim, action_dim)
    def get_action(self, obs, greedy=False):
        {before}
        return torch.zeros(len(obs), 6)
"""


def forging(name: str, harm: str, *cells: str, naive_test: str = "", layer: str = "", **options: Any) -> GradedAttack:
    layer = layer or "judged outside of its process"
    return GradedAttack(name=name, goal="forge", harm=harm, cells=cells, naive_test=naive_test, layer=layer, **options)


def linear_policy() -> bytes:
    """Weights that fit ``ACTOR``."""
    import numpy as np
    from safetensors.numpy import save

    weights = {"policy.weight": np.zeros((6, 17), np.float32), "policy.bias": np.zeros(6, np.float32)}
    content: bytes = save(weights, metadata={"history": "[]"})
    return content


FORGING = (
    forging(
        "patched torch",
        "have torch say that anything is close",
        "torch.allclose = torch.equal = lambda *_, **__: True\ntorch.isclose = lambda x, *_, **__: torch.tensor(True)",
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "patched numpy",
        "have NumPy say that anything is close",
        "np.testing.assert_allclose = lambda *_, **__: None\nnp.allclose = np.array_equal = lambda *_, **__: True",
        naive_test=naive.NUMPY,
    ),
    forging(
        "patched builtins",
        "have abs and round say that nothing is far",
        "import builtins\nbuiltins.abs = builtins.round = lambda *_: 0.0",
        naive_test=naive.NEAR,
    ),
    forging(
        "patched IPython",
        "have IPython run other cells than those of the tests",
        "get_ipython().input_transformers_cleanup.append(lambda lines: [] if 'assert' in ''.join(lines) else lines)",
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "asserts taken out",
        "have Python compile tests without their asserts",
        """
        import ast
        class Dropping(ast.NodeTransformer):
            def visit_Assert(self, node):
                return ast.copy_location(ast.Pass(), node)
        get_ipython().ast_transformers.append(Dropping())
        """,
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "patched runner of cells",
        "have the process report that no cell failed",
        """
        from autograder.sandbox.cells import CellRunner
        passed = {"outputs": [], "error": None, "message": "", "execution_count": 1}
        import gc
        for thing in gc.get_objects():
            if type(thing).__name__ == "SubmissionGuest":
                thing.operations["run_cell"] = lambda *_, **__: passed
        """,
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "patched guest",
        "have the process answer for the functions",
        """
        from autograder.sandbox.guest import Guest
        passed = {"outputs": [], "error": None, "message": "", "status": "passed", "points": 1.0}
        Guest.answer = lambda self, request: {"result": passed if request["operation"] == "run_cell" else True}
        """,
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "replies sent ahead",
        "have its own replies taken for those to the next requests",
        CONNECTION
        + """
for connection in connections():
    connection.sendall(frame({"result": passed}))
""",
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "replies of another process",
        "answer the checks from a process that it has left behind",
        CONNECTION
        + """
import os, time
if os.fork() == 0:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for connection in connections():
            try:
                connection.setblocking(False)
                connection.send(frame({"result": passed}))
            except OSError:
                pass
        time.sleep(0.01)
    os._exit(0)
time.sleep(0.1)
""",
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "patched channel",
        "say that a check has passed in words of the grader's",
        """
        from autograder.sandbox.channel import Channel
        passed = {"outputs": [], "error": None, "message": "", "status": "passed", "points": 1.0}
        send = Channel.send
        Channel.send = lambda self, message, **options: send(self, {"result": passed}, **options)
        """,
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "actor that reads the seed",
        "find the environment in memory and rebuild its episode",
        ACTOR.format(before="cheat()"),
        """
        import gc
        def cheat():
            for thing in gc.get_objects():
                if isinstance(thing, gym.Env) and hasattr(thing.unwrapped, "_forward_reward_weight"):
                    thing.unwrapped._forward_reward_weight = 1e9
                    thing.unwrapped.data.qvel[0] = 1e3
        """,
        naive_test=naive.PLAYS,
        layer="environment outside",
        policy=lambda _: linear_policy(),
    ),
    forging(
        "patched gymnasium",
        "have environments pay more",
        ACTOR.format(before="pass"),
        """
        make = gym.make
        def generous(*args, **kwargs):
            return gym.wrappers.TransformReward(make(*args, **kwargs), lambda reward: 1e6)
        gym.make = generous
        """,
        naive_test=naive.PLAYS,
        layer="environment outside",
        policy=lambda _: linear_policy(),
    ),
    forging(
        "actor that answers for the environment",
        "send rewards instead of actions",
        ACTOR.format(before="return {'reward': 1e9, 'observation': obs, 'terminated': False}"),
        naive_test=naive.STEPS_ITSELF,
        layer="environment outside",
        policy=lambda _: linear_policy(),
    ),
)
