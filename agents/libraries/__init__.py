"""Learners of other libraries as agents, through `benchgame_env.agents.outside.trained`.

Each is named by its module, such as ``benchgame_env.agents.libraries.sb3:PPO``.
"""
