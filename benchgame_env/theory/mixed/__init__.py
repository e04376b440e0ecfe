"""Mixed equilibria: closed forms and numerical solvers, each answer with its certificate."""
