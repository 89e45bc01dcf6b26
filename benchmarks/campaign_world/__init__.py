"""A made-up campaign for measuring: its people, words and places, and the rows they leave. No real person."""
