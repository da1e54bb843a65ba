"""Jobs: long work in a process of its own, at the lowest priority, one at a time, beside a server that goes on."""
