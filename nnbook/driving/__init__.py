"""A car in a simulator: see the road, plan a path, follow it; or learn all of it by watching."""
