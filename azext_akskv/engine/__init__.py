"""Plans of steps, the one loop that carries them out, and what it remembers."""
