"""`octy demo`: six months of a shop's clickstream through the whole product."""
