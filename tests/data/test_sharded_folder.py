"""An image folder shared out among processes."""

import numpy as np
from PIL import Image

import keras_san


def test_a_folder_read_ahead_is_shared_out(tmp_path):
    for index in range(8):
        Image.fromarray(np.full((16, 16, 3), index, "uint8")).save(tmp_path / f"{index}.png")
    options = dict(batch_size=4, labels="none", shuffle=False, repeat=True)
    shards = [keras_san.data.image_folder(tmp_path, 16, **options).shard(i, 2) for i in range(2)]
    seen = [np.asarray(shard[0])[:, 0, 0, 0] for shard in shards]
    assert len(np.unique(np.concatenate(seen))) == 4


def test_a_second_pass_goes_on_as_that_of_one_process_does():
    images = np.arange(16, dtype="uint8").reshape(16, 1, 1, 1) * np.ones((1, 4, 4, 1), "uint8")

    def passes(shard):
        dataset = keras_san.data.arrays(images, batch_size=8)
        for _ in range(2):
            # As `fit` does, each time with a share of its own.
            part = shard(dataset)
            for _ in range(2):
                yield [np.asarray(part[index])[:, 0, 0, 0].tolist() for index in range(2)]
                part.on_epoch_end()

    assert keras_san.data.arrays(images, batch_size=8).shard(0, 2).rows == 4
    whole = list(passes(lambda dataset: dataset))
    halves = [list(passes(lambda dataset, i=i: dataset.shard(i, 2))) for i in range(2)]
    assert whole[0] != whole[2]
    for epoch, first, second in zip(whole, *halves, strict=True):
        for batch, a, b in zip(epoch, first, second, strict=True):
            assert sorted(batch) == sorted(a + b)
