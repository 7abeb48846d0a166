"""course.toml: what it says, what it may not say, and the secret beside it."""

import stat
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from autograder.course import load_course
from autograder.errors import InputError
from autograder.policy_task import PolicyTask
from autograder.sandbox.limits import Limits
from autograder.secret_file import SECRET_BYTES
from tests.made_up_course import TOML, make_course

REPOSITORY = Path(__file__).parents[1]


@pytest.fixture
def course(tmp_path):
    return make_course(tmp_path)


def refusal(tmp_path, toml):
    with pytest.raises(InputError) as caught:
        make_course(tmp_path, toml)
    message = str(caught.value)
    assert "\n" not in message
    return message


def test_the_repositorys_own_course_is_read():
    course = load_course(REPOSITORY)
    ppo = course.assignment("ppo")
    assert ppo.exercises[0] == "make_env"
    assert ppo.bonus == ("compute_gae",)
    assert course.source(ppo).is_file()


def test_a_course_is_read_from_its_folder_or_its_file(course):
    assert load_course(course.root / "course.toml") == course
    assert course.root.is_absolute()


def test_paths_belong_to_the_folder_of_the_course(course, tmp_path):
    numbers = course.assignment("numbers")
    assert course.released(numbers) == tmp_path / "notebooks" / "numbers" / "numbers.ipynb"
    assert course.source(numbers) == tmp_path / "solutions" / "numbers.py"
    assert course.database == f"sqlite:///{tmp_path}/gradebook.db?timeout=0.1"
    assert course.secret_file == tmp_path / "course.secret"


def test_absolute_and_foreign_databases_stay_as_they_are(tmp_path):
    for url in ("sqlite:////srv/grades.db", "postgresql+psycopg://grader@host/grades"):
        toml = TOML.replace("sqlite:///gradebook.db?timeout=0.1", url)
        assert make_course(tmp_path, toml).database == url


def test_defaults_stand_where_keys_are_left_out(tmp_path):
    toml = '[course]\nid = "a"\ntitle = "A"\n[assignments.x]\ntitle = "X"\nexercises = ["f"]\n'
    course = make_course(tmp_path, toml)
    assert course.timezone.key == "UTC"
    assert course.assignment("x").limits == course.limits == Limits()
    assert course.assignment("x").late_fraction(datetime(2099, 1, 1, tzinfo=UTC)) == 0
    assert course.assignment("x").seconds_late(datetime(2099, 1, 1, tzinfo=UTC)) == 0


def test_limits_of_an_assignment_stand_before_those_of_the_course(tmp_path):
    toml = TOML + "[assignments.numbers.limits]\ncell_seconds = 3\n[limits]\ncell_seconds = 5\nprocesses = 7\n"
    course = make_course(tmp_path, toml)
    assert course.limits == Limits(cell_seconds=5.0, processes=7)
    assert course.assignment("numbers").limits == Limits(cell_seconds=3.0, processes=7)


POLICY = '[assignments.numbers.policy]\nenv_id = "CartPole-v1"\nfull_at = 400\n'


def test_an_assignment_may_ask_for_a_trained_agent(tmp_path):
    asked = make_course(tmp_path, TOML + POLICY).assignment("numbers")
    assert asked.policy == PolicyTask(env_id="CartPole-v1", points=0.0, full_at=400.0)
    assert asked.judged == asked.exercises  # for the report only
    paid = make_course(tmp_path, TOML + POLICY + "points = 1\nzero_at = 100").assignment("numbers")
    assert paid.judged == (*paid.exercises, "policy")
    assert paid.policy is not None
    assert [paid.policy.share(each) for each in (-5.0, 100.0, 175.0, 250.0, 400.0, 1e6)] == [0, 0, 0.25, 0.5, 1, 1]


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("points = -1", "points: expected a number that is not negative, received -1"),
        ("zero_at = 400", "zero_at: expected a return below full_at, 400, received 400"),
        ("training_share = 2", "training_share: expected a share of the points in [0, 1]"),
        ("episodes = 0", "episodes: expected a positive whole number, received 0"),
        ("episodes = 1000", "episodes: expected at most 100 episodes, received 1000"),
        ("points = nan", "points: expected a finite number, received nan"),
        ("episode = 3", "unknown key 'episode'"),
    ],
)
def test_a_policy_table_that_cannot_be_meant_is_one_clear_line(tmp_path, lines, said):
    assert said in refusal(tmp_path, TOML + POLICY + lines)


