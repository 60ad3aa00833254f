"""The certificate authorities of Amazon RDS and RDS Proxy, as one file (made by `lambdas/certificates.mjs`)."""

from __future__ import annotations

from pathlib import Path

AUTHORITIES = Path(__file__).with_name("rds-global-bundle.pem")
