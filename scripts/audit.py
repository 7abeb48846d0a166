"""Audit: are known vulnerabilities in what the locks pin? By pip-audit, in a throw-away environment of its own.

    make audit

It asks the Python Package Index, where advisories are published. Exit status 0 when every release was looked up and
none is known to be vulnerable, 1 when some are, 2 when this machine could not ask: an answer for some only is none.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
ELSEWHERE = "run `make audit` on a machine that reaches pypi.org itself, no mirror"
LOCKS = ("requirements.lock", "requirements-tools.lock")


def main() -> int:
    """Audits every lock; returns the exit status."""
    with tempfile.TemporaryDirectory(prefix="audit-") as folder:
        python = Path(folder, "bin", "python")
        _run([sys.executable, "-m", "venv", folder])
        installed = _run([ROOT / "scripts" / "install_locked", python, "requirements-tools.lock"])
        if installed.returncode != 0:
            _say(f"expected to install pip-audit from the package index, received {_last_line(installed)}; {ELSEWHERE}")
            return 2
        answers = [answer for lock in LOCKS for answer in _ask(python, ROOT / lock)]
    status, lines = judge(answers)
    _say(*lines)
    return status


def judge(answers: list[dict[str, Any]]) -> tuple[int, list[str]]:
    """Says what pip-audit's answers come to.

    Args:
        answers: The entries of ``dependencies`` in pip-audit's JSON: ``name``, and ``version`` and ``vulns`` or,
            for what could not be looked up, ``skip_reason``.

    Returns:
        The exit status, and lines for the reader.
    """
    unknown = [f"{answer['name']} ({answer['skip_reason']})" for answer in answers if "skip_reason" in answer]
    lines = [
        f"{answer['name']} {answer['version']}: {vulnerability['id']}; mended in "
        f"{', '.join(vulnerability['fix_versions']) or 'no release yet'}"
        for answer in answers
        for vulnerability in answer.get("vulns", ())
    ]
    if unknown or not answers:
        lines.append(
            f"expected an answer about every release, received none about {len(unknown) or 'any'}: "
            f"{', '.join(unknown[:1])}; {ELSEWHERE}"
        )
        return 2, lines
    if lines:
        lines.append("Raise them in pyproject.toml or by `scripts/lock --upgrade-package NAME`, and run the tests.")
        return 1, lines
    return 0, [f"{len(answers)} releases looked up, none with a known vulnerability"]


def _ask(python: Path, lock: Path) -> list[dict[str, Any]]:
    answer = python.parent / "answer.json"
    answer.unlink(missing_ok=True)
    command: list[str | Path] = [
        python,
        "-m",
        "pip_audit",
        "--disable-pip",
        "--progress-spinner",
        "off",
        "--format",
        "json",
    ]
    done = _run([*command, "--output", answer, "--requirement", lock])
    if answer.exists() and (text := answer.read_text(encoding="utf-8")):
        found: list[dict[str, Any]] = json.loads(text)["dependencies"]
        return found
    return [{"name": lock.name, "skip_reason": _last_line(done)}]


def _last_line(done: subprocess.CompletedProcess[str]) -> str:
    return (done.stderr.strip().splitlines() or [f"exit status {done.returncode}"])[-1]


def _run(command: list[str | Path]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, stderr=subprocess.PIPE, text=True, check=False)  # noqa: S603  # commands made here


def _say(*lines: str) -> None:
    sys.stdout.write("".join(f"audit: {line}\n" for line in lines))


if __name__ == "__main__":
    sys.exit(main())
