"""Laws that machines try to break: the engine agrees with the reference model on any history."""
