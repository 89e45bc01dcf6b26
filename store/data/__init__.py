"""Small tables that ship with the project; where each comes from is in LICENCES.md beside them."""
