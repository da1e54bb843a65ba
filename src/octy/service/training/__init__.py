"""Trainings of the churn model, as jobs: asked for or due, made of a dataset, their results recorded and told."""
