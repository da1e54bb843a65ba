"""Tests, by what they need; they read as sentences and cite the rules that they check."""
