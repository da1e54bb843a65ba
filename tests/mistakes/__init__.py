"""Mistakes that one might make, put into the product on purpose: whoever checks must notice (C05)."""
