"""CellClaims: which cell of a student is which released one, however the notebook was edited."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from autograder.errors import SubmissionError
from autograder.message import message
from autograder.notebook import PlainCell
from autograder.released_notebook import ReleasedCell, ReleasedNotebook, trimmed
from autograder.toml_table import listed

# A definition or an assignment at the outermost level. Not ast: cells hold magics and unfinished code.
_DEFINITION = re.compile(r"^(?:(?:async +)?def|class) +(\w+)|^(\w+) *(?::[^=\n]*)?=(?!=)", re.MULTILINE)


class CellClaims:
    """Which cell of a student is which released one; no two are the same one.

    Attributes:
        numbers: For each cell of the student the number of the released cell that it is, or None.
        left_out: Numbers of the student's cells that hold no work and are not needed: copies of locked cells,
            untouched stubs of what is written elsewhere.
        elsewhere: Numbers of the released solution cells that need no cell, as another one holds the solution.
        written: Number of exercises that the student has written something for.
        notes: What is remarkable about it, a sentence each.

    Args:
        cells: The student's cells.
        release: What was handed out.
        exercises: Names of what the student was asked to write.

    Raises:
        SubmissionError: The cells are those of another assignment.
    """

    def __init__(self, cells: Sequence[PlainCell], release: ReleasedNotebook, exercises: Sequence[str]) -> None:
        self.numbers = _recognised(cells, release)
        self.left_out: set[int] = set()
        self.elsewhere: set[int] = set()
        self.written = 0
        self.notes: list[str] = []
        self._cells, self._release = cells, release
        self._defined = [definitions(cell) for cell in cells]
        self._require_assignment(exercises)
        for number in release.numbers("given", "check"):
            self._settle_locked(number)
        for number in release.numbers("solution"):
            self._settle_solution(number)

    def _settle_locked(self, number: int) -> None:
        """An unchanged cell keeps the name, else the first one that has it."""
        released = self._release.cells[number]
        claimants = self._claimants(number)
        unchanged = [each for each in claimants if released.has_text(self._cells[each].source)]
        keeper = (unchanged or claimants)[:1]
        self._unname(set(claimants) - set(keeper), released)

    def _settle_solution(self, number: int) -> None:
        """The last cell with work in it keeps the name, as it is the one that counts when all are run."""
        released = self._release.cells[number]
        name = released.grade_id
        claimants = self._claimants(number)
        written = [each for each in claimants if has_work(self._cells[each], released)]
        others = [] if written else self._others_defining(name, claimants)
        keeper = [] if others else (written or claimants)[-1:]
        self._unname(set(claimants) - set(keeper), released)
        if others:
            self.elsewhere.add(number)
            for each in [each for each in others if self._is_free(each)][-1:]:
                self.numbers[each] = number
        if len(written) > 1:
            self.notes.append(
                message(
                    "{count} cells are named `{name}`: all are run, the last one counts.",
                    count=len(written),
                    name=name,
                )
            )
        self.written += bool(written or others)

    def _unname(self, losers: Iterable[int], released: ReleasedCell) -> None:
        """Takes the name from cells that another one bears; those with work in them are the student's own."""
        for each in losers:
            self.numbers[each] = None
            if not has_work(self._cells[each], released):
                self.left_out.add(each)
                self.notes.append(message("An untouched copy of `{name}` is left out.", name=released.grade_id))

    def _claimants(self, number: int) -> list[int]:
        return [each for each, claim in enumerate(self.numbers) if claim == number]

    def _others_defining(self, name: str, claimants: Iterable[int]) -> list[int]:
        candidates = set(range(len(self._cells))) - self.left_out - set(claimants)
        return sorted(each for each in candidates if name in self._defined[each])

    def _is_free(self, index: int) -> bool:
        number = self.numbers[index]
        return number is None or self._release.cells[number].role == "free"

    def _require_assignment(self, exercises: Sequence[str]) -> None:
        """A quarter of the exercises, and no fewer known names than foreign ones: assignments share names."""
        named = {cell.grade_id for cell in self._release.cells}
        known = {self._release.cells[number].grade_id for number in self.numbers if number is not None} - {""}
        foreign = {cell.grade_id for cell in self._cells if cell.grade_id} - named
        defined = set().union(*self._defined) & set(exercises)
        met = [name for name in exercises if name in defined or {name, f"check_{name}"} & known]
        if 4 * len(met) >= len(exercises) and len(known | defined) >= len(foreign):
            return
        raise SubmissionError(
            message(
                "expected a notebook of this assignment with its exercises ({exercises}), received one with "
                "{count} of them (other graded cells in it: {found}); hand in the notebook of this assignment",
                exercises=listed(exercises),
                count=len(met),
                found=listed(sorted(name[:40] for name in foreign)[:5]) if foreign else message("none either"),
            )
        )


def has_work(cell: PlainCell, released: ReleasedCell) -> bool:
    """Whether a cell holds anything else than what was handed out under its name."""
    return bool(cell.source.strip()) and not released.has_text(cell.source)


def definitions(cell: PlainCell) -> set[str]:
    """Names that a code cell defines or assigns at its outermost level."""
    if cell.kind != "code":
        return set()
    return {defined or assigned for defined, assigned in _DEFINITION.findall(cell.source)}


def _recognised(cells: Sequence[PlainCell], release: ReleasedNotebook) -> list[int | None]:
    """Recognises released cells by nbgrader's name, else by cell id, else by an unchanged text."""
    by_name = {cell.grade_id: number for number, cell in enumerate(release.cells) if cell.grade_id}
    by_id = {cell.json["id"]: number for number, cell in enumerate(release.cells)}
    by_text = {
        (cell.json["cell_type"], trimmed(cell.json["source"])): number for number, cell in enumerate(release.cells)
    }
    return [
        by_name.get(cell.grade_id, by_id.get(cell.id, by_text.get((cell.kind, trimmed(cell.source))))) for cell in cells
    ]
