"""The churn model: a dataset in, a model, a report and predictions out. Pure; knows the model's words alone.

Whatever needs scikit-learn or matplotlib lives here, and is imported when a process begins to train, or to draw.
"""
