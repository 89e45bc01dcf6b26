"""The pages, one module for each part of the console. Handlers read the request, call a service, show the answer."""
