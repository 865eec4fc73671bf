"""Neural networks by libneuron."""
