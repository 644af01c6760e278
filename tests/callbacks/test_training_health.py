"""A loss that is not finite stops training, by name."""

import pytest
from tiny_gan import make_images, make_model

import keras_san
from keras_san.callbacks import Checkpoint, NonFiniteLossError, TrainingHealth, training_health

NAN = float("nan")


@pytest.mark.parametrize(
    ("bad", "first"),
    [
        ({"generator_loss"}, "generator_loss"),
        ({"generator_loss", "r1"}, "r1"),
        ({"r1", "direction_loss"}, "direction_loss"),
        ({"real_score", "discriminator_loss", "direction_loss"}, "discriminator_loss"),
        ({"fake_score"}, "fake_score"),
    ],
)
@pytest.mark.parametrize("value", [NAN, float("inf"), float("-inf")])
def test_first_bad_term(bad, first, value):
    names = (
        "discriminator_loss direction_cosine direction_loss fake_score generator_loss r1".split()
    )
    logs = {name: value if name in bad else 1.0 for name in [*names, "real_score"]}
    with pytest.raises(NonFiniteLossError, match=f"after 640 images: `{first}` is") as caught:
        TrainingHealth().on_epoch_end(0, logs | {"images_seen": 640.0})
    assert caught.value.term == first


def test_the_first_bad_step_is_named_whatever_the_order_of_the_workers():
    health = TrainingHealth()
    health.on_train_begin()
    for batch in range(3):
        health.on_train_batch_begin(batch)
    for batch, term in ((2, "discriminator_loss"), (1, "generator_loss"), (0, "nothing")):
        health.on_train_batch_end(batch, {"real_score": 0.0, term: NAN if batch else 0.0})
    with pytest.raises(NonFiniteLossError) as caught:
        health.on_train_batch_begin(3)
    assert caught.value.term == "generator_loss"


def test_finite_losses_pass():
    TrainingHealth().on_epoch_end(0, {"generator_loss": 1e30, "images_seen": 1})
    TrainingHealth().on_epoch_end(0, {"generator_loss": 0.0, "val_generator_loss": NAN})
    TrainingHealth().on_epoch_end(0, {"direction_cosine": NAN})


def test_a_discriminator_that_runs_away_is_reported_once(monkeypatch):
    said = []
    monkeypatch.setattr(
        training_health.logging, "warning", lambda text, *values: said.append(text % values)
    )
    health = TrainingHealth()
    lost = {"real_score": 450.4, "fake_score": -1.2, "discriminator_loss": 0.08}
    fine = (lost | {"real_score": 50.0}, lost | {"discriminator_loss": -451.6}, {})
    for logs in fine:
        TrainingHealth().on_epoch_end(0, logs)
    assert not said
    for epoch in range(2):
        health.on_epoch_end(epoch, lost)
    (text,) = said
    assert "real images score 450, generated ones -1" in text and "--warm-up-images" in text


class BadGeneratorLoss(keras_san.losses.Hinge):
    """Hinge, but for a generator's loss that is not a number."""

    def generator(self, fake):
        return super().generator(fake) * NAN


def test_fit_stops_at_a_bad_loss():
    model = make_model(loss=BadGeneratorLoss())
    with pytest.raises(NonFiniteLossError, match="`generator_loss` is nan"):
        model.fit(make_images(), batch_size=4, epochs=3, verbose=0)


def test_last_good_state_stays(tmp_path):
    model = make_model()
    checkpoint = Checkpoint(tmp_path, every_images=4)
    model.fit(make_images(), batch_size=4, verbose=0, callbacks=[checkpoint])
    good = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert "checkpoint_000000016.npz" in good
    # An infinite rate makes the weights bad in a step whose own losses are still good.
    model.optimizer.discriminator.learning_rate = float("inf")
    with pytest.raises((NonFiniteLossError, keras_san.callbacks.NonFiniteStateError)):
        model.fit(make_images(), batch_size=4, verbose=0, callbacks=[checkpoint])
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == good
    restored = make_model()
    assert Checkpoint.restore(restored, tmp_path)["images_seen"] == 16
