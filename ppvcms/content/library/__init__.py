"""The media library: the pictures and documents that the site itself shows."""
