"""Alembic's entry: runs the revisions on the connection that malmoi.studio.store.database hands over."""

from alembic import context

from malmoi.studio.store.tables import Table

context.configure(
    connection=context.config.attributes["connection"], target_metadata=Table.metadata, render_as_batch=True
)
with context.begin_transaction():
    context.run_migrations()
