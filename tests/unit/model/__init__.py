"""The model: definitions, values, instants."""
