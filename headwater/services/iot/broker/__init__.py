"""The message broker: sessions, subscriptions, publications, retained messages, lifecycle events."""
