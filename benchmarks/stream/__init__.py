"""What the benchmarks of the stream share: made-up frames and a host that sends them."""
