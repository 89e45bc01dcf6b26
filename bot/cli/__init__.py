"""The command line: reads the request, calls a service, shows the answer. No decisions."""
