"""Attacks on the verdicts: error rates, scripted adversaries, a search, play without a prediction."""
