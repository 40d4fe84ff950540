"""What happened and why: traces, explanations, the state of deliveries."""
