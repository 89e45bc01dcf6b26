"""What is kept: records, errors, tables, one module per noun. Knows nothing above it."""
