"""What we do about risk. `flow` tells the seven steps in order."""
