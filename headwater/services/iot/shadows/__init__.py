"""Device shadows, by the API and by their reserved topics."""
