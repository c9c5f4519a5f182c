"""Fills a gap: holds what comes meanwhile, puts in what is found, leaves out what came before."""
