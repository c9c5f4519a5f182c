"""What feeds an engine, behind one Protocol."""
