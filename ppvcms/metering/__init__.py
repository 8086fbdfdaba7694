"""Time that becomes money: terms, the clock, the meter and the settlement of seats."""
