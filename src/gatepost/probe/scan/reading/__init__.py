"""From the text of a document to nodes that know where they stand."""
