"""What an owner writes: pages, menus, uploads and the site's settings."""
