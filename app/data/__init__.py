"""MongoDB: the driver seam, transactions, the per-user revision, collections and migrations."""
