"""The certificate authorities of Amazon RDS and RDS Proxy, as one file (made by `lambdas/certificates.mjs`).

In Lambda the layer brings the file, which every function has, so that no package carries it; in a checkout it stands
beside the functions.
"""

from __future__ import annotations

from pathlib import Path

_FILE = "certificates/rds-global-bundle.pem"
_CHECKOUT = Path(__file__).parents[1] / _FILE
AUTHORITIES = _CHECKOUT if _CHECKOUT.exists() else Path("/opt") / _FILE
