"""Templates worth copying: reading, rendering, finding them."""
