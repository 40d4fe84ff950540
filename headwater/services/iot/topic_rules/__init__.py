"""Topic rules: their SQL is shown each message, and their actions carry out what it asks for."""
