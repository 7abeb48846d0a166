import gettext

import pytest

from autograder.catalogues import Domain, Source, findings, merged, read_catalogue, save, translations
from autograder.errors import InputError

HINT = "Multiply the bootstrap by (1 - dones)."
SOURCES = (Source("the returns", "a.py"), Source("the returns", "b.py"), Source(HINT, "a.py"))
PLURAL = Source(("%(count)s check", "%(count)s checks"), "page.j2")
RUSSIAN = {"the returns": "отдачи", HINT: "Умножьте бутстреп на (1 - dones)."}


def domain(folder, sources=SOURCES, is_compiled=True) -> Domain:
    return Domain("hints", folder, tuple(sources), is_compiled)


def translate(part, texts=RUSSIAN):
    """Writes the catalogue with these translations."""
    catalogue = merged(part, "ru")
    for text, string in texts.items():
        catalogue[text].string = string
    save(part, "ru", catalogue)
    return catalogue


def kinds(part):
    return [finding.kind for finding in findings(part, "ru", merged(part, "ru"))]


def test_a_new_catalogue_lists_each_message_once_with_its_places(tmp_path):
    part = domain(tmp_path)
    assert kinds(part) == ["untranslated", "untranslated", "stale", "stale"]
    save(part, "ru", merged(part, "ru"))
    text = part.file("ru").read_text()
    assert text.count('msgid "the returns"') == 1
    assert "#: a.py b.py" in text
    assert "nplurals=3" in text
    assert kinds(part) == ["untranslated", "untranslated"]


def test_a_translated_catalogue_is_compiled_for_gettext(tmp_path):
    part = domain(tmp_path)
    translate(part)
    assert kinds(part) == []
    compiled = gettext.translation("hints", tmp_path, ["ru"])
    assert compiled.gettext("the returns") == "отдачи"
    assert translations(part.file("ru")) == RUSSIAN


def test_a_catalogue_of_prose_is_not_compiled(tmp_path):
    part = domain(tmp_path, is_compiled=False)
    translate(part)
    assert kinds(part) == []
    assert [path.name for path in part.file("ru").parent.iterdir()] == ["hints.po"]


def test_saving_again_changes_nothing(tmp_path):
    part = domain(tmp_path)
    translate(part)
    before = {path: path.read_bytes() for path in part.file("ru").parent.iterdir()}
    save(part, "ru", merged(part, "ru"))
    assert {path: path.read_bytes() for path in part.file("ru").parent.iterdir()} == before


def test_a_changed_message_keeps_its_translation_as_fuzzy_and_is_not_used(tmp_path):
    translate(domain(tmp_path))
    changed = HINT.replace("Multiply", "Please multiply")
    part = domain(tmp_path, [SOURCES[0], Source(changed, "a.py")])
    assert kinds(part) == ["fuzzy", "stale", "stale"]
    save(part, "ru", merged(part, "ru"))
    assert kinds(part) == ["fuzzy"]
    message = read_catalogue(part.file("ru"))[changed]
    assert message.fuzzy
    assert message.string == RUSSIAN[HINT]
    assert translations(part.file("ru")) == {"the returns": "отдачи"}
    assert gettext.translation("hints", tmp_path, ["ru"]).gettext(changed) == changed


def test_a_message_unlike_those_that_are_gone_is_new(tmp_path):
    translate(domain(tmp_path))
    part = domain(tmp_path, [SOURCES[0], Source("Quite another sentence.", "a.py")])
    assert kinds(part) == ["untranslated", "stale", "stale"]
    assert "Quite another sentence." in [message.id for message in merged(part, "ru")]
    assert HINT not in [message.id for message in merged(part, "ru")]


def test_a_plural_needs_all_forms_of_the_language(tmp_path):
    part = domain(tmp_path, [PLURAL])
    translate(part, {"%(count)s check": ("%(count)s проверка", "%(count)s проверки", "")})
    assert kinds(part) == ["untranslated"]
    translate(part, {"%(count)s check": ("%(count)s проверка", "%(count)s проверки", "%(count)s проверок")})
    assert kinds(part) == []
    compiled = gettext.translation("hints", tmp_path, ["ru"])
    singular, plural = "%(count)s check", "%(count)s checks"
    forms = [compiled.ngettext(singular, plural, count) % {"count": count} for count in (1, 2, 5, 21)]
    assert forms == ["1 проверка", "2 проверки", "5 проверок", "21 проверка"]


def test_a_broken_translation_is_named_with_what_it_broke(tmp_path):
    part = domain(tmp_path, [Source("{count} of `dones`", "a.py")])
    translate(part, {"{count} of `dones`": "{число} из `done`"})
    found = findings(part, "ru", merged(part, "ru"))
    assert [finding.kind for finding in found] == ["broken", "broken"]
    assert "code: expected dones; received done" in str(found[0])
    assert "placeholders: expected {count}; received {число}" in str(found[1])


def test_an_old_compiled_file_is_stale(tmp_path):
    part = domain(tmp_path)
    translate(part)
    compiled = part.file("ru").with_suffix(".mo").read_bytes()
    translate(part, RUSSIAN | {"the returns": "отдачи эпизода"})
    part.file("ru").with_suffix(".mo").write_bytes(compiled)
    assert kinds(part) == ["stale"]


def test_what_is_no_catalogue_is_refused(tmp_path):
    part = domain(tmp_path)
    part.file("ru").parent.mkdir(parents=True)
    part.file("ru").write_text('msgid "unfinished\n')
    with pytest.raises(InputError, match=r"hints\.po: expected a gettext catalogue"):
        merged(part, "ru")
    with pytest.raises(InputError, match="expected a language such as ru, received 'klingon'"):
        merged(part, "klingon")
