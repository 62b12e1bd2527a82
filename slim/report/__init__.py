"""What people read: page, summary, claims ledger, and every sentence, computed."""
