"""Octy segmentation: every customer in exactly the right segments, the moment it becomes true."""

__version__ = "0.1.0"
