"""Which events pass: `symbols=` and `where=`."""
