"""A person's mistakes: one clear line, the right exit code, nothing half-written."""

import gzip

import pytest

from app.settings import SECRETS
from tests.support.processes import stayline

GOOD = "customer_key,time,kind,value\n" + "".join(f"c{n},2024-05-01,order,5\n" for n in range(3))


@pytest.fixture
def home(tmp_path):
    return tmp_path / "home"


def assert_refused(result, code, *words):
    assert result.returncode == code, result.stderr
    assert "Traceback" not in result.stderr
    for word in words:
        assert word in " ".join(result.stderr.split()), result.stderr
    return result


def assert_one_line(result, code, *words):
    assert len(assert_refused(result, code, *words).stderr.strip().splitlines()) == 1


def test_an_unknown_file(home, tmp_path):
    assert_one_line(stayline("ingest", "events", str(tmp_path / "none.csv"), home=home), 2, "no file")


def test_an_empty_file(home, tmp_path):
    (tmp_path / "empty.csv").touch()
    assert_one_line(stayline("ingest", "events", str(tmp_path / "empty.csv"), home=home), 2, "is empty")


def test_a_file_without_the_required_columns_names_them_and_the_way_out(home, tmp_path):
    (tmp_path / "other.csv").write_text("client,when,what\na,2024-01-01,order\n")
    result = stayline("ingest", "events", str(tmp_path / "other.csv"), home=home)
    assert_one_line(result, 2, "customer_key", "client", "--map")


def test_other_column_names_are_read_by_map(home, tmp_path):
    (tmp_path / "other.csv").write_text("client,when,what\na,2024-01-01,order\n")
    mapping = "customer_key=client,time=when,kind=what"
    result = stayline("ingest", "events", str(tmp_path / "other.csv"), "--map", mapping, home=home)
    assert (result.returncode, "1 events new" in result.stdout) == (0, True), result.stderr


def test_a_mapping_that_is_none(home, tmp_path):
    (tmp_path / "good.csv").write_text(GOOD)
    assert_refused(
        stayline("ingest", "events", str(tmp_path / "good.csv"), "--map", "nonsense", home=home),
        2,
        "canonical=theirs",
    )


def test_broken_rows_are_set_aside_the_good_ones_kept_and_the_exit_code_is_one(home, tmp_path):
    file = tmp_path / "mixed.csv"
    file.write_text(GOOD + "c9,not a time,order,5\n,2024-05-01,order,5\n")
    result = stayline("ingest", "events", str(file), home=home)
    assert result.returncode == 1
    assert "3 events new" in result.stdout
    assert "2 rejected" in result.stdout
    rejected = (tmp_path / "mixed.csv.rejected.jsonl").read_text().splitlines()
    assert len(rejected) == 2
    assert '"line": 5' in rejected[0]


def test_a_damaged_archive_keeps_nothing(home, tmp_path):
    file = tmp_path / "cut.csv.gz"
    file.write_bytes(gzip.compress((GOOD * 50).encode())[:-20])
    assert_one_line(stayline("ingest", "events", str(file), home=home), 2, "nothing of it was kept")
    (tmp_path / "good.csv").write_text(GOOD)
    assert "3 events new" in stayline("ingest", "events", str(tmp_path / "good.csv"), home=home).stdout


@pytest.mark.parametrize("date", ["yesterday", "2011-13-40", "09/09/2011"])
def test_a_date_that_is_none(home, date):
    assert_refused(stayline("train", "--as-of", date, home=home), 2, "2011-09-09")


def test_training_with_too_few_customers_leaves_no_model(home, tmp_path, encoder_folder):
    link_encoder(home, encoder_folder)
    rows = [f"c{n},2024-{month:02d}-01,order,5" for n in range(30) for month in range(1, 1 + n % 11 + 1)]
    (tmp_path / "few.csv").write_text("customer_key,time,kind,value\n" + "\n".join(rows))
    stayline("ingest", "events", str(tmp_path / "few.csv"), home=home)
    result = stayline("train", "--as-of", "2024-12-01", "--horizon-days", "30", home=home)
    assert_one_line(result, 1, "at least 100 customers")
    assert not (home / "model").exists()


def test_training_on_an_empty_database(home, encoder_folder):
    link_encoder(home, encoder_folder)
    assert_one_line(stayline("train", "--as-of", "2024-12-01", home=home), 1, "ingest older events")


def test_scoring_without_a_model(home, tmp_path):
    assert_one_line(stayline("score", "--out", str(tmp_path / "s.csv"), home=home), 1, "train one first")
    assert not (tmp_path / "s.csv").exists()


def test_scores_to_an_unknown_kind_of_file(home, tmp_path):
    assert_one_line(stayline("score", "--out", str(tmp_path / "s.xlsx"), home=home), 2, ".csv or .parquet")


def test_a_database_that_is_away(home):
    result = stayline("score", home=home, database_url="postgresql+psycopg://nobody@127.0.0.1:1/none")
    assert_one_line(result, 1, "STAYLINE_DATABASE_URL")


def test_production_without_secrets(home):
    assert_one_line(
        stayline("web", home=home, env="production"), 2, "STAYLINE_IDENTITY_SECRET", "token_urlsafe"
    )


def test_an_unknown_command_and_an_unknown_kind(home):
    assert_refused(stayline("tarin", home=home), 2, "No such command")
    assert_refused(stayline("ingest", "parcels", "x.csv", home=home), 2, "customers")


def test_demo_customers_stay_out_of_production(home):
    secrets = {
        f"{name}": "x" * 32 for name in ("identity_secret", "action_secret", "bot_secret", "link_secret")
    }
    secrets |= {"hold_out_key": "x" * 32, "ingest_key": "x" * 32, "smtp_url": "smtp://127.0.0.1:25"}
    assert_one_line(
        stayline("demo", home=home, env="production", **secrets), 2, "do not belong into production"
    )


def test_evaluating_an_empty_database(home, tmp_path, encoder_folder):
    link_encoder(home, encoder_folder)
    result = stayline("evaluate", "--out", str(tmp_path / "out"), home=home)
    assert_one_line(result, 1, "ingest older events")
    assert not (tmp_path / "out").exists()


def test_a_report_into_a_file(home, tmp_path):
    (tmp_path / "file").touch()
    assert_one_line(stayline("evaluate", "--out", str(tmp_path / "file"), home=home), 2, "expected a folder")


def test_a_benchmark_of_an_unknown_set_names_the_known(home):
    assert_one_line(stayline("benchmark", "cdnwo", home=home), 2, "cdnow, online-retail", "'cdnwo'")


def test_a_benchmark_without_its_data_says_what_is_missing_and_the_way_out(home, tmp_path):
    result = stayline("benchmark", "online-retail", "--data", str(tmp_path), home=home)
    assert_one_line(result, 2, "online_retail_2009_2010.parquet", "--data")


def link_encoder(home, encoder_folder):
    home.mkdir(parents=True)
    (home / "encoder").symlink_to(encoder_folder)


def test_a_worker_in_production_does_not_start_with_a_fault_point(home):
    secrets = dict.fromkeys(SECRETS, "x" * 32)
    result = stayline(
        "worker",
        home=home,
        env="production",
        smtp_url="smtp://mail:25",
        fault_point="after_provider",
        **secrets,
    )
    assert_one_line(result, 2, "refuses STAYLINE_FAULT_POINT=after_provider", "Unset it")
