"""The README's commands, run as they stand there."""

import csv
import json
import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from tests.support.processes import ROOT, environment

README = (ROOT / "README.md").read_text()
COMMANDS = re.findall(r"^\$ (.+)$", README, re.MULTILINE)
END = datetime(2025, 6, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def folder(tmp_path_factory, encoder_folder) -> Path:
    """A shop's own files, with the names that the README's example gives them."""
    folder = tmp_path_factory.mktemp("own-data")
    (folder / ".stayline").mkdir()
    (folder / ".stayline" / "encoder").symlink_to(encoder_folder)
    rng = np.random.default_rng(1)
    with (folder / "orders.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["number", "client", "ordered_at", "what", "total"])
        for customer in range(200):
            age, gone = 400.0, (rng.uniform(0, 300) if customer % 2 else 0.0)
            while age > gone:
                when = (END - timedelta(days=age)).strftime("%Y-%m-%d %H:%M:%S")
                writer.writerow(
                    [
                        f"n{customer}-{age:.1f}",
                        f"c{customer:03d}",
                        when,
                        "order",
                        round(rng.uniform(5, 90), 2),
                    ]
                )
                age -= rng.uniform(5, 30)
    with (folder / "reviews.jsonl").open("w") as file:
        for customer in range(0, 200, 10):
            when = (END - timedelta(days=70)).isoformat()
            row = {
                "customer_key": f"c{customer:03d}",
                "time": when,
                "rating": 4,
                "text": "Came quickly, all fine.",
            }
            file.write(json.dumps(row) + "\n")
    return folder


def test_every_command_of_the_readme_runs_in_order(folder):
    assert len(COMMANDS) == 5
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    for command in COMMANDS:
        ended = subprocess.run(
            command,
            shell=True,
            cwd=folder,
            env=environment() | {"PATH": path},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert ended.returncode == 0, f"{command}\n{ended.stderr}"
    scores, one = (pl.read_csv(folder / name) for name in ("scores.csv", "one.csv"))
    told = re.findall(r"writes `(customer_key,[a-z0-9_,]+)`", README)
    assert scores.columns == told[0].split(",")
    assert scores.height == 200
    same = scores.filter(pl.col("customer_key") == "c001")
    assert one["risk"][0] == pytest.approx(same["risk"][0], abs=1e-4)


def test_the_make_targets_it_names_exist():
    listed = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in set(re.findall(r"`make ([a-z-]+)`", README)) - {"help"}:
        assert re.search(rf"^{target}\s", listed, re.MULTILINE), target


def test_the_pictures_and_files_it_shows_exist():
    for link in re.findall(r"\]\((?!http)([^)]+)\)", README):
        assert (ROOT / link).is_file(), link


def test_the_folders_it_maps_exist():
    for name in re.findall(r"^\| `([a-z_]+)/` \|", README, re.MULTILINE):
        assert (ROOT / name).is_dir(), name
