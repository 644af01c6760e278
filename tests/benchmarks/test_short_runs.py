"""Short runs that compare heads: what is trained, what is left out, what becomes of the rows."""

import argparse

import keras
import numpy as np
import pytest

from benchmarks import san_longer, san_study, san_versus_gan, short_runs
from benchmarks.short_runs import Setting

EXTRACTORS = {"noise": ("mnistclassifier", "mnistclassifier")}


def test_the_comparison_is_of_36_runs_and_fair():
    settings = san_versus_gan.settings()
    assert len(settings) == 36 and len(set(settings.values())) == 36
    heads = [
        short_runs.make_model(Setting("noise", head=head), (32, 32, 1), 2)
        for head in ("dense", "san")
    ]
    for name in ("generator", "discriminator"):
        networks = [getattr(model, name) for model in heads]
        trunks = [getattr(network, "trunk", network).get_weights() for network in networks]
        for one, other in zip(*trunks, strict=True):
            np.testing.assert_array_equal(one, other)
    study = san_study.settings()
    assert len(study) == len(set(study.values())) == 36
    warm_ups = {(s.data, s.warm_up) for s in settings.values()}
    assert warm_ups == {("fashion_mnist", 0), ("cifar10_jpeg", 1500)}
    assert {s.batch_size for s in study.values()} == {16, 32, 64, 128, 256, 512}
    chosen = short_runs.chosen(settings, None, [1])
    assert len(chosen) == 12 and all(s.seed == 1 for s in chosen.values())
    with pytest.raises(SystemExit, match="no runs nothing"):
        short_runs.chosen(settings, ["nothing"])


def test_the_longer_runs_are_pairs_whose_rates_fall_to_zero():
    settings = san_longer.settings()
    assert len(settings) == len(set(settings.values())) == 12
    assert all(s.decay and s.loss == "hinge" for s in settings.values())
    short = {
        (s.data, s.loss, s.head, s.seed, s.warm_up) for s in san_versus_gan.settings().values()
    }
    assert {(s.data, s.loss, s.head, s.seed, s.warm_up) for s in settings.values()} < short
    rows = [
        s.key(san_longer.IMAGES)
        | dict.fromkeys(("fd", "kid", "precision", "recall", "fd_real"), "0.5")
        | dict.fromkeys(("backend", "precision_policy", "threads", "cpu", "width"), "b")
        | {"extractor": "e", "count": "20"}
        for s in settings.values()
    ]
    text = san_longer.table(rows)
    assert text.count("| hinge | SAN | 3 |") == 2 and "600,000 images a run, rates that" in text
    assert list(san_longer.panels(rows)) == ["fashion_mnist, hinge", "cifar10_jpeg, hinge"]
    # The other comparison does not take them for its own.
    assert "| hinge |" not in san_versus_gan.table(rows) and "falls" not in text


def test_the_table_says_which_seeds_ran_in_which_precision():
    rows = [{"precision_policy": "mixed_bfloat16", "seed": seed} for seed in "10"]
    assert san_versus_gan.policies(rows) == "mixed_bfloat16"
    rows.append({"precision_policy": "float32", "seed": "2"})
    assert san_versus_gan.policies(rows) == "mixed_bfloat16 (seeds 0 1), float32 (seeds 2)"


def test_dropout_acts_in_training_only():
    plain, dropped = (
        short_runs.make_model(Setting("noise", dropout=rate), (32, 32, 1), 2).discriminator
        for rate in (0.0, 0.3)
    )
    images = np.random.default_rng(0).normal(size=(2, 32, 32, 1)).astype("float32")
    assert sum(isinstance(x, keras.layers.Dropout) for x in dropped.trunk.layers) == 7
    scores = [keras.ops.convert_to_numpy(d.trunk(images, training=False)) for d in (plain, dropped)]
    np.testing.assert_allclose(*scores, rtol=1e-5)
    one, other = (keras.ops.convert_to_numpy(dropped.trunk(images, training=True)) for _ in "ab")
    assert not np.allclose(one, other)


@pytest.mark.skipif(keras.backend.backend() != "torch", reason="the library's own steps have tests")
@pytest.mark.filterwarnings("ignore:.*singular covariance:UserWarning")
def test_a_run_leaves_rows_and_is_not_run_again(tmp_path, monkeypatch, capsys):
    images = np.random.default_rng(0).integers(0, 256, (40, 28, 28, 1), "uint8")
    np.savez(tmp_path / "noise.npz", x_train=images, y_train=np.arange(40) % 2)
    page = tmp_path / "does_san_help.md"
    page.write_text("<!-- tiny begin -->\nold\n<!-- tiny end -->\n", "utf-8")
    settings = {
        f"{head}-{seed}": Setting("noise", "hinge", head, seed, batch_size=4)
        for head in ("dense", "san")
        for seed in (0, 1)
    }
    monkeypatch.setattr(san_versus_gan, "EXTRACTORS", EXTRACTORS)
    common = ["--out", str(tmp_path), "--images", "16", "--every", "8", "--width", "2"]
    common += ["--count", "20", "--curve-count", "10", "--precision", "float32"]
    common += ["--page", str(tmp_path)]
    rest = (settings, EXTRACTORS, "tiny", san_versus_gan.table, san_versus_gan.panels)

    def command(*arguments):
        short_runs.command(argparse.ArgumentParser(), [*common, *arguments], *rest)

    command("--data", str(tmp_path))
    rows = short_runs.results.read(tmp_path / "tiny.csv")
    curves = short_runs.results.read(tmp_path / "tiny_curves.csv")
    assert len(rows) == 4 and [row["at"] for row in curves[:2]] == ["8", "16"]
    assert all(float(row["step_ms"]) > 0 and row["count"] == "20" for row in rows)
    capsys.readouterr()
    command("--data", str(tmp_path))
    assert capsys.readouterr().out == ""
    # What is turned by hand is another run, and stays out of the comparison.
    command("--data", str(tmp_path), "--only", "san-0", "--learning-rate", "0.001")
    rows = short_runs.results.read(tmp_path / "tiny.csv")
    assert len(rows) == 5 and rows[-1]["learning_rate"] == "0.001"
    command("--plot")
    text = page.read_text("utf-8")
    assert "old" not in text and "| noise | hinge | SAN | 2 |" in text and " ± " in text
    command("--list")
    assert capsys.readouterr().out.split()[-4:] == list(settings)


def test_the_study_finds_its_rows():
    rows = [
        s.key(8)
        | dict.fromkeys(("fd", "kid", "precision", "recall", "fd_real"), "0.5")
        | dict.fromkeys(("backend", "precision_policy", "threads", "cpu"), "b")
        | {"extractor": "e", "count": "20"}
        for s in san_study.settings().values()
    ]
    table = san_study.table(rows)
    for name in ("lambda 20", "batch 64", "batch 512", "dropout 0.3"):
        assert f"| {name} | 3 |" in table
    assert table.count("20.54") == 2 and "36.64" in table
    panels = san_study.panels(rows)
    assert list(panels["batch"]) == ["16", "32", "64", "128", "256", "512"]


def test_the_page_has_the_markers():
    text = (short_runs.FOLDER.parent / "docs" / "does_san_help.md").read_text("utf-8")
    for name in (san_versus_gan.NAME, san_longer.NAME, san_study.NAME):
        assert text.index(f"<!-- {name} begin -->") < text.index(f"<!-- {name} end -->")
