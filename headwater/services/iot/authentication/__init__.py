"""Who a client is: custom authorizers, and certificates that have been shown."""
