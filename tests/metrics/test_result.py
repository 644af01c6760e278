"""Names, protocols and tables."""

import json

import pytest

from keras_san.metrics import Estimate, Protocol, Result, results_table


def result(value, measure="kid", floor=None, **protocol):
    arguments = {"n_real": 10_000, "n_fake": 10_000, "extractor": "effnetlite0"} | protocol
    return Result(measure, Estimate(value, 0.1), Protocol(**arguments), floor, 10_000)


def test_the_name_is_the_protocol():
    assert result(1.0).name == "kid_effnetlite0_10k_train"
    assert result(1.0, n_real=2500, split="test").name == "kid_effnetlite0_10kagainst2500_test"


def test_a_table_of_equals():
    rows = {"GAN": [result(2.0), result(3.0, "fd", Estimate(0.5))], "SAN": [result(1.0)]}
    lines = results_table(rows).splitlines()
    assert lines[0] == "|  | kid_effnetlite0_10k_train | fd_effnetlite0_10k_train (real 0.5) |"
    assert lines[2:] == ["| GAN | 2 ± 0.1 | 3 ± 0.1 |", "| SAN | 1 ± 0.1 |  |"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"n_fake": 5000}, "n_fake 10000 and 5000"),
        ({"extractor_sha256": "ab"}, "extractor_sha256 '' and 'ab'"),
        ({"resize": "nearest"}, "resize"),
        ({"data_resize": "pad"}, "data_resize '' and 'pad'"),
        ({"split": "test"}, "split 'train' and 'test'"),
        ({"data_sha256": "cd"}, "data_sha256"),
    ],
)
def test_different_protocols_are_refused(change, message):
    with pytest.raises(ValueError, match=f"do not compare: .*{message}"):
        results_table({"GAN": [result(2.0)], "SAN": [result(1.0, **change)]})


def test_json():
    content = json.loads(json.dumps(result(2.0, "fd", Estimate(0.5)).as_dict()))
    assert content["value"] == 2.0 and content["floor"] == {
        "value": 0.5,
        "standard_error": None,
        "count": 10_000,
    }
    assert content["protocol"]["extractor"] == "effnetlite0"
