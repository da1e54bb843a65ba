"""Alembic runs this to migrate: on the connection that `octy.store.migrate` hands over, in its open transaction."""

from alembic import context

from octy.store.schema import metadata

context.configure(connection=context.config.attributes["connection"], target_metadata=metadata)
context.run_migrations()
