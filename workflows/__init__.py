"""What runs: workflows, their versions, definitions and expressions."""

import sys
from types import ModuleType

# `import cel` loads the library's command line as well, and with it typer, rich and
# prompt_toolkit: 25 MB in every process that never shows a prompt.
sys.modules.setdefault("cel.cli", ModuleType("cel.cli"))
