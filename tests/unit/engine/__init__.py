"""Every rule of time, matching, segments and tags, as a scenario that engine and reference model both live through."""
