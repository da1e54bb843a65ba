"""Backups: a folder with a copy of a store as it was at one moment, and a manifest that says so last of all."""
