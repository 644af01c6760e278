"""Reading the next batches while the training step computes."""

import concurrent.futures
import threading


class ReadAhead:
    """Calls `read(position)`, and in threads of its own already reads the positions after it.

    Keras has threads for this too (`workers` of `PyDataset`), but on JAX and torch its `fit`
    takes one batch of an endless data set to build the model and loses it, so that no run could
    be continued exactly. Here the result depends on the position alone, an error comes up at the
    position it belongs to, and a position out of turn is simply read.
    """

    def __init__(self, read, threads):
        self._read = read
        self.threads = threads
        self._distance = 2 * threads
        self._pool = concurrent.futures.ThreadPoolExecutor(threads, "keras_san_data")
        self._lock = threading.Lock()
        self._pending = {}
        self._next = None

    def __call__(self, position):
        """Return `read(position)`."""
        with self._lock:
            # A single look at the data reads nothing ahead; a second position in turn does.
            distance = self._distance if position == self._next else 0
            self._next = position + 1
            wanted = range(position, position + 1 + distance)
            for stale in self._pending.keys() - set(wanted):
                self._pending.pop(stale).cancel()
            for index in wanted:
                if index not in self._pending:
                    self._pending[index] = self._pool.submit(self._read, index)
            batch = self._pending.pop(position)
        return batch.result()
