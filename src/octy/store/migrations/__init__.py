"""How a store of an earlier version becomes one of this version: a revision for each change of the schema.

A new revision is written by hand as `versions/NNNN_what_changes.py`; `octy.store.migrate.HEAD` names the last.
"""
