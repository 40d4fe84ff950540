"""Sockets and wire formats; below them only the spine."""
