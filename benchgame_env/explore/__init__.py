"""``benchgame explore``: one page on which to try levels and worths of a rank.

`content` says what the page is told of a game, `page` puts it together with the files in ``web/``, which
do the same as `benchgame_env.theory.pure` in the browser.
"""
