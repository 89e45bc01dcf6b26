"""Servers on loopback for tests that go through the real client libraries. None reaches a network."""
