"""The use cases: what happens when somebody asks for something. The only layer that knows both engine and store."""
