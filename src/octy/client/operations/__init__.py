"""Everything that a server does, once: each module describes the operations of one kind of thing, step by step."""
