"""A stateless scope that nests."""

import keras
import pytest
from keras import ops

from keras_san.backend.state_scope import StateScope


@pytest.fixture
def variable():
    return keras.Variable(1.0)


def value(variable):
    return float(ops.convert_to_numpy(variable.value))


def test_no_variable_changes(variable):
    with StateScope() as scope:
        variable.assign(2.0)
        assert value(variable) == 2.0
    assert value(variable) == 1.0
    [(changed, new)] = scope.updates()
    assert changed is variable and float(ops.convert_to_numpy(new)) == 2.0


def test_mapping_gives_values_and_is_no_update(variable):
    with StateScope([(variable, ops.convert_to_tensor(5.0))]) as scope:
        assert value(variable) == 5.0
    assert scope.updates() == []


def test_inner_scope_reads_what_the_outer_one_changed(variable):
    other = keras.Variable(10.0)
    with StateScope() as outer:
        variable.assign(2.0)
        with StateScope([(other, ops.convert_to_tensor(20.0))]) as inner:
            assert (value(variable), value(other)) == (2.0, 20.0)
            variable.assign_add(1.0)
            assert value(variable) == 3.0
        # Dropped with the inner scope, unless somebody assigns its updates.
        assert (value(variable), value(other)) == (2.0, 10.0)
        for changed, new in inner.updates():
            changed.assign(new)
        assert value(variable) == 3.0
    assert [changed is variable for changed, _ in outer.updates()] == [True]
    assert value(variable) == 1.0


def test_inner_mapping_wins(variable):
    with StateScope([(variable, ops.convert_to_tensor(2.0))]):
        with StateScope([(variable, ops.convert_to_tensor(3.0))]):
            assert value(variable) == 3.0
        assert value(variable) == 2.0


def test_frozen_variables_are_left_out(variable):
    other = keras.Variable(10.0)
    with StateScope() as scope:
        variable.assign(2.0)
        other.assign(20.0)
    assert [changed is other for changed, _ in scope.updates(frozen=[variable])] == [True]


def test_last_of_several_updates_counts(variable):
    with StateScope() as scope:
        variable.assign(2.0)
        variable.assign(3.0)
    [(_, new)] = scope.updates()
    assert float(ops.convert_to_numpy(new)) == 3.0


def test_an_exception_leaves_no_scope_behind(variable):
    with pytest.raises(KeyError), StateScope():
        raise KeyError
    with StateScope() as scope:
        assert value(variable) == 1.0
    assert scope.updates() == []
    variable.assign(4.0)
    assert value(variable) == 4.0
    with StateScope() as scope:
        assert value(variable) == 4.0
