"""Measures as training goes on."""

import csv
import json

import keras
import pytest
import tiny_gan

from keras_san.callbacks import Evaluate, StatsLog
from keras_san.metrics import Estimate, Protocol, Result, extractors
from keras_san.presets import layout, load_preset


def tiny_extractor():
    images = keras.Input((8, 8, 1))
    features = keras.layers.Flatten()(keras.layers.AveragePooling2D(4)(images))
    return extractors.from_keras(keras.Model(images, features), "tiny", scale=1 / 255)


def evaluate(every_images=8, **options):
    options = {"count": 16, "batch_size": 8, "extractor": tiny_extractor()} | options
    return Evaluate("kid", every_images, tiny_gan.make_images(), **options)


def test_keras_callbacks_find_the_value(tmp_path):
    callback = evaluate()
    assert callback.monitor == "val_kid_tiny_16_train" and callback.mode == "min"
    watch = {"monitor": callback.monitor, "mode": callback.mode}
    best = tmp_path / "best.weights.h5"
    callbacks = [
        callback,
        keras.callbacks.EarlyStopping(patience=0, min_delta=1e9, **watch),
        keras.callbacks.ModelCheckpoint(best, save_best_only=True, save_weights_only=True, **watch),
        keras.callbacks.CSVLogger(tmp_path / "log.csv"),
        StatsLog(tmp_path / "stats.csv"),
    ]
    history = tiny_gan.train(tiny_gan.make_model(), steps=2, epochs=5, callbacks=callbacks)
    # The first epoch is the best by far; the second does not better it.
    assert len(history[callback.monitor]) == 2 and best.exists()
    for name in ("log.csv", "stats.csv"):
        with open(tmp_path / name, newline="") as file:
            rows = list(csv.DictReader(file))
        assert [float(row[callback.monitor]) for row in rows] == pytest.approx(
            history[callback.monitor]
        )


def test_the_value_is_that_of_the_average():
    model = tiny_gan.make_model()
    callback = evaluate(every_images=1000)
    history = tiny_gan.train(model, steps=1, callbacks=[callback])
    (again,) = callback.evaluation.of(model)
    assert history[callback.monitor] == [again.value]
    assert callback.metrics()[again.name]["value"] == again.value


class Scripted:
    """Stands for an evaluation: gives one value after the other."""

    def __init__(self, values):
        self.values = iter(values)
        self.measures = evaluate().evaluation.measures

    def check(self, model):
        pass

    def names(self):
        return ["kid_tiny_2_train"]

    def of(self, model):
        protocol = Protocol(2, 2, extractor="tiny")
        return [Result("kid", Estimate(next(self.values)), protocol)]


def scripted(folder, values):
    callback = evaluate(every_images=4, keep_best=folder)
    callback.evaluation = Scripted(values)
    return callback


def saving_counter():
    """A model that only counts, and notes when it was saved."""
    model = tiny_gan.counter(saved=[])

    def save_preset(folder, name, metrics):
        folder.mkdir(exist_ok=True)
        model.saved.append(model.images_seen)
        config = {"format": layout.FORMAT, "format_version": 1, "metrics": metrics}
        (folder / layout.CONFIG).write_text(json.dumps(config))

    model.save_preset = save_preset
    return model


def test_the_best_is_kept(tmp_path):
    model = saving_counter()
    callback = scripted(tmp_path / "best", [3.0, 5.0, 2.0, 4.0, 9.0])
    tiny_gan.drive(callback, model, steps=1, epochs=4)
    assert model.saved == [4, 12] and callback.best == 2.0
    # A run that goes on knows what it has to better.
    callback = scripted(tmp_path / "best", [2.5, 1.0, 9.0])
    tiny_gan.drive(callback, model, steps=1, epochs=2)
    assert model.saved == [4, 12, 24]


def test_what_is_kept_is_a_preset_with_its_value(tmp_path):
    callback = evaluate(keep_best=tmp_path / "best")
    tiny_gan.train(tiny_gan.make_model(), steps=2, callbacks=[callback])
    config = layout.read_config(tmp_path / "best")
    assert config["metrics"]["kid_tiny_16_train"]["value"] == callback.best
    assert "extractor tiny" in config["metrics"]["kid_tiny_16_train"]["protocol"]
    assert load_preset(tmp_path / "best").generate(1).shape == (1, 8, 8, 1)


def test_another_model_is_not_overwritten(tmp_path):
    model = saving_counter()
    model.save_preset(tmp_path, "other", {"fd_other": {"value": 1.0, "protocol": ""}})
    with pytest.raises(ValueError, match="without a value of 'kid_tiny_2_train'"):
        tiny_gan.drive(scripted(tmp_path, [1.0]), model, steps=1)


def test_a_stop_is_not_delayed():
    model = tiny_gan.counter()
    callback = scripted(None, [])
    callback.set_model(model)
    callback.on_train_begin()
    model.images_seen, model.stop_training = 2, True
    callback.on_epoch_end(0, {})
    callback.on_train_end()
    assert callback.results == []


def test_another_model_is_measured_by_itself():
    callback = scripted(None, [1.0, 2.0])
    for value in (1.0, 2.0):
        logs = {}
        tiny_gan.drive(callback, tiny_gan.counter(), steps=1, logs=logs)
        assert callback.results[0].value == value
    assert callback.measured_at == 4


def test_a_complete_training_is_measured_though_it_was_stopped():
    model = tiny_gan.counter()
    callback = scripted(None, [3.0, 2.0])
    callback.total_images = 6
    callback.set_model(model)
    callback.on_train_begin()
    values = []
    for model.images_seen, model.stop_training in ((2, False), (5, True), (6, True)):
        logs = {}
        callback.on_epoch_end(0, logs)
        values.append(logs["val_kid_tiny_2_train"])
    callback.on_train_end()
    assert values == [3.0, 3.0, 2.0] and callback.measured_at == 6
