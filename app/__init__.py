"""The processes people and clocks talk to: web, worker, command line, and the settings they share."""
