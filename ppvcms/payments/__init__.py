"""Buying credits: the contract with gateways, intents, operations and notifications."""
