"""From nothing to a site: made from the terminal, or on the page that a new server shows."""
