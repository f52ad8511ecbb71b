"""The commands of `stayline`, a module for each kind of work."""
