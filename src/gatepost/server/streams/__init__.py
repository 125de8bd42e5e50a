"""Streams: notifications as they are accepted, to whoever listens at the moment or comes back for what was missed."""
