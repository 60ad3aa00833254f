"""The API's followed repositories, and what happens in them."""
