"""Video and audio: the contract with engines, grants, leases and evidence."""
