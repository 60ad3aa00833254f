"""The API's account: who is signed in, links that show a goal to others, and the erasure of everything."""
