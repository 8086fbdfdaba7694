"""What is sold beside time: access to items, orders, and money that waits in escrow."""
