"""Training datasets: what every profile was at some instants, as a Parquet file."""
