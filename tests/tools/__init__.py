"""What tests share: cases, generators of random games, golden episodes."""
