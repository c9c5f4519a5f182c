"""A market as every facade has it: its engine, its errors, its figures, its states."""
