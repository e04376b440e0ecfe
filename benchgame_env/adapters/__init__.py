"""The game in the forms that other people's libraries take; each module needs its library."""
