"""`octy`, the operator's command: serve a store, show the demo."""
