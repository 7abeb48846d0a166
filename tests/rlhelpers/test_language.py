"""The language of what the helpers show."""

import gettext

import pytest

from rlhelpers import inline_checks
from rlhelpers.inline_checks import run_checks
from rlhelpers.language import LOCALE, current_language, in_language, languages, translate, use_language
from tests.untranslated import english_left


@pytest.fixture(autouse=True)
def english_again():
    yield
    use_language("en")


def test_it_is_english_unless_a_notebook_says_otherwise():
    assert current_language() == "en"
    assert translate("no exception") == "no exception"
    assert languages() == ("en", "ru")


def test_a_notebook_chooses_the_language_with_its_checks():
    inline_checks("ppo", {}, language="ru")
    assert current_language() == "ru"
    assert translate("no exception") == "исключения нет"
    inline_checks("ppo", {})
    assert current_language() == "en"


def test_a_language_that_there_is_not_is_refused():
    with pytest.raises(ValueError, match="expected one of en, ru, received 'xx'"):
        use_language("xx")
    assert in_language("xx", "no exception") == "no exception"


def test_what_has_no_translation_stays_and_nothing_is_nothing():
    use_language("ru")
    assert translate("no message of ours") == "no message of ours"
    assert translate("") == ""


def test_the_catalogue_is_the_compiled_one_of_the_package():
    russian = gettext.translation("rlhelpers", LOCALE, ["ru"])
    assert in_language("ru", "shape {sizes}") == russian.gettext("shape {sizes}") == "форма {sizes}"


@pytest.mark.parametrize("which", ["solved", "untouched", "wrong"])
def test_tables_of_checks_are_russian_in_a_russian_notebook(which, request):
    namespace = request.getfixturevalue("solved" if which != "untouched" else "untouched")
    wrong = {
        "one_step_returns": lambda rewards, values, dones, gamma=0.99: rewards[:, None],
        "critic_loss": lambda target_values, pred_values: (target_values - pred_values).abs().mean(),
    }
    names = namespace | wrong if which == "wrong" else namespace
    use_language("ru")
    for exercise in ("make_env", "one_step_returns", "critic_loss", "actor_loss"):
        table = run_checks("ppo", exercise, names)
        assert english_left(str(table)) == []
        assert english_left(table._repr_html_()) == []
    if which == "wrong":
        assert "подсказка" in str(table) or "пройдено" in str(table)
