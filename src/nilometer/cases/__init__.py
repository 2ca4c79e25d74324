"""Cases: findings that belong together, with a history; people decide on them."""