def test_policy_is_no_name_of_an_exercise_and_needs_exercises_beside_it(tmp_path):
    assert "expected other names than 'policy'" in refusal(
        tmp_path, TOML.replace('"halve", "Counter"', '"halve", "policy"')
    )
    alone = '[course]\nid = "a"\ntitle = "A"\n[assignments.x]\ntitle = "X"\n' + POLICY.replace("numbers", "x")
    assert "exercises: expected at least one name" in refusal(tmp_path, alone)


def test_an_assignment_without_exercises_is_not_graded(tmp_path):
    course = make_course(tmp_path, TOML + '[assignments.tour]\ntitle = "A tour"\n')
    assert course.graded_assignment("numbers").is_graded
    assert not course.assignment("tour").is_graded
    with pytest.raises(InputError, match=r"'tour' is not graded, .*; expected one of numbers"):
        course.graded_assignment("tour")


def test_an_unknown_assignment_is_answered_with_those_that_exist(course):
    with pytest.raises(InputError, match=r"expected one of numbers, received 'pong'; .*course\.toml"):
        course.assignment("pong")


@pytest.mark.parametrize(
    ("after_soft", "after_hard", "fraction"),
    [(-1, None, 0.0), (0, None, 0.0), (1, None, 0.5), (None, -1, 0.5), (None, 0, 0.5), (None, 1, 1.0)],
)
def test_lateness_costs_nothing_then_half_then_all(course, after_soft, after_hard, fraction):
    numbers = course.assignment("numbers")
    deadline, seconds = (
        (numbers.soft_deadline, after_soft) if after_hard is None else (numbers.hard_deadline, after_hard)
    )
    submitted = deadline.astimezone(UTC) + timedelta(seconds=seconds)
    assert numbers.late_fraction(submitted) == fraction


EXTENSION = '\n[assignments.numbers.extensions]\n"student-07" = {}\n'


def test_an_extension_moves_both_deadlines_of_one_student_by_as_much(tmp_path):
    numbers = make_course(tmp_path, TOML + EXTENSION.format("2027-01-20T12:00:00")).assignment("numbers")
    extended = numbers.for_student("student-07")
    assert numbers.for_student("student-08") == numbers
    assert extended.soft_deadline is not None and extended.hard_deadline is not None
    assert extended.soft_deadline.astimezone(UTC) == datetime(2027, 1, 20, 11, tzinfo=UTC)
    assert extended.hard_deadline.astimezone(UTC) == datetime(2027, 2, 3, 11, tzinfo=UTC)
    for moment, fraction in (((20, 11, 0, 0), 0.0), ((20, 11, 0, 1), 0.5), ((31, 23, 0, 0), 0.5)):
        assert extended.late_fraction(datetime(2027, 1, *moment, tzinfo=UTC)) == fraction
    assert extended.late_fraction(datetime(2027, 2, 3, 11, 0, 1, tzinfo=UTC)) == 1.0


@pytest.mark.parametrize("instant", ["2027-01-17T23:59:00", "2027-01-20", '"soon"'])
def test_an_extension_is_an_instant_after_the_deadline(tmp_path, instant):
    assert "student-07: expected a" in refusal(tmp_path, TOML + EXTENSION.format(instant))


