"""The constraints that keep directions at length one."""

import numpy as np
import pytest
from gradients import close
from keras import ops

from keras_san.layers import JointUnitSphere, UnitSphere


@pytest.mark.parametrize("axis", [0, 1, (0, 1, 2)])
def test_unit_sphere(axis):
    weight = np.random.default_rng(1).normal(size=(3, 2, 4, 5)).astype("float32")
    projected = ops.convert_to_numpy(UnitSphere(axis)(weight))
    length = np.sqrt(np.square(weight).sum(axis, keepdims=True))
    close(projected, weight / length, 1e-6)
    close(ops.convert_to_numpy(UnitSphere(axis)(projected)), projected, 1e-6)


def test_unit_sphere_divides_by_the_norm_not_norm_plus_epsilon():
    projected = ops.convert_to_numpy(UnitSphere(0)(np.array([[3e-6], [4e-6]], "float32")))
    close(projected, [[0.6], [0.8]], 1e-6)


def test_unit_sphere_of_zero_is_zero():
    assert not ops.convert_to_numpy(UnitSphere(0)(np.zeros((3, 2), "float32"))).any()


def test_joint_unit_sphere_turns_no_direction():
    weight = np.random.default_rng(1).normal(size=(4, 5)).astype("float32") * 3.0
    projected = ops.convert_to_numpy(JointUnitSphere()(weight))
    before, after = weight[:1] + weight[1:], projected[:1] + projected[1:]
    cosine = (before * after).sum(1)
    cosine /= np.linalg.norm(before, axis=1) * np.linalg.norm(after, axis=1)
    close(cosine, np.ones(3), 1e-6)
    close(np.square(after).sum(1).mean(), 1.0, 1e-6)
    # One number for all rows.
    ratio = projected / weight
    close(ratio, np.full_like(ratio, ratio[0, 0]), 1e-6)
