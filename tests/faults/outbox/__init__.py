"""Workers that are killed at the worst moments, and what becomes of what they were at."""
