"""Octy over HTTP: wire.md in types, routes, errors and authentication. Decides nothing; asks the service."""
