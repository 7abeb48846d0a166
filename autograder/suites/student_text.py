"""StudentText: what may be quoted of what a student's code says while it is checked.

Code that is being checked sees hidden inputs, and the text of its exceptions goes into the feedback:
``raise ValueError(rewards)`` would print them. So only what the student knows already is quoted: lines and names of the
notebook, and the usual messages of Python, NumPy and torch, with small whole numbers in them.
"""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from autograder.errors import Frame, ReplyRejected, StudentRaised
from autograder.message import Message, message

# <i> a small whole number, <s> a shape, <n> a name that the student knows; what follows the pattern is left out.
_MESSAGES = r"""
name '<n>' is not defined
'<n>' object has no attribute '<n>'
can only concatenate <n> \(not "<n>"\) to <n>
module '<n>' has no attribute '<n>'
'<n>' object is not callable
'<n>' object is not iterable
'<n>' object is not subscriptable
'<n>' object cannot be interpreted as an integer
object of type '<n>' has no len\(\)
cannot unpack non-iterable <n> object
<n>\(\) missing <i> required (?:positional|keyword-only) arguments?: '<n>'
<n>\(\) takes <i> positional arguments? but <i> (?:was|were) given
<n>\(\) takes from <i> to <i> positional arguments but <i> were given
<n>\(\) got an unexpected keyword argument '<n>'
<n>\(\) got multiple values for argument '<n>'
unsupported operand type\(s\) for [-+*/@%&|^<>=]{1,3}: '<n>' and '<n>'
bad operand type for unary [-+~]: '<n>'
(?:not enough|too many) values to unpack \(expected <i>(?:, got <i>)?\)
(?:list|tuple|string) index out of range
(?:float |integer )?division (?:or modulo )?by zero
cannot access local variable '<n>' where it is not associated with a value
maximum recursion depth exceeded
The size of tensor a \(<i>\) must match the size of tensor b \(<i>\) at non-singleton dimension <i>
The expanded size of the tensor \(<i>\) must match the existing size \(<i>\) at non-singleton dimension <i>
mat1 and mat2 shapes cannot be multiplied \(<i>x<i> and <i>x<i>\)
(?:mat1 and mat2 must|expected m1 and m2 to) have the same dtype, but got:? <n> (?:and|!=) <n>
shape '<s>' is invalid for input of size <i>
output with shape <s> doesn't match the broadcast shape <s>
element <i> of tensors does not require grad and does not have a grad_fn
a leaf Variable that requires grad is being used in an in-place operation
one of the variables needed for gradient computation has been modified by an inplace operation
Trying to backward through the graph a second time
grad can be implicitly created only for scalar outputs
a Tensor with <i> elements cannot be converted to Scalar
only one element tensors can be converted to Python scalars
index <i> is out of bounds for (?:dimension|axis) <i> with size <i>
too many indices for tensor of dimension <i>
Dimension out of range \(expected to be in range of \[<i>, <i>\], but got <i>\)
<n>\(\): argument '<n>' (?:\(position <i>\) )?must be [A-Za-z ]{3,30}, not <n>
expected scalar type <n> but found <n>
result type <n> can't be cast to the desired output type <n>
Can't call numpy\(\) on Tensor that requires grad\. Use tensor\.detach\(\)\.numpy\(\) instead
can't convert <n> to numpy
Boolean value of Tensor with more than one value is ambiguous
The truth value of an array with more than one element is ambiguous
(?:Negation|Subtraction), the `-` operator, (?:on|with) a bool tensor is not supported
operands could not be broadcast together with shapes <s> <s>
expected np\.ndarray \(got <n>\)
expected an array of numbers, received dtype <n>
expected a tensor of real numbers, received dtype <n>
"""
_PLACES = {
    "<i>": r"-?\d{1,4}",
    "<s>": r"[\[(](?:-?\d{1,4}(?:, ?-?\d{1,4})*,?)?[\])]",
    "<n>": r"(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)",
}
_NAME = re.compile(r"[A-Za-z_]\w*")
_CELL = "cell "  # before its number, in the labels of frames
_LIBRARY_NAMES = frozenset(
    "Tensor Parameter Module Sequential Linear Tanh ReLU ModuleList Normal Independent MultivariateNormal Categorical "
    "Distribution Adam SGD Size dtype device ndarray array generator NoneType function method module Float Double "
    "Half Long Int Short Byte Bool float16 float32 float64 int8 int16 int32 int64 uint8 builtin_function_or_method "
    "torch numpy np nn gym gymnasium SyncVectorEnv ClipAction TimeLimit Box Discrete OutOfMemoryError complex128 "
    "object self forward double half long short byte".split()
)


