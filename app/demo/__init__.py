"""The demo shop: a simulated tea and household shop with known causes; wherever it is shown it says so."""
