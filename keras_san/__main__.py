"""`python -m keras_san` is the `keras-san` command."""

import sys

from keras_san.cli.main import main

if __name__ == "__main__":
    sys.exit(main())
