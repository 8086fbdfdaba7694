"""What people are told outside of a show: notices on the site, and the mails that go with them."""
