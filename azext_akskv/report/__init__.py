"""What a command found and did, as rows for stdout and as text for a person. Pure: nothing here asks or prints."""
