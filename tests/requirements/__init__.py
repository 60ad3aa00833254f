"""The requirements as data, which tests prove them, and the page that says so."""
