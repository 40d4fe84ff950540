"""Requests that nobody would write, to everything that is answered: none may end in a fault of ours."""
