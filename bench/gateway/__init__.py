"""Measures the gateway: what clients notice while processes behind it end, die, or others dawdle."""
