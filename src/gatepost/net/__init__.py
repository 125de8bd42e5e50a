"""The socket level: connections out that check what they dial, TLS contexts, and the server's protocol class."""
