"""`stayline tone` as a person runs it: files, pipes, and lines that hold no text."""

import json
import subprocess
import sys

import pytest

from tests.support.processes import ROOT, environment, stayline


@pytest.fixture(scope="module")
def home(encoder_folder, tmp_path_factory):
    folder = tmp_path_factory.mktemp("home")
    (folder / "encoder").symlink_to(encoder_folder)
    return folder


def piped(home, given: bytes) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "app.cli", "tone", "-"],
        cwd=ROOT,
        env=environment(home=home) | {"PYTHONPATH": str(ROOT)},
        input=given,
        capture_output=True,
        timeout=300,
        check=False,
    )


def rows(output: str) -> list[dict]:
    return [json.loads(line) for line in output.splitlines()]


def test_one_json_line_a_text_in_order_with_the_three_probabilities(home, tmp_path):
    texts = [
        "The lid broke on day one.",
        "谢谢，太喜欢了！",
        "I'm closing my account, goodbye.",
        "几点开门？",
    ]
    (tmp_path / "texts.txt").write_text("\n".join([texts[0], "", *texts[1:]]) + "\n", encoding="utf-8")
    result = stayline("tone", str(tmp_path / "texts.txt"), home=home)
    found = rows(result.stdout)
    assert (result.returncode, result.stderr) == (0, "")
    assert [row["text"] for row in found] == texts
    assert all(list(row) == ["text", "dissatisfied", "leaving", "pleased"] for row in found)
    assert found[0]["dissatisfied"] > 0.5 > found[3]["dissatisfied"]
    assert found[1]["pleased"] > 0.5 > found[1]["dissatisfied"]
    assert found[2]["leaving"] > 0.5 > found[3]["leaving"]


def test_json_lines_keep_the_good_and_tell_of_the_bad_in_one_sentence(home, tmp_path):
    lines = [
        '{"text": "fine, thanks", "id": 3}',
        "[1, 2]",
        '{"txt": "x"}',
        '{"text": 7}',
        "{",
        '{"text": "再见"}',
    ]
    (tmp_path / "texts.jsonl").write_text("\n".join(lines), encoding="utf-8")
    result = stayline("tone", str(tmp_path / "texts.jsonl"), home=home)
    assert result.returncode == 1
    assert [row["text"] for row in rows(result.stdout)] == ["fine, thanks", "再见"]
    assert len(result.stderr.strip().splitlines()) == 1
    assert "4 lines left out, the first is line 2: expected a JSON object, got list" in result.stderr


def test_a_pipe_may_hold_any_bytes_and_the_readable_lines_are_answered(home):
    given = "\ufeffhello 👩‍👩‍👧\r\n".encode() + b"\xff\xfe\xfa\n" + "nul \0 and \u202e bidi\n".encode()
    result = piped(home, given + b"long " * 20_000 + b"\n" + b"y" * 1_100_000 + b"\nbye")
    found = rows(result.stdout.decode())
    assert result.returncode == 1
    assert [row["text"][:5] for row in found] == ["hello", "nul \0", "long ", "bye"]
    assert b"2 lines left out, the first is line 2: expected UTF-8" in result.stderr
    assert len(found[2]["text"]) == 100_000


def test_half_a_character_comes_back_as_the_escape_it_came_as(home):
    result = piped(home, b'{"text": "no \\ud83d"}\n')
    assert result.returncode == 0
    assert json.loads(result.stdout)["text"] == "no \ud83d"


@pytest.mark.parametrize("given", [b"", b"\n \n"], ids=["empty", "blank"])
def test_no_text_gives_no_line_and_no_complaint(home, given):
    result = piped(home, given)
    assert (result.returncode, result.stdout, result.stderr) == (0, b"", b"")


def test_a_reader_that_goes_away_gets_no_traceback(home):
    command = f"yes 'not again' | head -3000 | {sys.executable} -m app.cli tone - | head -1"
    env = environment(home=home) | {"PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        ["bash", "-c", command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=300, check=False
    )
    assert rows(result.stdout)[0]["text"] == "not again"
    assert "Traceback" not in result.stderr


def test_a_file_that_is_not_there_is_one_clear_line(home, tmp_path):
    result = stayline("tone", str(tmp_path / "none.txt"), home=home)
    assert (result.returncode, result.stdout) == (2, "")
    assert "no file" in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


def test_another_encoder_than_the_one_tone_reads_with_is_refused_with_a_remedy(home):
    result = stayline("tone", "-", home=home, encoder="minilm")
    assert result.returncode == 1
    assert "STAYLINE_ENCODER=e5-small" in result.stderr
