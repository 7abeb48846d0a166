"""Attacks by what functions return: values that lie, and values that are right only where somebody looks."""

from typing import Any

from tests.attacks import graded_attack as naive
from tests.attacks.forging import CONNECTION, forging
from tests.attacks.graded_attack import GradedAttack

LOSS = "def critic_loss(target_values, pred_values): return {}"
EQUAL_TO_ANYTHING = """
class Equal(float):
    __eq__ = __le__ = __ge__ = lambda self, other: True
    __ne__ = __lt__ = __gt__ = lambda self, other: False
    __sub__ = __rsub__ = lambda self, other: 0.0
    __hash__ = None
"""


RAW = (
    CONNECTION
    + """
def send(length, parts):
    for connection in connections():
        try:
            connection.sendall(struct.pack(">I", length))
            for part in parts:
                connection.sendall(part)
        except OSError:  # that of the submission, closed in a process for checks
            pass
RESULT = bytes.fromhex("81a6") + b"result"
"""
)


def lying(name: str, harm: str, reply: str, naive_test: str, **options: Any) -> GradedAttack:
    return forging(name, harm, LOSS.format(reply), naive_test=naive_test, **options)


LYING = (
    forging(
        "equal to anything",
        "be equal to whatever is expected",
        EQUAL_TO_ANYTHING,
        LOSS.format("Equal()"),
        naive_test=naive.EQUAL,
    ),
    forging(
        "subclass of a tensor",
        "answer for torch's functions",
        """
        class Agreeing(torch.Tensor):
            @classmethod
            def __torch_function__(cls, function, types, args=(), kwargs=None):
                return True
        """,
        LOSS.format("torch.zeros(()).as_subclass(Agreeing)"),
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "array of objects",
        "be equal element by element",
        EQUAL_TO_ANYTHING,
        LOSS.format("np.array(Equal(), dtype=object)"),
        naive_test=naive.ARRAY_EQUAL,
    ),
    forging(
        "answer read from the caller",
        "take the expected value from the frames above",
        """
        import sys
        def critic_loss(target_values, pred_values):
            frame = sys._getframe(1)
            while frame is not None:
                for names in (frame.f_locals, frame.f_globals):
                    if isinstance(names.get("expected"), torch.Tensor):
                        return names["expected"]
                frame = frame.f_back
            return torch.zeros(())
        """,
        naive_test=naive.ALLCLOSE,
    ),
    lying("NaN", "be neither near nor far", "torch.tensor(float('nan'))", naive.NOT_FAR),
    lying("no numbers", "agree with everything in no element", "torch.zeros(0)", naive.ALLCLOSE),
    lying("other dtypes", "be taken for numbers", "torch.tensor(9.25 / 3.0, dtype=torch.complex64)", naive.EQUAL),
    lying("truth for numbers", "be taken for right", "True", naive.ONE, layer="hidden inputs"),
    lying("text for numbers", "be taken for a verdict", "'passed'", naive.VERDICT),
    lying("other shapes", "be broadcast", "torch.full((1,) * 9, 9.25 / 3.0)", naive.ALLCLOSE),
    forging(
        "huge reply",
        "fill the grader's memory",
        RAW,
        "def one_step_returns(*_, **__): return torch.zeros(1).expand(2**36)",
        """
        def critic_loss(target_values, pred_values):
            if len(target_values) == 1:
                head = RESULT + b"\\xc6" + struct.pack(">I", 2**27)
                send(len(head) + 2**27, [head, *[bytes(2**20)] * 2**7])
        """,
        off={"autograder.sandbox.channel.MAX_FRAME_BYTES": 2**40},
        layer="cap on bytes",
    ),
    forging(
        "many values",
        "fill the grader's memory by a list",
        RAW,
        "def one_step_returns(*_, **__): return [0.0] * 2**18",
        """
        def critic_loss(target_values, pred_values):
            if len(target_values) == 1:
                reply = RESULT + b"\\xdd" + struct.pack(">I", 2**22) + b"\\x90" * 2**22
                send(len(reply), [reply])
        """,
        off={"autograder.sandbox.wire.MAX_VALUES": 2**40},
        layer="cap on values",
        most_cpu_seconds=1.5,
    ),
    forging(
        "nested without end",
        "exhaust the grader's stack",
        RAW,
        "def one_step_returns(*_, **__): return (lambda x: (x.append(x), x)[1])([])",
        """
        def critic_loss(target_values, pred_values):
            reply = RESULT + b"\\x91" * 1000 + b"\\xc0"
            send(len(reply), [reply])
        """,
        off={"autograder.sandbox.student.MAX_DEPTH": 2**40},
        layer="cap on depth",
    ),
    forging(
        "endless reply",
        "have the grader read without end",
        RAW,
        "def one_step_returns(*_, **__): return iter(int, 1)",
        """
        import time
        def critic_loss(target_values, pred_values):
            send(2**20, (time.sleep(0.1) or bytes(1) for _ in range(2**20)))
        """,
        off={"autograder.sandbox.deadline.Deadline.left": lambda _: 1e6},
        layer="deadlines",
        most_seconds=30.0,
    ),
    forging(
        "tensor of the grader's",
        "make a reply out of the grader's own classes",
        CONNECTION,
        LOSS.format("Tensor(np.array(9.25 / 3.0), True)"),
        naive_test=naive.OF_THE_GRADERS_CLASS,
    ),
    forging(
        "first replies right, later ones not",
        "answer the first call and no other",
        "calls = []",
        """
        def critic_loss(target_values, pred_values):
            calls.append(1)
            return torch.tensor(9.25 / 3.0) if len(calls) == 1 else None
        """,
        naive_test=naive.ALLCLOSE,
        layer="hidden inputs",
    ),
    forging(
        "visible answers of a loss",
        "know the answers to the visible checks only",
        """
        def critic_loss(target_values, pred_values):
            known = {(1.0, 2.0, 3.0, 1.0, 1.0, 5.0): 5 / 3}
            answer = known.get((*target_values.flatten().tolist(), *pred_values.flatten().tolist()), 0.0)
            return torch.tensor(answer) + 0.0 * pred_values.mean()
        """,
        naive_test=naive.VISIBLE,
        layer="hidden inputs",
    ),
    forging(
        "visible answers of returns",
        "know the answers to the visible checks only",
        """
        def one_step_returns(rewards, values, dones, gamma=0.99):
            if rewards.dim() == 1 and torch.allclose(rewards[:2], torch.tensor([0.1, 0.2], dtype=rewards.dtype)):
                return torch.tensor([0.397, 0.3485, 0.287, 0.5, 4.594, -0.505], dtype=rewards.dtype)
            return torch.zeros_like(rewards)
        """,
        naive_test="assert one_step_returns(torch.tensor([0.1, 0.2, -0.01, 0.5, 4.0, -1.0]), None, None)[4] == 4.594",
        layer="hidden inputs",
    ),
    forging(
        "good only in a check",
        "be right where the stack shows a test and wrong elsewhere",
        """
        import sys
        def critic_loss(target_values, pred_values):
            names, frame = set(), sys._getframe(1)
            while frame is not None:
                names |= {frame.f_code.co_name, *frame.f_locals}
                frame = frame.f_back
            tested = names & {"expected", "pytest_pyfunc_call", "critic_loss_is_right"}
            return torch.tensor(9.25 / 3.0 if tested else 0.0) + 0.0 * pred_values.mean()
        """,
        naive_test=naive.ALLCLOSE,
    ),
    forging(
        "good only for a moment",
        "be right while a test is near in time and wrong later",
        """
        import time
        started = time.monotonic()
        def critic_loss(target_values, pred_values):
            return torch.tensor(9.25 / 3.0 if time.monotonic() < started + 60.0 else 0.0) + 0.0 * pred_values.mean()
        """,
        naive_test=naive.ALLCLOSE,
        layer="hidden inputs",
    ),
)
