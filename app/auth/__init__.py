"""Who somebody is: signing in, sessions, the profile, and erasing an account."""
