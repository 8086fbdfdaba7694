"""Read models of the back office: typed rows, and a number of queries that never grows."""
