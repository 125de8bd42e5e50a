"""The SDK. What producers and receivers need is exported by `gatepost` itself."""
