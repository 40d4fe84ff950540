"""Commands for people and scripts; each uses the public HTTP surface, or a Cloud."""
