import ast

import nbformat.v4 as nbf
import pytest

from autograder.translated_notebook import translate_notebook


def in_russian(*cells):
    notebook = nbf.new_notebook(cells=list(cells))
    translate_notebook(notebook, {"# Title": "# Заголовок", "Doubles.": "Удваивает."}, "ru")
    return [cell.source for cell in notebook.cells]


def test_known_blocks_are_translated_and_others_stay():
    assert in_russian(nbf.new_markdown_cell("# Title\n\nText."), nbf.new_raw_cell("# Title")) == [
        "# Заголовок\n\nText.",
        "# Title",
    ]
    assert in_russian(nbf.new_code_cell('def f(x):\n    """Doubles."""\n    return 2 * x')) == [
        'def f(x):\n    """Удваивает."""\n    return 2 * x'
    ]


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        (
            'check = rlhelpers.inline_checks("ppo", globals())',
            'rlhelpers.inline_checks("ppo", globals(), language="ru")',
        ),
        ('é = 1; check = inline_checks(\n    "ppo", globals()\n)', 'inline_checks("ppo", globals(), language="ru")'),
        ('rlhelpers.use_language("en")', 'rlhelpers.use_language("ru")'),
        ('use_language("en")  # from here on', 'use_language("ru")'),
    ],
)
def test_helpers_are_told_the_language(source, wanted):
    (made,) = in_russian(nbf.new_code_cell(source))
    calls = [ast.unparse(node) for node in ast.walk(ast.parse(made)) if isinstance(node, ast.Call)]
    assert calls[0] == ast.unparse(ast.parse(wanted))
    assert made.startswith(source[:8])


def test_other_code_is_left_alone():
    source = 'text = "inline_checks(...)"\ncheck("ppo")'
    assert in_russian(nbf.new_code_cell(source)) == [source]
