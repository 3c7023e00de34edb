"""What is lent: inventory, import, accreditation, pages."""
