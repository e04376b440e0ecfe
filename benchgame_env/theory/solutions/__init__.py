"""Solution concepts, one a file. To add one: copy a file, and add it to `CONCEPTS`."""

from benchgame_env.theory.solutions import (
    best_response_cycle,
    grid_pure,
    honest_profile,
    mixed,
    noisy_pure,
    random_order,
    with_memory,
)

# In the order in which they are asked. The first that decides a regime has decided it.
CONCEPTS = {
    module.CONCEPT.name: module.CONCEPT
    for module in (
        honest_profile,
        noisy_pure,
        with_memory,
        grid_pure,
        mixed,
        best_response_cycle,
        random_order,
    )
}
