"""Where the vectors of spec/vectors come from: fixed seeds, one failure a vector."""
