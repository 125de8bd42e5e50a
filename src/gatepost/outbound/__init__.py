"""Ways out: one file for each kind of receiver."""
