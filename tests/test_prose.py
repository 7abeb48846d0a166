"""Prose in the cells of a notebook: what is found, what is replaced, what is left alone."""

import jupytext
import pytest

from autograder.course import load_course
from autograder.prose import blocks, translated
from tests.made_up_course import REPOSITORY

MARKDOWN = r"""## Returns

The *return* $G_t$ is
a sum,

$$G_t = r_t

+ \gamma G_{t+1},$$

- one
- two

```python
a = 1

# no prose
```

$$\text{collect } T \text{ steps}$$"""

CODE = '''# Länge des Laufs
# in steps
total = 3  # transitions, Übergänge

class Actor:
    r"""A policy; ``obs`` are raw: \\sigma.

    Args:
        obs: [B].
    """

    def act(self):
        """One line."""
        %timeit 1
        # BEGIN SOLUTION
        # a solution's comment
        def inner():
            """A solution's docstring."""
        text = "# no comment"
        # END SOLUTION
        return text  # noqa: S101
'''


def shouted(kind: str, source: str) -> str:
    return translated(kind, source, str.upper)


def test_markdown_is_cut_at_blank_lines_outside_of_formulas_and_code():
    assert blocks("markdown", MARKDOWN) == [
        "## Returns",
        "The *return* $G_t$ is\na sum,",
        "- one\n- two",
        r"$$\text{collect } T \text{ steps}$$",
    ]


def test_formulas_and_fenced_code_stay():
    made = shouted("markdown", MARKDOWN)
    assert made.startswith("## RETURNS\n\nTHE *RETURN* $G_T$ IS\nA SUM,")
    assert "$$G_t = r_t\n\n+ \\gamma G_{t+1},$$" in made


def test_of_code_docstrings_and_comments_are_prose_but_not_those_of_solutions():
    assert blocks("code", CODE) == [
        "Länge des Laufs\nin steps",
        "transitions, Übergänge",
        "A policy; ``obs`` are raw: \\sigma.",
        "Args:\n    obs: [B].",
        "One line.",
    ]


def test_translations_are_indented_as_the_originals():
    made = translated("code", CODE, lambda text: text.replace("obs: [B].", "obs: [B],\n        die\n\n    sieht"))
    assert '    Args:\n        obs: [B],\n            die\n\n        sieht\n    """\n' in made


def test_comments_and_code_around_a_translation_stay():
    made = shouted("code", CODE)
    assert "# LÄNGE DES LAUFS\n# IN STEPS\ntotal = 3  # TRANSITIONS, ÜBERGÄNGE\n" in made
    assert (
        '        """ONE LINE."""\n        %timeit 1\n        # BEGIN SOLUTION\n        # a solution\'s comment\n'
        in made
    )
    assert made.endswith("        return text  # noqa: S101\n")


def test_code_that_is_no_python_is_left_alone():
    assert shouted("code", "def (:\n    # what?\n") == "def (:\n    # what?\n"
    assert shouted("raw", "text") == "text"


@pytest.mark.parametrize("name", load_course(REPOSITORY).assignments)
def test_a_translation_that_changes_nothing_gives_the_source(name):
    for cell in jupytext.read(REPOSITORY / "solutions" / f"{name}.py").cells:
        assert translated(cell.cell_type, cell.source, lambda block: block) == cell.source
