"""Benchmarks: what each layer costs, and the whole. ``make bench``, or ``python -m bench NAME…``."""
