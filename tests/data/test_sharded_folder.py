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
