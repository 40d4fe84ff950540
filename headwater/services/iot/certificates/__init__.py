"""Certificates of devices, and the authorities that sign them."""
