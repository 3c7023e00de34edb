"""Schools, companies and other bodies that send people, host or borrow."""
