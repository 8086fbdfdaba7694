"""The engine: a pass-through media node that runs as a process of its own."""
