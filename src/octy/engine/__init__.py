"""The engine: which tags change, and when, as events arrive and time passes.

Pure: arrays in, arrays out; no I/O, no clock.
"""
