"""What a short training restores, what predicts it, and what schedules and ways to teach change: a table a file."""
