"""Webhooks, sent to real receivers on the loopback; time is a manual clock."""
