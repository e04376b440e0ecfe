"""The whole game: a designer announces a rule, then developers play the subgame that it induces."""
