"""Taking everything out of an account, and putting it into one."""
