"""The plugin and theme host: finding, activating, dispatching and containing them."""
