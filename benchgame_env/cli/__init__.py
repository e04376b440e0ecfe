"""What the command lines share: options and errors, facts, pages and figures."""
