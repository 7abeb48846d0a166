import json
from dataclasses import replace

import pytest

from autograder.errors import InputError
from autograder.message import in_language, message
from autograder.report import CheckOutcome, GradeReport, read_report, read_reports, write_report

CHECK = CheckOutcome(
    id="ppo.actor_loss.sign",
    exercise="actor_loss",
    points=0.25,
    max_points=0.5,
    status="failed",
    message="é",
    seconds=1.5,
)
REPORT = GradeReport(
    student="student-07",
    assignment="ppo",
    status="graded",
    isolation="namespaces",
    score=3.0,
    max_score=5.0,
    bonus=1.0,
    late_penalty=2.0,
    checks=(CHECK,),
    evidence=({"kind": "note", "text": "Cell 3 failed."}, {"kind": "attention", "text": "Look."}),
    seconds=2.0,
    versions={"python": "3.11"},
)


def test_a_report_is_read_as_it_was_written(tmp_path):
    path = tmp_path / "results" / "student-07" / "ppo" / "report.json"
    write_report(path, REPORT)
    assert read_report(path) == REPORT
    assert read_reports(tmp_path / "results") == [REPORT]
    assert [each.name for each in path.parent.iterdir()] == ["report.json"]


def test_texts_that_are_made_of_parts_keep_them(tmp_path):
    text = message("{what}: expected shape {shape}", what=message("the returns"), shape=[5])
    noted = message("Cell {index} failed: {error}.", index=3, error="NameError: {x}")
    report = replace(
        REPORT, checks=(replace(CHECK, message=text),), evidence=({"kind": "note", "text": noted},), language="ru"
    )
    write_report(tmp_path / "report.json", report)
    fields = json.loads((tmp_path / "report.json").read_text())
    assert fields["language"] == "ru"
    assert fields["checks"][0]["message"] == "the returns: expected shape [5]"
    assert fields["checks"][0]["parts"]["arguments"]["what"] == {"template": "the returns", "arguments": {}}
    again = read_report(tmp_path / "report.json")
    assert again == report
    lowered = [in_language(said, str.lower) for said in (again.checks[0].message, again.evidence[0]["text"])]
    assert lowered == ["the returns: expected shape [5]", "cell 3 failed: NameError: {x}."]


def test_a_text_without_parts_is_written_as_before_and_an_old_report_is_read(tmp_path):
    fields = json.loads(REPORT.to_json())
    assert not [fact for fact in (*fields["checks"], *fields["evidence"]) if "parts" in fact]
    del fields["language"]
    assert GradeReport.from_json(json.dumps(fields)) == REPORT


def test_a_text_that_a_person_has_changed_stays_changed():
    text = message("{count} cells failed.", count=2)
    fields = json.loads(replace(REPORT, checks=(replace(CHECK, message=text),)).to_json())
    fields["checks"][0]["message"] = "Well done."
    again = GradeReport.from_json(json.dumps(fields)).checks[0].message
    assert in_language(again, str.upper) == "WELL DONE."


def test_parts_that_make_no_sentence_are_refused():
    text = message("{count} cells failed.", count=2)
    for template in ("{other}", "{count.x}", "{}", "{"):
        fields = json.loads(replace(REPORT, checks=(replace(CHECK, message=text),)).to_json())
        fields["checks"][0]["parts"]["template"] = template
        with pytest.raises(InputError, match="grade the submission again"):
            GradeReport.from_json(json.dumps(fields))


def test_the_reasons_for_attention_are_one_text_of_several():
    reasons = [message("{file}: is empty", file="ppo.ipynb"), "Look."]
    report = replace(REPORT, evidence=tuple({"kind": "attention", "text": text} for text in reasons))
    assert report.attention == "ppo.ipynb: is empty Look."
    german = {"{file}: is empty": "{file} ist leer.", "Look.": "Schau hin."}
    assert in_language(report.attention, lambda text: german.get(text, text)) == "ppo.ipynb ist leer. Schau hin."


def test_the_total_is_score_and_bonus_less_the_late_penalty():
    assert REPORT.total == 2.0
    assert REPORT.attention == "Look."


def test_without_times_forgets_durations_only():
    slower = replace(REPORT, seconds=9.0, checks=(replace(CHECK, seconds=7.0),))
    assert slower.without_times() == REPORT.without_times() != REPORT
    assert replace(REPORT, score=2.0).without_times() != REPORT.without_times()


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"schema_version": 99}', '{"schema_version": 1}', "\x00"])
def test_what_is_no_report_is_refused_with_the_remedy(tmp_path, text):
    path = tmp_path / "report.json"
    path.write_text(text)
    with pytest.raises(InputError, match="grade the submission again"):
        read_report(path)


def test_a_folder_without_reports_is_refused(tmp_path):
    with pytest.raises(InputError, match="found none"):
        read_reports(tmp_path / "nowhere")
    with pytest.raises(InputError, match="run `autograder grade` first"):
        read_reports(tmp_path)


def test_a_number_that_json_does_not_know_is_never_written():
    with pytest.raises(ValueError, match="JSON"):
        replace(REPORT, score=float("nan")).to_json()
