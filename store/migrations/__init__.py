"""Alembic's steps from each schema to the next. Rows are converted here and nowhere else."""
