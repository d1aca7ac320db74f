"""CEL, without the command line that its package brings along: 200 modules, 8 MB, a quarter second.

Every command and every worker loads a catalogue, and none of them talks CEL on a terminal.
"""

import sys
from types import ModuleType

sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))

from cel import Program, compile  # noqa: A004, E402 - only now, and by its own name

__all__ = ["Program", "compile"]
