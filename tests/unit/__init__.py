"""Tests of one module or layer alone."""
