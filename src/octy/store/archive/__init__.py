"""The older rows of the logs, in plain Parquet files that are ordered by profile."""
