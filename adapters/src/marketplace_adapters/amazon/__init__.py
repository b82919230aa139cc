"""Amazon, through its Selling Partner API."""
