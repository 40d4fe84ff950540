"""Provisioning: templates of what a device needs, and the devices that ask for it."""
