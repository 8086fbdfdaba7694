"""The pages of the site: public, dashboards and back office."""
