"""Simulated marketplaces that keep state, can be made to fail, and can be told what time it is.

The package shares no code with the adapters that talk to it, so that a mistake in a signature,
a header or a number format cannot cancel out.

    with SandboxServer(seed="demo") as sandbox:
        requests.get(sandbox.url + "/cartona/api/v1/supplier-product", headers=…)
"""

from .server import SandboxServer

__all__ = ["SandboxServer", "__version__"]
__version__ = "0.1.0"
