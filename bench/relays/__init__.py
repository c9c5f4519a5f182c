"""Programs that hand one connection on to many readers, each in a process of its own."""
