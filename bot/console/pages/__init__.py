"""The pages, one module for each part: read the request, call a service, show the answer. No decisions."""
