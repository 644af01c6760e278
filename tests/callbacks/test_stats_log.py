"""The table of a run."""

import csv

import pytest
from tiny_gan import counter, drive

from keras_san.callbacks import StatsLog

LOGS = {"generator_loss": 0.5, "discriminator_loss": 2.0}


def read(path):
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def test_a_row_an_epoch(tmp_path):
    path = tmp_path / "new" / "stats.csv"
    drive(StatsLog(path), counter(), steps=2, epochs=2, logs=LOGS)
    rows = read(path)
    columns = ["epoch", "seconds", "images_seen", "discriminator_loss", "generator_loss"]
    assert list(rows[0]) == columns
    assert [row["epoch"] for row in rows] == ["1", "2"]
    assert [row["images_seen"] for row in rows] == ["8", "16"]
    assert 0 <= float(rows[0]["seconds"]) <= float(rows[1]["seconds"])
    assert [row["generator_loss"] for row in rows] == ["0.5", "0.5"]
    assert [path.name for path in path.parent.iterdir()] == ["stats.csv"]


def test_it_goes_on_where_it_stopped(tmp_path):
    path = tmp_path / "stats.csv"
    drive(StatsLog(path), counter(), steps=2, epochs=2, logs=LOGS)
    before = path.read_text().replace("\n2,", "\n2,100")
    path.write_text(before)
    drive(StatsLog(path), counter(16), steps=2, first=2, logs=LOGS)
    assert path.read_text().startswith(before)
    assert path.read_text().count("images_seen") == 1
    rows = read(path)
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[2]["seconds"]) >= float(rows[1]["seconds"]) >= 1000


def test_rows_ahead_of_the_restored_state_go(tmp_path):
    path = tmp_path / "stats.csv"
    drive(StatsLog(path), counter(), steps=2, epochs=3, logs=LOGS)
    drive(StatsLog(path), counter(8), steps=1, first=1, logs=LOGS)
    assert [row["images_seen"] for row in read(path)] == ["8", "12"]


def test_a_new_column_on_the_way(tmp_path):
    path = tmp_path / "stats.csv"
    path.write_text("epoch,seconds,images_seen,kid\n1,2.0,4,0.5\n")
    drive(StatsLog(path), counter(4), steps=1, first=1, logs=LOGS)
    rows = read(path)
    assert [row["kid"] for row in rows] == ["0.5", ""]
    assert [row["generator_loss"] for row in rows] == ["", "0.5"]


def test_another_file_is_refused(tmp_path):
    path = tmp_path / "stats.csv"
    path.write_text("a,b\n1,2\n")
    with pytest.raises(ValueError, match=r"is not a table of StatsLog.*\['a', 'b'\]"):
        drive(StatsLog(path), counter(), steps=1)
    assert path.read_text() == "a,b\n1,2\n"
