"""What people and programs read of a result: tables, a page, and other tools' formats."""
