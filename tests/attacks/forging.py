"""Attacks that forge: notebooks that want points for an exercise that they have not solved, graded for real.

Every notebook has a wrong ``one_step_returns``; the attack's cell comes after it. Whatever points it gets beyond those of
the wrong function alone are forged.
"""

from __future__ import annotations

from autograder.demo.demo_notebook import DemoNotebook, grade_id
from tests.attacks.attack import Attack, Outcome, attack

EXERCISE = "one_step_returns"
CHECK = f"check_{EXERCISE}"
WRONG = f"def {EXERCISE}(rewards, values, dones, gamma=0.99):\n    return torch.zeros_like(rewards) - 77.0\n"
RETURNS = f"def {EXERCISE}(rewards, values, dones, gamma=0.99):\n    "


def forged(outcome: Outcome, _secret: str) -> bool:
    return outcome.facts["forged points"] > 0


def forging(name: str, harm: str, source: str, **options) -> Attack:
    return attack(name, "forge", harm, source, **{"judge": forged, "levels": {"namespaces"}} | options)


def lie(name: str, value: str) -> Attack:
    return forging(name, "have a false value taken for right", f"{RETURNS}return {value}")


FORGING = (
    forging(
        "torch patched",
        "make torch find everything equal",
        """
        import torch
        torch.allclose = torch.equal = torch.is_tensor = lambda *args, **kwargs: True
        torch.testing.assert_close = lambda *args, **kwargs: None
        torch.Tensor.__eq__ = torch.Tensor.__ne__ = lambda self, other: True
        """,
        control=True,
    ),
    forging(
        "numpy patched",
        "make NumPy find everything equal",
        """
        import numpy
        numpy.allclose = numpy.array_equal = numpy.isclose = lambda *args, **kwargs: True
        numpy.testing.assert_allclose = numpy.testing.assert_array_equal = lambda *args, **kwargs: None
        """,
    ),
    forging(
        "builtins patched",
        "make Python find everything true",
        "import builtins\nbuiltins.all = builtins.any = lambda *args: True\nbuiltins.abs = lambda value: 0.0",
    ),
    forging(
        "checks replaced",
        "replace the check that the notebook calls",
        "import rlhelpers, rlhelpers.inline_checks\n"
        "check = rlhelpers.inline_checks.run_checks = lambda *args, **kwargs: 1.0",
        control=True,
    ),
    forging(
        "IPython patched",
        "have every cell succeed",
        """
        shell = get_ipython()
        shell.run_cell = lambda *args, **kwargs: type("Done", (), {"error_before_exec": None, "error_in_exec": None})()
        shell.showtraceback = lambda *args, **kwargs: None
        """,
    ),
    forging(
        "guest patched",
        "answer the grader's calls in the guest's place",
        """
        import autograder.sandbox.guest as guest
        guest.Guest.answer = lambda self, request: {"result": True}
        """,
    ),
    forging(
        "wire patched",
        "send what it likes",
        "import autograder.sandbox.wire as wire\nimport autograder.sandbox.channel as channel\n"
        "channel.encode = lambda message: wire.encode({'result': True})",
    ),
    forging(
        "replies in advance",
        "write results into the guest's socket before the grader asks",
        f"""
        import msgpack
        def sockets():
            for number in range(3, 64):
                with contextlib.suppress(OSError):
                    if stat.S_ISSOCK(os.fstat(number).st_mode):
                        yield socket.socket(fileno=os.dup(number))
        {EXERCISE}_before = {EXERCISE}
        def {EXERCISE}(*args, **kwargs):
            payload = msgpack.packb({{"result": True}})
            for each in sockets():
                each.sendall(struct.pack(">I", len(payload)) + payload)
            return {EXERCISE}_before(*args, **kwargs)
        """,
    ),
    forging(
        "score printed",
        "print what looks like a result",
        """
        import json
        print("12 passed, all checks passed, score: 5.0/5.0")
        for name in ("report.json", "results.json", "/tmp/report.json"):
            with contextlib.suppress(OSError):
                json.dump({"score": 5.0, "status": "graded", "checks": []}, open(name, "w"))
        5.0
        """,
    ),
    forging(
        "expected value in a caller's frame",
        "find the right answer by walking the stack",
        RETURNS
        + """frame = __import__("sys")._getframe()
    while frame:
        for name, value in list(frame.f_locals.items()):
            if name in ("expected", "wanted", "want", "reference") and getattr(value, "shape", None) == rewards.shape:
                return torch.as_tensor(value)
            for attribute in ("expected", "wanted"):
                found = getattr(value, attribute, None)
                if getattr(found, "shape", None) == rewards.shape:
                    return torch.as_tensor(found)
        frame = frame.f_back
    return rewards * 0""",
    ),
    forging(
        "somebody's solution in memory",
        "find a right function by the garbage collector",
        RETURNS
        + f"""import gc, types
    for each in gc.get_objects():
        if isinstance(each, types.FunctionType) and each.__name__ in ("{EXERCISE}", "one_step") and \\
                each.__module__ not in ("submission", "__main__"):
            return each(rewards, values, dones, gamma)
    return rewards * 0""",
    ),
    forging(
        "solution imported",
        "import the solution or the oracle",
        f"""
        for name in ("solutions.ppo", "autograder.suites.ppo.oracles", "autograder.demo.roster"):
            try:
                module = __import__(name, fromlist=["*"])
                {EXERCISE} = getattr(module, "{EXERCISE}")
            except (ImportError, AttributeError):
                pass
        """,
        control=True,
    ),
    forging(
        "visible cases by heart",
        "know the public cases' answers only",
        RETURNS
        + """if rewards.numel() <= 4 and float(rewards.sum()) == int(rewards.sum()):
        return rewards + gamma * (1 - dones.to(rewards.dtype)) * values[1:].to(rewards.dtype) * (rewards.numel() == 3)
    return rewards * 0""",
    ),
    forging(
        "right once",
        "behave well at the first call only, as a timer would see it",
        """
        calls = []
        def one_step_returns(rewards, values, dones, gamma=0.99):
            calls.append(time.monotonic())
            if len(calls) > 10**6:
                return rewards + gamma * (1 - dones.to(rewards.dtype)) * values[1:].to(rewards.dtype)
            return rewards * 0
        """,
    ),
    forging("exit before the check", "end the process with success", f"{RETURNS}os._exit(0)"),
    forging("exit by exception", "leave with SystemExit(0)", f"{RETURNS}raise SystemExit(0)"),
    forging("skipped", "call itself skipped", f"{RETURNS}import pytest; pytest.skip('passed')"),
    lie("equal to anything", "type('Any', (float,), {'__eq__': lambda *_: True, '__sub__': lambda *_: 0.0})(0.0)"),
    lie(
        "tensor subclass",
        "type('T', (torch.Tensor,), {'__torch_function__': classmethod(lambda *_, **__: True)})()",
    ),
    lie("array that says what it likes", "type('A', (), {'__array__': lambda *_, **__: rewards.numpy(), 'shape': (1,)})()"),
    lie("wrong dtype", "torch.zeros(rewards.shape, dtype=torch.complex64)"),
    lie("shape that broadcasts", "torch.zeros(1)"),
    lie("not a number", "rewards * float('nan')"),
    lie("infinite", "rewards * 0 + float('inf')"),
    lie("empty", "torch.zeros(0)"),
    lie("huge", "torch.zeros(1).expand(2**33)"),
    lie("nested", "(lambda f: f(f, 5000))(lambda f, n: [] if n == 0 else [f(f, n - 1)])"),
    lie("endless", "iter(int, 1)"),
    lie("nothing", "None"),
    lie("truth", "True"),
)


