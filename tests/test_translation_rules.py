import pytest

from autograder.translation_rules import differences


@pytest.mark.parametrize(
    ("original", "translation"),
    [
        ("{what}: expected {n:g} of {n:g}", "{n:g} {what}"),
        ("%(a)s of %(b)s", "%(b)s: %(a)s"),
        ("see `dones` and $r_t$", "$r_t$, `dones`, ещё раз `dones`"),
        ("plain", "просто"),
    ],
)
def test_what_stays_the_same_is_accepted(original, translation):
    assert differences(original, translation, prose=False) == []


@pytest.mark.parametrize(
    ("original", "translation", "kind"),
    [
        ("{what}: expected {n}", "{what}", "placeholders"),
        ("{n:g} points", "{n} баллов", "placeholders"),
        ("%(a)s of %(b)s", "%(a)s", "placeholders"),
        ("none", "{none}", "placeholders"),
        ("see `dones`", "см. `done`", "code"),
        ("see ``dones``", "см.", "code"),
        ("the sum $r_t$", "сумма $r_{t+1}$", "formulas"),
        ("$$a\n= b$$", "$$a\n= c$$", "formulas"),
        ("[paper](https://arxiv.org/abs/1)", "[статья](https://arxiv.org/abs/2)", "links"),
    ],
)
def test_what_is_lost_or_changed_is_named(original, translation, kind):
    (difference,) = differences(original, translation, prose=False)
    assert difference.startswith(f"{kind}: expected ")


def test_words_in_formulas_and_line_breaks_may_change():
    assert differences(r"$$\text{collect } T\; a$$", "$$\\text{собрать } T\\;\na$$", prose=True) == []
    assert differences("the `a\nb` there", "там `a b`", prose=True) == []


def test_a_translated_notebook_has_its_own_name():
    link = "[Colab](https://colab.research.google.com/x/ppo.ipynb), `ppo.ipynb`"
    assert differences(link, link.replace("ppo.ipynb", "ppo.ru.ipynb"), prose=True) == []


@pytest.mark.parametrize(
    ("original", "translation"),
    [
        ("## Title", "# Заголовок"),
        ("- a\n- b", "- a"),
        ("1. a\n2. b", "1. a"),
        ("| a |\n| - |\n| b |", "| a |\n| - |"),
        ("Args:\n    rewards: [T].\n    dones: [T].", "Аргументы:\n    rewards: [T].\n    готово: [T]."),
    ],
)
def test_the_structure_of_prose_stays(original, translation):
    (difference,) = differences(original, translation, prose=True)
    assert difference.startswith("headings, list items")
    assert differences(original, original, prose=True) == []


def test_braces_of_prose_are_no_placeholders():
    assert differences('{"eps": [...]} and {x}', "так", prose=True) == []
