"""Measures a service end to end: a load generator, a receiver that counts, and what lies between their figures."""
