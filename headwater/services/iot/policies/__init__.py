"""What devices may do: policies, what they are attached to, and what comes of them for a connection."""
