"""Benchmarks: our code beside native loops of the same backend. Not part of the wheel."""