def _check_cell(notebook: DemoNotebook) -> dict:
    return notebook.cells[notebook.place(CHECK)]


def points_in_metadata(notebook: DemoNotebook) -> None:
    _check_cell(notebook)["metadata"]["nbgrader"] |= {"points": 1000, "grade": True, "solution": True}


def own_check(notebook: DemoNotebook) -> None:
    notebook.write(CHECK, "print('passed')\n1.0")


def check_twice(notebook: DemoNotebook) -> None:
    notebook.repeat(CHECK, "1.0")


def check_removed(notebook: DemoNotebook) -> None:
    notebook.drop(CHECK)


def check_skipped(notebook: DemoNotebook) -> None:
    _check_cell(notebook)["metadata"]["tags"] = ["skip-execution", "raises-exception"]


def outputs_kept(notebook: DemoNotebook) -> None:
    result = {"output_type": "execute_result", "data": {"text/plain": "5.0"}, "metadata": {}, "execution_count": 1}
    _check_cell(notebook)["outputs"] = [result]


def given_cells_changed(notebook: DemoNotebook) -> None:
    for cell in notebook.cells:
        if grade_id(cell).startswith("given") or cell["metadata"].get("nbgrader", {}).get("locked"):
            cell["source"] = "1.0"


def every_name_taken(notebook: DemoNotebook) -> None:
    for cell in notebook.cells:
        if grade_id(cell):
            cell["metadata"]["nbgrader"]["grade_id"] = EXERCISE


EDITS = {
    "points in metadata": ("give itself points", points_in_metadata),
    "check rewritten": ("write the check that judges it", own_check),
    "check doubled": ("have a check of its own counted", check_twice),
    "check removed": ("not be checked", check_removed),
    "check skipped": ("not be checked, by a tag", check_skipped),
    "outputs kept": ("hand in the results of checks", outputs_kept),
    "given cells changed": ("change what the notebook gives", given_cells_changed),
    "names taken": ("call every cell the exercise", every_name_taken),
}
TAMPERING = tuple(forging(name, harm, "pass") for name, (harm, _) in EDITS.items())