def test_only_a_deadline_can_be_extended(tmp_path):
    toml = TOML.replace("soft_deadline = 2027-01-17T23:59:00", "").replace("hard_deadline = 2027-01-31T23:59:00", "")
    assert "expected a deadline that can be extended" in refusal(
        tmp_path, toml + EXTENSION.format("2027-01-20T12:00:00")
    )


def test_deadlines_hold_in_the_courses_time_zone(course):
    numbers = course.assignment("numbers")
    assert numbers.soft_deadline.astimezone(UTC) == datetime(2027, 1, 17, 22, 59, tzinfo=UTC)
    assert numbers.seconds_late(datetime(2027, 1, 17, 23, 0, 30, tzinfo=UTC)) == 90
    assert numbers.seconds_late(datetime(2027, 1, 1, tzinfo=UTC)) == 0


def test_a_deadline_may_carry_an_offset_of_its_own(tmp_path):
    course = make_course(tmp_path, TOML.replace("2027-01-17T23:59:00", "2027-01-17T12:00:00-05:00"))
    soft = course.assignment("numbers").soft_deadline
    assert soft is not None
    assert soft.astimezone(UTC) == datetime(2027, 1, 17, 17, tzinfo=UTC)
    assert str(soft.tzinfo) == "Europe/Prague"


def test_of_an_hour_that_occurs_twice_the_later_one_is_the_deadline(tmp_path):
    toml = TOML.replace("2027-01-17T23:59:00", "2026-10-25T02:30:00")
    soft = make_course(tmp_path, toml).assignment("numbers").soft_deadline
    assert soft is not None
    assert soft.astimezone(UTC) == datetime(2026, 10, 25, 1, 30, tzinfo=UTC)


def test_half_of_the_points_remain_for_ever_without_a_hard_deadline(tmp_path):
    toml = TOML.replace("hard_deadline = 2027-01-31T23:59:00", "")
    assert make_course(tmp_path, toml).assignment("numbers").late_fraction(datetime(2099, 1, 1, tzinfo=UTC)) == 0.5


def test_a_hand_in_needs_a_time_zone(course):
    with pytest.raises(InputError, match="expected one with a time zone, received 2027-01-01 00:00:00"):
        course.assignment("numbers").late_fraction(datetime(2027, 1, 1))


WRONG = {
    "misspelt": ('title = "Numbers"', 'titel = "Numbers"', "numbers]: title: expected a text, received nothing"),
    "unknown in course": ("[course]", "[course]\ncolour = 1", "unknown key 'colour'"),
    "unknown in assignment": ("bonus =", "boni = 1\nbonus =", "did you mean 'bonus'?"),
    "unknown table": ("[assignments.numbers]", "[assignment.numbers]", "did you mean 'assignments'?"),
    "unknown limit": ("[course]", "[limits]\ncell_second = 1\n[course]", "did you mean 'cell_seconds'?"),
    "no title": ('title = "A tiny course"', "", 'title: expected a text, received nothing; add title = "..."'),
    "empty title": ('title = "A tiny course"', 'title = " "', "title: expected a text that is not empty"),
    "number as title": ('title = "Numbers"', "title = 3", "title: expected a text, received 3"),
    "id": ('id = "tiny"', 'id = "ti ny"', "id: expected letters, digits, - and _, received 'ti ny'"),
    "zone": ("Europe/Prague", "Europe/Prag", "such as 'Europe/Prague', received 'Europe/Prag'"),
    "zone as path": ("Europe/Prague", "../etc", "timezone: expected the name of a time zone"),
    "no url": ("sqlite:///gradebook.db?timeout=0.1", "gradebook.db", "database: expected an SQLAlchemy URL"),
    "memory": ("sqlite:///gradebook.db?timeout=0.1", "sqlite://", "expected a database that lasts"),
    "assignment id": ("[assignments.numbers]", '[assignments."a b"]', "received 'a b'"),
    "no exercises": ('exercises = ["double", "halve", "Counter"]', "", "exercises: expected at least one name"),
    "text as exercises": ('["double", "halve", "Counter"]', '"double"', "expected a list of names, received 'double'"),
    "exercise": ('"double", ', '"2x", ', "exercises: expected names of functions or classes, received '2x'"),
    "exercise twice": ('"double", ', '"halve", ', "exercises: expected each name once, received 'halve' 2 times"),
    "bonus": ('bonus = ["halve"]', 'bonus = ["third"]', "bonus: expected some of the exercises"),
    "date": ("2027-01-17T23:59:00", "2027-01-17", "soft_deadline: expected a date with a time"),
    "time": ("2027-01-17T23:59:00", "23:59:00", "soft_deadline: expected a date with a time"),
    "text": ("2027-01-17T23:59:00", '"tomorrow"', "received 'tomorrow'"),
    "skipped hour": ("2027-01-17T23:59:00", "2027-03-28T02:30:00", "which the clocks skip"),
    "order": ("2027-01-31T23:59:00", "2027-01-16T23:59:00", "not before the soft deadline"),
    "limit": ("[course]", "[limits]\ncell_seconds = 0\n[course]", "expected a positive number, received 0"),
    "nan": ("[course]", "[limits]\ncell_seconds = nan\n[course]", "expected a positive number, received nan"),
    "whole": ("[course]", "[limits]\nprocesses = 1.5\n[course]", "positive whole number, received 1.5"),
    "bool": ("[course]", "[limits]\nprocesses = true\n[course]", "positive whole number, received True"),
    "value as table": ("[course]", "limits = 1\n[course]", "limits: expected a table, received 1"),
    "no course": ("[course]", "[curse]", "expected a table [course], received none"),
    "no TOML": ("[course]", "[course", "expected TOML, received something else"),
}


