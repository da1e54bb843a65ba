"""What the documentation shows and the product says: sessions, pictures, examples, and what records them."""
