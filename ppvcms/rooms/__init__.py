"""Rooms, shows, requests, presence and the listing."""