@pytest.mark.parametrize(("old", "new", "expected"), WRONG.values(), ids=WRONG)
def test_a_wrong_key_gets_one_clear_line(tmp_path, old, new, expected):
    assert old in TOML
    message = refusal(tmp_path, TOML.replace(old, new, 1))
    assert expected in message
    assert "course.toml" in message


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(InputError, match=r"course\.toml: expected the course's settings there, found none"):
        load_course(tmp_path)


def test_a_file_that_is_not_text_is_refused(tmp_path):
    (tmp_path / "course.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="cannot be read"):
        load_course(tmp_path)


def test_the_secret_is_made_once_for_its_owner_only(course):
    secret = course.secret()
    assert len(secret) == SECRET_BYTES
    assert course.secret() == secret
    assert stat.S_IMODE(course.secret_file.stat().st_mode) == 0o600
    assert [path.name for path in course.root.glob(".course.secret*")] == []


def test_two_courses_have_two_secrets(tmp_path):
    assert make_course(tmp_path / "a").secret() != make_course(tmp_path / "b").secret()


def test_processes_that_make_the_secret_at_once_agree(course):
    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(lambda _: course.secret(), range(32)))) == 1


def test_a_secret_that_others_may_read_is_refused_with_the_remedy(course):
    course.secret()
    course.secret_file.chmod(0o644)
    with pytest.raises(InputError, match=r"received mode 644; run: chmod 600 .*course\.secret"):
        course.secret()


@pytest.mark.parametrize("content", ["", "0" * 63, "0" * 65, "Z" * 64, "é" * 64])
def test_a_broken_secret_is_refused_and_not_shown(course, content):
    course.secret_file.write_text(content, encoding="utf-8")
    course.secret_file.chmod(0o600)
    with pytest.raises(InputError) as caught:
        course.secret()
    assert "course.secret" in str(caught.value)
    assert not content or content not in str(caught.value)


def test_a_secret_in_a_place_that_does_not_exist_is_refused(tmp_path):
    toml = TOML.replace("[course]", '[course]\nsecret_file = "missing/course.secret"')
    with pytest.raises(InputError, match="cannot be read or made"):
        make_course(tmp_path, toml).secret()
