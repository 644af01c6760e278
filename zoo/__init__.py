"""The pretrained presets, one folder each; installed as the package `keras_san.zoo`."""
