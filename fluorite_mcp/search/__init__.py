"""From a query to ranked hits with reasons."""
