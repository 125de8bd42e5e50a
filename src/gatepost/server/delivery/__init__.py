"""Engines that carry deliveries out. `local` runs in the service's own process."""
