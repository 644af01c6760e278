"""Reading ahead in threads."""

import threading

import pytest

from keras_san.data.read_ahead import ReadAhead


class Reader:
    """Returns ten times the position, notes what was asked, and fails at 5."""

    def __init__(self):
        self.asked = []
        self.threads = set()

    def __call__(self, position):
        self.asked.append(position)
        self.threads.add(threading.current_thread().name)
        if position == 5:
            raise ValueError("position 5 is bad")
        return 10 * position


def test_one_look_reads_nothing_ahead():
    reader = Reader()
    assert ReadAhead(reader, 2)(3) == 30
    assert reader.asked == [3]


def test_positions_in_turn_are_read_once_and_ahead():
    reader = Reader()
    ahead = ReadAhead(reader, 2)
    assert [ahead(position) for position in range(10, 20)] == list(range(100, 200, 10))
    ahead._pool.shutdown()
    assert sorted(reader.asked) == list(range(10, 24))
    assert threading.current_thread().name not in reader.threads


def test_positions_out_of_turn():
    ahead = ReadAhead(Reader(), 2)
    for position in (0, 1, 2, 1, 2, 3, 30, 31, 0):
        assert ahead(position) == 10 * position


def test_error_comes_up_at_its_own_position():
    ahead = ReadAhead(Reader(), 2)
    assert [ahead(position) for position in range(3, 5)] == [30, 40]
    with pytest.raises(ValueError, match="position 5 is bad"):
        ahead(5)
    assert ahead(6) == 60
