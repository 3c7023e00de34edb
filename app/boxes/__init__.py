"""What is lent: scenarios and their contents, boxes, who may run them."""
