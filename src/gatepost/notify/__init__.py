"""Decides about notifications: what is accepted, who gets it, when it is tried again, when it is given up.

Nothing here does I/O; `stores/` keeps what is decided and `server/` carries it out.
"""
