"""How fast Stayline is, beside its goals: `make bench`, or some parts of it with `make bench PARTS="turn parse"`."""
