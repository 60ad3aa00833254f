"""Building blocks of the components; they know nothing of the components that use them."""