def _compiled(message: str) -> re.Pattern[str]:
    for place, pattern in _PLACES.items():
        message = message.replace(place, pattern)
    return re.compile(message)


_PATTERNS = [_compiled(line) for line in _MESSAGES.strip().splitlines()]
_KNOWN_NAMES = _LIBRARY_NAMES | frozenset(dir(builtins))


@dataclass(frozen=True)
class StudentText:
    """The code cells of a notebook as handed in.

    Attributes:
        lines: Lines of each cell by its label: ``{"cell 7": ("def f():", ...)}``.
        owners: The exercise that a cell belongs to: ``{"cell 7": "Actor"}``.
        names: Every name that occurs in the cells.
    """

    lines: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    owners: Mapping[str, str] = field(default_factory=dict)
    names: frozenset[str] = frozenset()

    @classmethod
    def of(cls, sources: Mapping[int, str], owners: Mapping[int, str]) -> StudentText:
        """Makes it from cells by their number in the notebook."""
        return cls(
            lines={f"{_CELL}{index}": tuple(source.splitlines()) for index, source in sources.items()},
            owners={f"{_CELL}{index}": exercise for index, exercise in owners.items()},
            names=frozenset(name for source in sources.values() for name in _NAME.findall(source)),
        )

    def raised(self, error: StudentRaised) -> str:
        """The exception, for example ``TypeError: 'int' object is not iterable``, and where it came from."""
        known = error.type_name in self.names or error.type_name in _KNOWN_NAMES
        quoted = self._quoted(error.message)
        name = error.type_name if known else message("an exception")
        said = Message("{name}: {text}", {"name": name, "text": quoted}) if quoted else name
        return self._with_place(said, error.frames)

    def rejected(self, error: ReplyRejected) -> str:
        """Why what came back cannot be judged."""
        return self._quoted(str(error)) or message("it is nothing that can be handed to the grader")

    def owner(self, frame: Frame) -> str:
        """The exercise to which a line of a traceback belongs, as far as is known."""
        return self.owners.get(frame.cell, frame.function)

    def _quoted(self, text: str) -> str:
        for pattern in _PATTERNS:
            if match := pattern.match(text):
                if all(name in self.names or name in _KNOWN_NAMES for name in match.groups() if name):
                    return match.group()
                return ""
        return ""

    def _with_place(self, error: str, frames: Iterable[Frame]) -> str:
        """The error and the innermost line that is one of the notebook's; its text is ours, not the traceback's."""
        for frame in reversed(list(frames)):
            lines = self.lines.get(frame.cell, ())
            if 1 <= frame.line <= len(lines):
                number, code = frame.cell.removeprefix(_CELL), lines[frame.line - 1].strip()
                if owner := self.owners.get(frame.cell):
                    return message(
                        "{error} in cell {number} (`{exercise}`), line {line}: `{code}`",
                        error=error,
                        number=number,
                        exercise=owner,
                        line=frame.line,
                        code=code,
                    )
                return message(
                    "{error} in cell {number}, line {line}: `{code}`",
                    error=error,
                    number=number,
                    line=frame.line,
                    code=code,
                )
        return error
