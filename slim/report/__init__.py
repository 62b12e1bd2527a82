"""What people read: tables, figures, the claims of the paper, and two pages."""
