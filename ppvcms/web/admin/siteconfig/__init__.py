"""The site's configuration as one file: written, compared with what is here, and brought in."""
