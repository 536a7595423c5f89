"""Learning by itself: sources that the user named, collected, and the timers that run it."""
