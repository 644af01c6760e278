"""Makes `tiny_gan`, which tests and the processes they start share, importable."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent))
