"""The whole system on this machine: emulated AWS, a real PostgreSQL, and stand-ins for what lies outside."""
